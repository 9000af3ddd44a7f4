// The small files of a model folder, as a GGUF has them in its metadata: for whoever reads config, tokenizer and template.

import { stat } from 'node:fs/promises';
import { markOf } from '../../base/digest.ts';
import { openGgufCheckpoint } from './checkpoint.ts';
import { ggufAt } from './find.ts';
import { tokenizerOf, WHOLE_TOKENIZER } from './tokenizer.ts';

/** Tokens that end a generation; a list, since chat models have several. */
const ENDS = ['eos', 'eot', 'eom'];

/** Contents by name: config.json, and tokenizer.json and tokenizer_config.json where the file has a tokenizer. */
export type SmallFiles = ReadonlyMap<string, Buffer>;

/** Of the last file: its small files are read one by one, and a vocabulary takes a second to read. */
let last: { readonly path: string; readonly mark: string; readonly files: Promise<SmallFiles> } | null = null;

/** The small files of the GGUF at `path`; null where that is none. Throws as `openGgufCheckpoint` and `tokenizerOf`. */
export async function ggufFiles(path: string): Promise<SmallFiles | null> {
  const gguf = await ggufAt(path);
  if (gguf === null) return null;
  const mark = markOf(await stat(gguf, { bigint: true }));
  if (last?.path !== gguf || last.mark !== mark) last = { path: gguf, mark, files: read(gguf) };
  return last.files;
}

async function read(gguf: string): Promise<SmallFiles> {
  const checkpoint = await openGgufCheckpoint(gguf);
  try {
    const { config, header } = checkpoint;
    const ends = ENDS.map((name) => header.metadata.get(`tokenizer.ggml.${name}_token_id`)).filter(
      (id) => typeof id === 'number',
    );
    const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
    const files = new Map([
      ['config.json', json({ ...config, ...(ends.length > 0 && { eos_token_id: [...new Set(ends)] }) })],
    ]);
    if (![WHOLE_TOKENIZER, 'tokenizer.ggml.model'].some((key) => header.metadata.has(key))) return files;
    const { tokenizer, config: tokenizerConfig } = tokenizerOf(header, gguf);
    return files.set('tokenizer.json', json(tokenizer)).set('tokenizer_config.json', json(tokenizerConfig));
  } finally {
    await checkpoint.close();
  }
}
