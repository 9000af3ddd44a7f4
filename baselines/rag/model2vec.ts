// A static sentence embedder in the layout of model2vec (github.com/MinishLab/model2vec): the mean of a row per token,
// each times the token's weight, with rows shared through a mapping where the folder has one.

import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { BenchError } from '../../base/error.ts';
import { isRecord } from '../../base/json.ts';
import { failure, jsonOf, ReadError, readBytesSync, textOf } from '../../base/read.ts';
import { type Numbers, openSafetensors, readNumbers } from '../../formats/safetensors/file.ts';
import type { HeaderEntry } from '../../formats/safetensors/header.ts';
import { loadTokenizer } from '../../harness/text/tokenizer.ts';

export interface Embedder {
  readonly dimensions: number;
  /** [dimensions], of length 1 where config.json says `normalize`; zeros for a text without known tokens. */
  embed(text: string): Float32Array;
}

const FILES = ['config.json', 'model.safetensors', 'tokenizer.json'] as const;
const MAX_BYTES = 2 ** 30; // the largest of the published ones have about 500 MB
const MAX_VALUES = 2 ** 23; // of tokenizer.json, as the tokenizer's reader has it
const HINT = 'name a folder with config.json, model.safetensors and tokenizer.json, as model2vec writes it';

function fail(folder: string, message: string): BenchError {
  return new BenchError('bad-embedding', message, { where: folder, hint: HINT });
}

function read(folder: string, name: (typeof FILES)[number]): Buffer {
  const file = join(folder, name);
  try {
    return readBytesSync(file, MAX_BYTES);
  } catch (error) {
    if (error instanceof ReadError && error.problem === 'missing') throw fail(folder, `there is no ${name}`);
    throw failure(error, 'bad-embedding', file, HINT);
  }
}

const digests = new Map<string, string>();

/** sha256 over the folder's files, hex; once for each state of the files. Throws `bad-embedding` where one is missing. */
export function embedderDigest(folder: string): string {
  const states = FILES.map((name) => statSync(join(folder, name), { throwIfNoEntry: false }));
  const key = JSON.stringify([folder, states.map((info) => info && [info.mtimeMs, info.size, info.ino])]);
  let digest = digests.get(key);
  if (digest === undefined) {
    const hash = createHash('sha256');
    for (const name of FILES) hash.update(createHash('sha256').update(read(folder, name)).digest());
    digest = hash.digest('hex');
    digests.set(key, digest);
  }
  return digest;
}

/** Throws `bad-embedding` where the folder holds no such embedder, or `bad-tokenizer`. */
export async function loadEmbedder(folder: string): Promise<Embedder> {
  const config = parsed(folder, 'config.json');
  const { tensors, rows, dimensions } = await matrixOf(folder);
  const [embeddings, weights, mapping] = tensors;
  const vocabulary = mapping?.length ?? rows;
  if (weights !== null && weights.length !== vocabulary) {
    throw fail(folder, `it has ${weights.length} weights for ${vocabulary} tokens`);
  }
  const stray = mapping?.findIndex((row) => !(row >= 0 && row < rows)) ?? -1;
  if (stray >= 0) throw fail(folder, `token ${stray} is mapped to row ${mapping?.[stray]} of ${rows}`);
  const tokenizer = await loadTokenizer(folder, {}, vocabulary);
  const unknown = unknownToken(folder);
  return {
    dimensions,
    embed(text) {
      const sum = new Float64Array(dimensions);
      const ids = tokenizer.encode(text).filter((id) => id !== unknown);
      for (const id of ids) {
        const row = (mapping?.[id] ?? id) * dimensions;
        const weight = weights?.[id] ?? 1;
        for (let d = 0; d < dimensions; d++) sum[d]! += weight * embeddings[row + d]!;
      }
      const norm = config.normalize === true ? Math.hypot(...sum) : ids.length;
      return Float32Array.from(sum, (value) => (norm > 0 ? value / norm : 0));
    },
  };
}

function parsed(folder: string, name: 'config.json' | 'tokenizer.json'): Readonly<Record<string, unknown>> {
  try {
    const value = jsonOf(textOf(read(folder, name)), MAX_VALUES);
    if (isRecord(value)) return value;
  } catch (error) {
    throw failure(error, 'bad-embedding', join(folder, name), HINT);
  }
  throw fail(folder, `${name} is not a JSON object`);
}

/** The id of the token for what is not in the vocabulary: it says nothing of a text. */
function unknownToken(folder: string): number | null {
  const { model } = parsed(folder, 'tokenizer.json');
  if (!isRecord(model)) return null;
  if (Number.isInteger(model.unk_id)) return model.unk_id as number;
  const { unk_token: token, vocab } = model;
  const id = typeof token === 'string' && isRecord(vocab) && Object.hasOwn(vocab, token) ? vocab[token] : undefined;
  return Number.isInteger(id) ? (id as number) : null;
}

interface Stored {
  readonly tensors: readonly [Numbers, Numbers | null, Numbers | null]; // embeddings, weights, mapping
  readonly rows: number;
  readonly dimensions: number;
}

async function matrixOf(folder: string): Promise<Stored> {
  const path = join(folder, 'model.safetensors');
  const file = await openSafetensors(path).catch((error: unknown) => {
    throw failure(error, 'bad-embedding', path, HINT);
  });
  try {
    if (file.bytes > MAX_BYTES) throw fail(folder, `${path} has ${file.bytes} bytes, and ${MAX_BYTES} are allowed`);
    const find = (wanted: string) => file.entries.find((entry) => entry.name === wanted);
    const embeddings = find('embeddings') ?? find('embedding.weight');
    if (embeddings === undefined) throw fail(folder, 'model.safetensors has no tensor "embeddings"');
    const [rows = 0, dimensions = 0] = embeddings.shape;
    if (embeddings.shape.length !== 2 || rows === 0 || dimensions === 0) {
      throw fail(folder, 'the tensor "embeddings" is not a matrix');
    }
    const numbers = async (entry: HeaderEntry | undefined) =>
      entry === undefined ? null : await readNumbers(file, entry);
    const [weights, mapping] = [await numbers(find('weights')), await numbers(find('mapping'))];
    return { tensors: [await readNumbers(file, embeddings), weights, mapping], rows, dimensions };
  } finally {
    await file.close();
  }
}
