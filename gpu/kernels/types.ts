// Masks and scores as the selection kernels take them.

/** Bit-packed keep mask of one weight matrix: bit b of word w of a row = column 32w+b, 1 = keep. */
export interface MaskTensor {
  readonly rows: number;
  readonly columns: number;
  readonly words: Uint32Array; // [rows, ceil(columns/32)]; bits beyond the last column are 0
}

/**
 * How the weights of one matrix are ranked; the vectors are [columns], finite, and not below 0. A place is kept before
 * another when its score is greater. The products are f32.
 */
export type Score =
  | { readonly kind: 'product'; readonly by: Float32Array } // |w| by[j]
  /** |w| by[j] where that is above 0; the other places come after all of these, by |w| fill[j]. */
  | { readonly kind: 'filled'; readonly by: Float32Array; readonly fill: Float32Array }
  /**
   * s - t where s > t, with s and t = |w| by[j] and |w| against[j] over their row's sums; others after, by |w| by[j].
   */
  | { readonly kind: 'shares'; readonly by: Float32Array; readonly against: Float32Array }
  /** Places of `without` come after all others; |w| by[j] among the others, |w| fill[j] among these. */
  | { readonly kind: 'apart'; readonly by: Float32Array; readonly fill: Float32Array; readonly without: MaskTensor }
  /** Places of `protect` come before all others, by |w| by[j]; the others by falling |w| against[j]. */
  | { readonly kind: 'spared'; readonly by: Float32Array; readonly against: Float32Array; readonly protect: MaskTensor }
  | { readonly kind: 'random'; readonly seed: number };
