// Writes safetensors files for tests, sound ones and, with a header given by hand, unsound ones.

import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { narrow } from '../../formats/tensors/numbers.ts';
import type { Format } from '../../formats/tensors/tensor.ts';

export interface Tensor {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
  readonly format: Format;
}

/** Length of the header, the header, the data. */
export function safetensorsBytes(header: string | Uint8Array, data: Uint8Array): Uint8Array {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

/** Writes `tensors` in their order, each rounded to its format. */
export async function writeSafetensors(path: string, tensors: ReadonlyMap<string, Tensor>): Promise<void> {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  const chunks: Uint8Array[] = [];
  let begin = 0;
  for (const [name, { shape, values, format }] of tensors) {
    const bytes = narrow(values, format);
    header[name] = { dtype: format.toUpperCase(), shape, data_offsets: [begin, begin + bytes.length] };
    chunks.push(bytes);
    begin += bytes.length;
  }
  const text = JSON.stringify(header);
  const padded = text + ' '.repeat((8 - (text.length % 8)) % 8);
  await writeFile(path, safetensorsBytes(padded, Buffer.concat(chunks)));
}

/** The F32 tensors of a sound file, by name. */
export function readTensors(path: string): ReadonlyMap<string, Float32Array> {
  const bytes = readFileSync(path);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, start).toString('utf8')) as Record<string, { data_offsets: number[] }>;
  return new Map(
    Object.entries(header)
      .filter(([name]) => name !== '__metadata__')
      .map(
        ([
          name,
          {
            data_offsets: [from, to],
          },
        ]) => [name, new Float32Array(Uint8Array.from(bytes.subarray(start + from!, start + to!)).buffer)],
      ),
  );
}
