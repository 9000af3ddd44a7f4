// Checkpoints of real sizes, written as streams: bf16 shards and their index, of random numbers or of a hole in a file.

import { once } from 'node:events';
import { createWriteStream, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toBf16 } from '../../formats/tensors/numbers.ts';
import { llamaConfig, llamaShapes, normals, type RandomModel } from './random-model.ts';

const PIECE = 2 ** 20;

export interface LargeModel extends RandomModel {
  readonly family: 'llama';
  readonly shardBytes: number; // a shard ends with the tensor that reaches this size
  readonly fill: 'random' | 'sparse'; // sparse: zeros that take no room on disk
  readonly config?: Readonly<Record<string, unknown>>; // over what the sizes say
}

/** Writes the model into `folder`; returns the bytes of its tensors. */
export async function writeLargeModel(folder: string, model: LargeModel): Promise<number> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...llamaConfig(model), ...model.config }, null, 2));
  const shards: [string, number[]][][] = [[]];
  let held = 0;
  for (const tensor of llamaShapes(model)) {
    if (held >= model.shardBytes) {
      shards.push([]);
      held = 0;
    }
    shards[shards.length - 1]!.push(tensor);
    held += bytesOf(tensor[1]);
  }
  const numbers = model.fill === 'random' ? randomBits(model.seed) : null;
  const weightMap: Record<string, string> = {};
  let total = 0;
  for (const [index, tensors] of shards.entries()) {
    const count = (n: number): string => String(n).padStart(5, '0');
    const file = `model-${count(index + 1)}-of-${count(shards.length)}.safetensors`;
    for (const [name] of tensors) weightMap[name] = file;
    total += await writeShard(join(folder, file), tensors, numbers);
  }
  const index = { metadata: { total_size: total }, weight_map: weightMap };
  writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify(index, null, 2));
  return total;
}

async function writeShard(
  path: string,
  tensors: readonly [string, number[]][],
  numbers: ((count: number) => Uint16Array) | null,
): Promise<number> {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let end = 0;
  for (const [name, shape] of tensors) {
    const begin = end;
    end += bytesOf(shape);
    header[name] = { dtype: 'BF16', shape, data_offsets: [begin, end] };
  }
  const json = JSON.stringify(header);
  const text = json + ' '.repeat((8 - (json.length % 8)) % 8);
  const start = Buffer.alloc(8 + text.length);
  start.writeBigUInt64LE(BigInt(text.length));
  start.write(text, 8);
  if (numbers === null) {
    writeFileSync(path, start);
    truncateSync(path, start.length + end);
    return end;
  }
  const out = createWriteStream(path);
  out.write(start);
  for (const [name, shape] of tensors) {
    for (let left = bytesOf(shape) / 2; left > 0; left -= PIECE) {
      const count = Math.min(PIECE, left);
      const values = /norm\.weight$/.test(name) ? new Uint16Array(count).fill(toBf16(1)) : numbers(count);
      if (!out.write(new Uint8Array(values.buffer))) await once(out, 'drain');
    }
  }
  out.end();
  await once(out, 'finish');
  return end;
}

function bytesOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 2);
}

/** Normal weights of a fresh model (deviation 0.02), drawn from 4096 of them: 10^8 by Box and Muller take a minute. */
function randomBits(seed: number): (count: number) => Uint16Array {
  const normal = normals(seed);
  const drawn = Uint16Array.from({ length: 4096 }, () => toBf16(0.02 * normal()));
  let state = seed | 1;
  return (count) => {
    const out = new Uint16Array(count);
    for (let i = 0; i < count; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      out[i] = drawn[state >>> 20]!;
    }
    return out;
  };
}
