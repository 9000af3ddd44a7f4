// Gradients of the norms with respect to their input; gains and biases are frozen, so they have none.

import type { Numbers } from '../common/numbers.ts';

/** Width of a row, and what is added to its mean square. */
export interface NormShape {
  readonly width: number;
  readonly eps: number;
}

/** x, dy: [T, width], gain: [width] -> dx [T, width] of y = x r gain with r = 1 / sqrt(mean(x^2) + eps). */
export function rmsNormBack(x: Numbers, gain: Numbers, dy: Numbers, { width, eps }: NormShape): Float64Array {
  const dx = new Float64Array(x.length);
  for (let start = 0; start < x.length; start += width) {
    let squares = 0;
    for (let i = 0; i < width; i++) squares += x[start + i]! * x[start + i]!;
    const r = 1 / Math.sqrt(squares / width + eps);
    // Every x[i] moves r, and with it the whole row: dr / dx[i] = -r^3 x[i] / width.
    let along = 0;
    for (let i = 0; i < width; i++) along += dy[start + i]! * gain[i]! * x[start + i]!;
    const pull = (along * r * r * r) / width;
    for (let i = 0; i < width; i++) dx[start + i] = dy[start + i]! * gain[i]! * r - x[start + i]! * pull;
  }
  return dx;
}

/**
 * x, dy: [T, width], gain: [width] -> dx [T, width] of y = (x - mean) r gain + bias with r = 1 / sqrt(variance + eps).
 */
export function layerNormBack(x: Numbers, gain: Numbers, dy: Numbers, { width, eps }: NormShape): Float64Array {
  const dx = new Float64Array(x.length);
  for (let start = 0; start < x.length; start += width) {
    let total = 0;
    for (let i = 0; i < width; i++) total += x[start + i]!;
    const mean = total / width;
    let squares = 0;
    for (let i = 0; i < width; i++) squares += (x[start + i]! - mean) ** 2;
    const r = 1 / Math.sqrt(squares / width + eps);
    let sum = 0;
    let along = 0;
    for (let i = 0; i < width; i++) {
      const g = dy[start + i]! * gain[i]!;
      sum += g;
      along += g * (x[start + i]! - mean) * r;
    }
    for (let i = 0; i < width; i++) {
      const g = dy[start + i]! * gain[i]!;
      dx[start + i] = r * (g - sum / width - ((x[start + i]! - mean) * r * along) / width);
    }
  }
  return dx;
}
