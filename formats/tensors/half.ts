// The two 16-bit formats <-> numbers. Widening is exact; narrowing rounds to nearest, ties to even, on integers.

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** bf16 is the upper half of f32. */
export function fromBf16(half: number): number {
  bits[0] = half << 16;
  return float[0]!;
}

/** IEEE binary16: 1 sign, 5 exponent (bias 15), 10 fraction bits. */
export function fromF16(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The bf16 bits nearest to `value` taken as f32; NaN stays NaN. */
export function toBf16(value: number): number {
  float[0] = value;
  const word = bits[0]!;
  if ((word & 0x7fffffff) > 0x7f800000) return (word >>> 16) | 0x40;
  return (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
}

/** The f16 bits nearest to `value` taken as f32; beyond 65504 + half a step becomes infinity. */
export function toF16(value: number): number {
  float[0] = value;
  const word = bits[0]!;
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x47800000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Subnormal in f16: a multiple of 2^-24. Scaling by a power of two is exact, so one rounding is left to do.
    const scaled = Math.abs(float[0]!) * 2 ** 24;
    const floor = Math.floor(scaled);
    const rest = scaled - floor;
    return sign | (rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor);
  }
  const rebased = magnitude - 0x38000000; // exponent bias 127 -> 15
  return sign | ((rebased + 0xfff + ((rebased >>> 13) & 1)) >>> 13);
}
