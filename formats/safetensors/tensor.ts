// A stored tensor, and the element formats that the engine computes with.

/** How a tensor's elements are stored; kept in their own bits, never widened in memory. */
export type Format = 'f32' | 'f16' | 'bf16';

/** A tensor that can be streamed: `read` fills `into` with the bytes from `offset` (bytes) of the tensor's data. */
export interface TensorSource {
  readonly name: string;
  readonly shape: readonly number[];
  readonly format: Format;
  read(offset: number, into: Uint8Array): Promise<void>;
}
