// An adapter merged into the weights, W + (alpha / rank) B A rounded to each tensor's own format, as a checkpoint in
// Hugging Face layout.

import { BenchError } from '../../base/error.ts';
import { copyCheckpoint } from '../../formats/checkpoint/copy.ts';
import { inspectWeights } from '../../formats/checkpoint/inspect.ts';
import type { HeaderEntry } from '../../formats/safetensors/header.ts';
import { narrow, widen } from '../../formats/tensors/numbers.ts';
import type { Adapter } from '../../gpu/index.ts';
import { readAdapter } from './peft.ts';

/** Writes `into`, which must not exist, whole or not at all. Throws `bad-adapter` and `unwritable`. */
export async function mergeAdapter(folder: string, adapterFolder: string, into: string): Promise<void> {
  const { matrices, digest, transposed, family } = await inspectWeights(folder);
  const adapter = await readAdapter(adapterFolder, { matrices, family, weights: digest });
  await copyCheckpoint(folder, into, (entry) => {
    const update = adapter.tensors.get(entry.name);
    if (update === undefined) return null;
    return (rows, first) => {
      if (add(rows, entry, first, adapter, update, transposed)) return;
      throw new BenchError('bad-adapter', `merged, a weight of ${entry.name} does not fit into ${entry.dtype}`, {
        where: adapterFolder,
        hint: 'merge it into a model of a wider format',
      });
    };
  });
}

/** Adds to rows `first` on of a stored tensor; `transposed`: it is stored [in, out]. False where a sum is not finite. */
function add(
  piece: Uint8Array,
  { shape, format }: HeaderEntry,
  first: number,
  { rank, alpha }: Adapter,
  { a, b }: { readonly a: Float32Array; readonly b: Float32Array },
  transposed: boolean,
): boolean {
  const width = shape[1]!;
  const values = widen(piece, format!);
  const columns = a.length / rank;
  for (let i = 0; i < values.length; i++) {
    const [stored, across] = [first + Math.floor(i / width), i % width];
    const [row, column] = transposed ? [across, stored] : [stored, across];
    let sum = 0;
    for (let r = 0; r < rank; r++) sum += b[row * rank + r]! * a[r * columns + column]!;
    values[i] = values[i]! + (alpha / rank) * sum;
  }
  const merged = narrow(values, format!);
  piece.set(merged);
  return widen(merged, format!).every(Number.isFinite);
}
