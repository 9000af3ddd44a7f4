// The hash that seeds what a model draws by name: random scores, dropout, the first values of an adapter.

/** u32 of a seed and a name: FNV-1a over the name's UTF-16 units, crossed with the PCG of the seed's halves. */
export function hashOf(seed: number, name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  const high = pcg(Math.floor(seed / 2 ** 32));
  return pcg(hash ^ pcg((seed % 2 ** 32) + high));
}

/** One PCG step and its output permutation (RXS-M-XS; O'Neill 2014), u32 -> u32, as in the kernels. */
function pcg(value: number): number {
  const state = (Math.imul(value, 747796405) + 2891336453) >>> 0;
  const word = Math.imul((state >>> ((state >>> 28) + 4)) ^ state, 277803737);
  return ((word >>> 22) ^ word) >>> 0;
}
