// Sums of x, |x| and x^2 over the rows of each sample, per channel.

import type { Numbers } from './common/numbers.ts';

/** x: [T, width]; spans: (first row, rows) per sample -> [samples, 3, width]. */
export function collect(
  x: Numbers,
  spans: readonly (readonly [first: number, rows: number])[],
  width: number,
): Float64Array {
  const y = new Float64Array(spans.length * 3 * width);
  spans.forEach(([first, rows], sample) => {
    for (let row = first; row < first + rows; row++) {
      for (let channel = 0; channel < width; channel++) {
        const value = x[row * width + channel]!;
        const at = sample * 3 * width + channel;
        y[at]! += value;
        y[at + width]! += Math.abs(value);
        y[at + 2 * width]! += value * value;
      }
    }
  });
  return y;
}
