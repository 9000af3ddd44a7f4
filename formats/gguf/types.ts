// The types of ggml that a GGUF file stores tensors in: their numbers, names, and the size of a block.

/** How a tensor is stored: rows are whole blocks of `values` numbers in `bytes` bytes each. */
export interface GgmlType {
  readonly name: string; // as ggml spells it
  readonly values: number;
  readonly bytes: number;
}

const type = (name: string, values: number, bytes: number): GgmlType => ({ name, values, bytes });

/** By number, those that are still defined (ggml.h). */
const TYPES: Readonly<Record<number, GgmlType>> = {
  0: type('F32', 1, 4),
  1: type('F16', 1, 2),
  2: type('Q4_0', 32, 18),
  3: type('Q4_1', 32, 20),
  6: type('Q5_0', 32, 22),
  7: type('Q5_1', 32, 24),
  8: type('Q8_0', 32, 34),
  9: type('Q8_1', 32, 36),
  10: type('Q2_K', 256, 84),
  11: type('Q3_K', 256, 110),
  12: type('Q4_K', 256, 144),
  13: type('Q5_K', 256, 176),
  14: type('Q6_K', 256, 210),
  15: type('Q8_K', 256, 292),
  16: type('IQ2_XXS', 256, 66),
  17: type('IQ2_XS', 256, 74),
  18: type('IQ3_XXS', 256, 98),
  19: type('IQ1_S', 256, 50),
  20: type('IQ4_NL', 32, 18),
  21: type('IQ3_S', 256, 110),
  22: type('IQ2_S', 256, 82),
  23: type('IQ4_XS', 256, 136),
  24: type('I8', 1, 1),
  25: type('I16', 1, 2),
  26: type('I32', 1, 4),
  27: type('I64', 1, 8),
  28: type('F64', 1, 8),
  29: type('IQ1_M', 256, 56),
  30: type('BF16', 1, 2),
  34: type('TQ1_0', 256, 54),
  35: type('TQ2_0', 256, 66),
  39: type('MXFP4', 32, 17),
};

/** The type of this number; null where ggml has none, or one whose block size is not known here. */
export function typeOf(number: number): GgmlType | null {
  return TYPES[number] ?? null;
}

/** The number of a type by its name. */
export function numberOf(name: string): number {
  for (const [number, known] of Object.entries(TYPES)) if (known.name === name) return Number(number);
  throw new TypeError(`ggml has no type ${name}`);
}
