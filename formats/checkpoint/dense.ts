// The network as its checkpoint stores it. It stands here, below gpu/, so that a method that leaves the weights alone can
// name it without loading the engine.

/** The unmodified network, as a variant of itself: no mask, no adapter, no steering. */
export const DENSE: { readonly id: string } = Object.freeze({ id: 'dense' });
