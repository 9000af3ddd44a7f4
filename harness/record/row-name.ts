// The name of a row: a method, with its sparsity where it has one.

/** "contrastive at middle", or "prompting" of a method without sparsity. */
export function entryName({ method, sparsity }: { readonly method: string; readonly sparsity: string | null }): string {
  return sparsity === null ? method : `${method} at ${sparsity}`;
}
