// The kernels of a forward pass: one typed wrapper per kernel, in a file of its name, with its bindings, constants and
// grid.

export { type Activation, activation } from './activation.ts';
export { attention, type HeadShape } from './attention.ts';
export { collect } from './collect.ts';
export { compact } from './compact.ts';
export { divergenceWords, headDivergence } from './divergence.ts';
export { embed } from './embed.ts';
export { expand, expandable } from './expand.ts';
export { gatherColumns } from './gather-columns.ts';
export { headBlocks, scoreHead } from './head.ts';
export { maskedMatmul } from './masked-matmul.ts';
export { type MatmulOptions, matmul } from './matmul.ts';
export type { DeviceMask, DeviceMatrix } from './matrix.ts';
export { norm } from './norm.ts';
export type { Recorder, Rows } from './record.ts';
export { type RopeShape, rope } from './rope.ts';
export { sparseMatmul } from './sparse-matmul.ts';
export { steer } from './steer.ts';
