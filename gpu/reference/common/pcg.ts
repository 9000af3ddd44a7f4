// The hash behind random scores and dropout: whole numbers, so that device and twin agree exactly.

/** One PCG step and its output permutation (RXS-M-XS), u32 -> u32 (O'Neill 2014). */
export function pcg(value: number): number {
  const state = (Math.imul(value, 747796405) + 2891336453) >>> 0;
  const word = Math.imul((state >>> ((state >>> 28) + 4)) ^ state, 277803737) >>> 0;
  return ((word >>> 22) ^ word) >>> 0;
}

/** u32 of seed, name, row and column: FNV-1a over the name's UTF-16 units, the seed's halves, then row and column. */
export function drawn(seed: number, name: string, row: number, column: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0;
  const low = seed % 2 ** 32;
  const high = Math.floor(seed / 2 ** 32);
  const base = pcg((hash ^ pcg((low + pcg(high)) >>> 0)) >>> 0);
  return pcg((pcg(column) ^ pcg((base + row) >>> 0)) >>> 0);
}
