// A GGUF -> a model folder in Hugging Face layout, with the numbers that its blocks stand for in f32.

import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BYTES, narrow, widen } from '../tensors/numbers.ts';
import { type Format, isBlocks } from '../tensors/tensor.ts';
import { openGgufCheckpoint } from './checkpoint.ts';
import { ggufFiles } from './files.ts';

/** Elements that are converted at once: whole blocks of every format. */
const PIECE_ELEMENTS = 2 ** 20;

/** Writes config.json, the tokenizer's files and model.safetensors into `folder`, which is there. Throws as opening the file does. */
export async function unpackGguf(gguf: string, folder: string): Promise<void> {
  for (const [name, bytes] of (await ggufFiles(gguf)) ?? []) await writeFile(join(folder, name), bytes);
  const checkpoint = await openGgufCheckpoint(gguf);
  const file = await open(join(folder, 'model.safetensors'), 'wx');
  try {
    const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
    let begin = 0;
    for (const [name, { shape, format }] of checkpoint.tensors) {
      const end = begin + shape.reduce((product, n) => product * n, BYTES[plain(format)]);
      header[name] = { dtype: plain(format).toUpperCase(), shape, data_offsets: [begin, end] };
      begin = end;
    }
    const text = Buffer.from(JSON.stringify(header));
    const padded = Buffer.concat([text, Buffer.alloc((8 - (text.length % 8)) % 8, ' ')]);
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(padded.length));
    await file.writeFile(length);
    await file.writeFile(padded);
    for (const { shape, format, read } of checkpoint.tensors.values()) {
      const elements = shape.reduce((product, n) => product * n, 1);
      for (let at = 0; at < elements; at += PIECE_ELEMENTS) {
        const bytes = new Uint8Array(Math.min(PIECE_ELEMENTS, elements - at) * BYTES[format]);
        await read(at * BYTES[format], bytes);
        await file.writeFile(isBlocks(format) ? narrow(widen(bytes, format), 'f32') : bytes);
      }
    }
    await file.sync();
  } finally {
    await file.close();
    await checkpoint.close();
  }
}

const plain = (format: Format): Format => (isBlocks(format) ? 'f32' : format);
