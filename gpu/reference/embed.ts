// x[t] = table[token t] (+ positional[position t] where positions are learned).

import type { Numbers } from './common/numbers.ts';

/** table: [vocab, width], positional: [positions, width] or null; tokens, positions: [T] -> [T, width]. */
export function embed(
  tokens: Numbers,
  positions: Numbers,
  table: Numbers,
  positional: Numbers | null,
  width: number,
): Float64Array {
  const out = new Float64Array(tokens.length * width);
  for (let t = 0; t < tokens.length; t++) {
    for (let i = 0; i < width; i++) {
      const learned = positional === null ? 0 : positional[positions[t]! * width + i]!;
      out[t * width + i] = table[tokens[t]! * width + i]! + learned;
    }
  }
  return out;
}
