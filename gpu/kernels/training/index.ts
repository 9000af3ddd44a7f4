// The kernels of a training step: of the backward pass, and of the optimiser. Gradients are f32, [T, width], rows
// packed as in the forward pass; each sum has one order, and nothing is atomic, so that a step is bit-identical within
// a device class.

export { activationBack } from './activation.ts';
export { adamw, hyperOf } from './adamw.ts';
export { attentionKeysBack } from './attention-keys.ts';
export { attentionQueriesBack } from './attention-queries.ts';
export { dropout } from './dropout.ts';
export { normBack } from './norm.ts';
export { outer } from './outer.ts';
export { ropeBack } from './rope.ts';
export { softmaxBack } from './softmax.ts';
export { squareSums, squares } from './squares.ts';
export { transpose } from './transpose.ts';
