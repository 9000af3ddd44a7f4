// RMS norm (Zhang and Sennrich 2019, arXiv 1910.07467) and layer norm (arXiv 1607.06450), row by row.

import type { Numbers } from './common/numbers.ts';

/** x: [T, H], weight: [H] -> x / sqrt(mean(x^2) + eps) * weight, [T, H]. */
export function rmsnorm(x: Numbers, weight: Numbers, eps: number): Float64Array {
  const width = weight.length;
  const out = new Float64Array(x.length);
  for (let start = 0; start < x.length; start += width) {
    let squares = 0;
    for (let i = 0; i < width; i++) squares += x[start + i]! * x[start + i]!;
    const scale = 1 / Math.sqrt(squares / width + eps);
    for (let i = 0; i < width; i++) out[start + i] = x[start + i]! * scale * weight[i]!;
  }
  return out;
}

/**
 * x: [T, H], weight and bias: [H] -> (x - mean) / sqrt(variance + eps) * weight + bias, [T, H], with the biased
 * variance.
 */
export function layernorm(x: Numbers, weight: Numbers, bias: Numbers, eps: number): Float64Array {
  const width = weight.length;
  const out = new Float64Array(x.length);
  for (let start = 0; start < x.length; start += width) {
    let total = 0;
    for (let i = 0; i < width; i++) total += x[start + i]!;
    const mean = total / width;
    let squares = 0;
    for (let i = 0; i < width; i++) squares += (x[start + i]! - mean) ** 2;
    const scale = 1 / Math.sqrt(squares / width + eps);
    for (let i = 0; i < width; i++) out[start + i] = (x[start + i]! - mean) * scale * weight[i]! + bias[i]!;
  }
  return out;
}
