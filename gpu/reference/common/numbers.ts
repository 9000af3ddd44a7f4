// What a reference takes: any flat, row-major list of numbers, f32 straight from a kernel's test included.

export type Numbers = ArrayLike<number>;
