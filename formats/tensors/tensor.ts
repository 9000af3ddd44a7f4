// A stored tensor, and the element formats that the engine computes with.

/** Blocks of a GGUF: integers with a scale for each block, as ggml lays them out (`formats/gguf/blocks.ts`). */
export const BLOCK_FORMATS = ['q4_0', 'q4_1', 'q5_0', 'q5_1', 'q8_0', 'q4_k', 'q5_k', 'q6_k'] as const;
export type BlockFormat = (typeof BLOCK_FORMATS)[number];

/** How a tensor's elements are stored; kept in their own bits, never widened in memory. */
export type Format = 'f32' | 'f16' | 'bf16' | BlockFormat;

export function isBlocks(format: Format): format is BlockFormat {
  return (BLOCK_FORMATS as readonly string[]).includes(format);
}

/** A tensor that can be streamed: `read` fills `into` with the bytes from `offset` (bytes) of the tensor's data. */
export interface TensorSource {
  readonly name: string;
  readonly shape: readonly number[];
  readonly format: Format;
  read(offset: number, into: Uint8Array): Promise<void>;
}
