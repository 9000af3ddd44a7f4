// y = (x - mean) / sqrt(variance + eps) * weight + bias, row by row; the variance is the biased one (arXiv 1607.06450).

import type { Numbers } from './numbers.ts';

/** x: [T, H], weight and bias: [H] -> [T, H]. */
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
