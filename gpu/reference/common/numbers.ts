// What a reference takes: any flat, row-major list of numbers, f32 straight from a kernel's test included.

/** A flat, row-major list of numbers. */
export type Numbers = ArrayLike<number>;
