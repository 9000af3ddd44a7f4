// A static sentence embedder in the layout of model2vec (github.com/MinishLab/model2vec): the mean of a row per token,
// each times the token's weight, with rows shared through a mapping where the folder has one.

import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { BenchError } from '../../base/error.ts';
import { type HeaderEntry, headerLength, parseHeader } from '../../formats/safetensors/header.ts';
import { fromBf16, fromF16 } from '../../formats/safetensors/numbers.ts';
import { loadTokenizer } from '../../harness/text/tokenizer.ts';

export interface Embedder {
  readonly dimensions: number;
  /** [dimensions], of length 1 where config.json says `normalize`; zeros for a text without known tokens. */
  embed(text: string): Float32Array;
}

const FILES = ['config.json', 'model.safetensors', 'tokenizer.json'] as const;
const MAX_BYTES = 2 ** 30; // the largest of the published ones have about 500 MB
const HINT = 'name a folder with config.json, model.safetensors and tokenizer.json, as model2vec writes it';

function fail(folder: string, message: string): BenchError {
  return new BenchError('bad-embedding', message, { where: folder, hint: HINT });
}

function read(folder: string, name: (typeof FILES)[number]): Buffer {
  const file = join(folder, name);
  const info = statSync(file, { throwIfNoEntry: false });
  if (!info?.isFile()) throw fail(folder, `there is no ${name}`);
  if (info.size > MAX_BYTES) throw fail(folder, `${name} has ${info.size} bytes, and ${MAX_BYTES} are allowed`);
  return readFileSync(file);
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
  const config = parsed(folder);
  const { tensors, rows, dimensions } = matrixOf(folder);
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

function parsed(folder: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(read(folder, 'config.json').toString('utf8'));
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch (error) {
    if (error instanceof BenchError) throw error;
  }
  throw fail(folder, 'config.json is no JSON object');
}

/** The id of the token for what is not in the vocabulary: it says nothing of a text. */
function unknownToken(folder: string): number | null {
  const { model } = JSON.parse(read(folder, 'tokenizer.json').toString('utf8'));
  if (Number.isInteger(model?.unk_id)) return model.unk_id;
  const id = typeof model?.unk_token === 'string' ? model.vocab?.[model.unk_token] : undefined;
  return Number.isInteger(id) ? id : null;
}

type Numbers = Float32Array | Float64Array | Int32Array;

function matrixOf(folder: string): {
  readonly tensors: readonly [Numbers, Numbers | null, Numbers | null]; // embeddings, weights, mapping
  readonly rows: number;
  readonly dimensions: number;
} {
  const bytes = read(folder, 'model.safetensors');
  const name = join(folder, 'model.safetensors');
  if (bytes.length < 8) throw fail(folder, 'model.safetensors is empty');
  const length = headerLength(bytes.subarray(0, 8), bytes.length, name);
  const entries = parseHeader(bytes.subarray(8, 8 + length), bytes.length - 8 - length, name);
  const find = (wanted: string) => entries.find((entry) => entry.name === wanted);
  const embeddings = find('embeddings') ?? find('embedding.weight');
  if (embeddings === undefined) throw fail(folder, 'model.safetensors has no tensor "embeddings"');
  const [rows, dimensions] = embeddings.shape;
  if (embeddings.shape.length !== 2 || rows === undefined || dimensions === undefined) {
    throw fail(folder, 'the tensor "embeddings" is no matrix');
  }
  const numbers = (entry: HeaderEntry | undefined) =>
    entry === undefined
      ? null
      : numbersOf(entry, bytes.subarray(8 + length + entry.begin, 8 + length + entry.end), folder);
  const [weights, mapping] = [numbers(find('weights')), numbers(find('mapping'))];
  return { tensors: [numbers(embeddings)!, weights, mapping], rows, dimensions };
}

function numbersOf({ name, dtype }: HeaderEntry, stored: Uint8Array, folder: string): Numbers {
  const { buffer } = Uint8Array.from(stored); // a copy begins where an array of any type may
  switch (dtype) {
    case 'F64':
      return new Float64Array(buffer);
    case 'F32':
      return new Float32Array(buffer);
    case 'F16':
      return Float32Array.from(new Uint16Array(buffer), fromF16);
    case 'BF16':
      return Float32Array.from(new Uint16Array(buffer), fromBf16);
    case 'I32':
      return new Int32Array(buffer);
    case 'I64':
      return Float64Array.from(new BigInt64Array(buffer), Number);
    default:
      throw fail(folder, `the tensor "${name}" is of ${dtype}, which is not read`);
  }
}
