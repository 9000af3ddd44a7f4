// y = x / sqrt(mean(x^2) + eps) * weight, row by row (Zhang and Sennrich 2019, arXiv 1910.07467).

import type { Numbers } from './numbers.ts';

/** x: [T, H], weight: [H] -> [T, H]. */
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
