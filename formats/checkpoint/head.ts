// A head that a file stores although config.json ties it to the embedding: where the two differ, the stored one is the
// network's, as in transformers 5. A merged adapter that trained the head leaves such a file.

import { BYTES, widen } from '../tensors/numbers.ts';
import type { CheckpointTensor } from './checkpoint.ts';
import type { Parts } from './parts.ts';

/** Elements that are compared at once. */
const CHUNK = 2 ** 20;

/** The parts with the head that counts. Reads embedding and head up to the first difference; nothing where one is not stored. */
export async function settleHead(parts: Parts): Promise<Parts> {
  const { storedHead, embedding, head } = parts;
  if (storedHead === null) return parts;
  if (await areEqual(embedding.sources[0]!, storedHead.sources[0]!)) return parts;
  return { ...parts, head: { ...storedHead, bias: head.bias } };
}

/** What a user should know of a head that was settled: one sentence, or none. */
export function headNotes(settled: Parts): readonly string[] {
  const { head, embedding, storedHead } = settled;
  if (storedHead === null || head.sources[0] === embedding.sources[0]) return [];
  return [
    `config.json ties the output head to the embedding, and the weights store ${storedHead.names[0]} that differs from it: ` +
      'the stored head is used, as transformers 5 does.',
  ];
}

/** Whether two tensors of one shape hold the same numbers, in whatever format. */
async function areEqual(one: CheckpointTensor, other: CheckpointTensor): Promise<boolean> {
  const elements = one.shape.reduce((product, n) => product * n, 1);
  const piece = async ({ format, read }: CheckpointTensor, first: number, count: number): Promise<Uint8Array> => {
    const bytes = new Uint8Array(count * BYTES[format]);
    await read(first * BYTES[format], bytes);
    return bytes;
  };
  for (let first = 0; first < elements; first += CHUNK) {
    const count = Math.min(CHUNK, elements - first);
    const [a, b] = [await piece(one, first, count), await piece(other, first, count)];
    if (one.format === other.format) {
      if (Buffer.compare(a, b) !== 0) return false;
      continue;
    }
    const [x, y] = [widen(a, one.format), widen(b, other.format)];
    if (x.some((value, i) => value !== y[i])) return false;
  }
  return true;
}
