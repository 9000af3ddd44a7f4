// f32 values -> the bits of the formats that weights are stored in.

const f32 = new Float32Array(1);
const bits = new Uint32Array(f32.buffer);

/** The nearest bf16, ties to even, as a Float32Array still: what a bf16 checkpoint and its f16 copy both start from. */
export function roundToBf16(values) {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    words[i] = (word + 0x7fff + ((word >>> 16) & 1)) & 0xffff0000;
  }
}

const ENCODE = {
  f32: (values) => values,
  bf16: (values) => {
    const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
    return Uint16Array.from(words, (word) => word >>> 16);
  },
  f16: (values) => Uint16Array.from(values, toF16),
};

export const BYTES = { f32: 4, bf16: 2, f16: 2 };

/** `values` in `format`; bf16 takes values that `roundToBf16` has rounded. */
export function encode(values, format) {
  const made = ENCODE[format](values);
  return new Uint8Array(made.buffer, made.byteOffset, made.byteLength);
}

/** The nearest f16, ties to even. */
function toF16(value) {
  f32[0] = value;
  const sign = (bits[0] >>> 16) & 0x8000;
  const magnitude = Math.abs(f32[0]);
  if (magnitude >= 65520) return sign | 0x7c00;
  // Below 2^-14 the steps are 2^-24, and above it 2^-10 of the power of two.
  const exponent = magnitude < 2 ** -14 ? -14 : ((bits[0] >>> 23) & 0xff) - 127;
  const scaled = magnitude * 2 ** (10 - exponent);
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  const rounded = floor + (rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? 1 : 0);
  // A mantissa that rounds up to 2048 carries into the exponent by itself; a subnormal has no implied bit.
  return sign | (magnitude < 2 ** -14 ? rounded : ((exponent + 14) << 10) + rounded);
}
