// One pass of a radix select: how many keys of a row match a prefix, by their next digit.

/**
 * keys: [rows, columns]; a key matches where its bits above `shift` + 2 are those of `base`, which has a next digit of
 * 0 -> [rows, 4]: keys that match, and of these the ones whose next digit (2 bits) is at least 1, 2 and 3.
 */
export function counts(keys: Uint32Array, columns: number, base: number, shift: number): Uint32Array {
  const out = new Uint32Array((keys.length / columns) * 4);
  keys.forEach((key, at) => {
    const digit = (key >>> shift) - base;
    const row = Math.floor(at / columns);
    for (let least = 0; least < 4; least++) if (digit >= least && digit < 4) out[4 * row + least]! += 1;
  });
  return out;
}
