// `bench quantise MODEL --to q8_0 --out FILE.gguf`: the model with its matrices in blocks, as a GGUF.

import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { BenchError } from '../base/error.ts';
import { jsonText } from '../base/printable.ts';
import { openCheckpoint } from '../formats/checkpoint/open.ts';
import { loadSpec } from '../formats/checkpoint/read-spec.ts';
import { quantise } from '../formats/gguf/quantise.ts';
import { tokenizerKeys } from '../formats/gguf/tokenizer-keys.ts';
import {
  MAX_TEMPLATE_BYTES,
  MAX_TOKENIZER_BYTES,
  parseObject,
  readBounded,
  readObject,
  readText,
} from '../harness/text/files.ts';
import { writtenText } from './closing-message.ts';
import { modelFolder, usage } from './open-model.ts';
import type { QuantiseOptions } from './options.ts';

/** Writes the file, and prints its path and what it holds. Throws BenchError before anything is written. */
export async function quantiseVerb(
  model: string,
  options: QuantiseOptions,
  stdout: Pick<NodeJS.WriteStream, 'write'> = process.stdout,
): Promise<number> {
  const { to, out, json = false } = options;
  if (out === undefined) throw usage('the result needs a file', `add --out model-${to}.gguf`);
  const folder = await modelFolder(model);
  const path = await target(resolve(out), `${basename(folder).replace(/\.gguf$/i, '')}-${to}.gguf`);
  const spec = await loadSpec(folder);
  const tokenizer = await tokenizerOf(folder, spec.vocab);
  const checkpoint = await openCheckpoint(folder);
  try {
    const name = basename(folder);
    const written = await quantise(spec, checkpoint, to, { name, tokenizer }, path);
    const parts = [...written].map(([format, { tensors, bytes }]) => ({ format, tensors, bytes }));
    if (json) {
      stdout.write(jsonText({ written: [path], formats: parts }));
      return 0;
    }
    const said = parts.map(
      ({ format, tensors, bytes }) => `${tensors} tensors in ${format}, ${(bytes / 1e6).toFixed(1)} MB`,
    );
    const next = `bench try "What do you do on a free evening?" --model ${path}`;
    stdout.write(writtenText({ said: said.join('\n'), written: [path], next }, false));
    return 0;
  } finally {
    await checkpoint.close();
  }
}

/** The file to write: `out`, or `name` in it where it is a folder. Throws `usage` for one that is there already. */
async function target(out: string, name: string): Promise<string> {
  const info = await stat(out).catch(() => null);
  const path = info?.isDirectory() === true ? join(out, name) : out;
  if ((await stat(path).catch(() => null)) !== null) {
    throw new BenchError('usage', 'the file is there already', { where: path, hint: 'choose another --out' });
  }
  return path;
}

/** The model's tokenizer as keys of a GGUF, with its chat template; none of a model without a tokenizer. */
async function tokenizerOf(folder: string, vocab: number) {
  const bytes = await readBounded(folder, 'tokenizer.json', MAX_TOKENIZER_BYTES);
  if (bytes === null) return new Map();
  const config = await readObject(folder, 'tokenizer_config.json');
  const template = await readText(folder, 'chat_template.jinja', MAX_TEMPLATE_BYTES);
  const whole = template === null ? config : { ...config, chat_template: template };
  return tokenizerKeys(parseObject(bytes, join(folder, 'tokenizer.json')), whole, vocab);
}
