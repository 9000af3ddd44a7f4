// The header of one safetensors file: 8 bytes of length, then JSON {name: {dtype, shape, data_offsets}}, then data
// (github.com/huggingface/safetensors, "Format"). Nothing in it is believed before it is checked.

import { BenchError } from '../../base/error.ts';
import { duplicateKey, isRecord, parseJson } from '../../base/json.ts';
import type { Format } from '../tensors/tensor.ts';

/** The limit of the format's own reference implementation. */
export const MAX_HEADER_BYTES = 100_000_000;
/** Tensors of one file: published ones hold a few thousand, and the largest model has some 140,000 in all of its shards. */
export const MAX_TENSORS = 2 ** 17;
/** An entry is at most 14 values (two lists, of eight and of two, in an object with three fields); a map of texts may follow. */
const MAX_HEADER_VALUES = 16 * MAX_TENSORS;
const MAX_DIMENSIONS = 8;
const MAX_DIMENSION = 2 ** 31;

/** Every dtype of the format, and bytes per element; those in FORMATS the engine can compute with. */
const DTYPE_BYTES: Readonly<Record<string, number>> = {
  ...{ BOOL: 1, U8: 1, I8: 1, F8_E5M2: 1, F8_E4M3: 1, F8_E8M0: 1 },
  ...{ I16: 2, U16: 2, F16: 2, BF16: 2, I32: 4, U32: 4, F32: 4, F64: 8, I64: 8, U64: 8 },
};
const FORMATS: Readonly<Record<string, Format>> = { F32: 'f32', F16: 'f16', BF16: 'bf16' };

export interface HeaderEntry {
  readonly name: string;
  readonly dtype: string;
  readonly format: Format | null; // null: well formed, but no dtype that the engine computes with
  readonly shape: readonly number[];
  readonly begin: number; // bytes from the start of the data
  readonly end: number;
}

/** What helps against a file that is no sound one. */
export const HINT =
  'the file is damaged or not a safetensors file: download or export it again, and compare its size and sha256';

/** What may be wrong with a file, in the file's own words: a tensor, a reason and what to do. */
export function badWeights(file: string, message: string, tensor?: string): BenchError {
  return new BenchError('bad-weights', tensor === undefined ? message : `tensor ${shown(tensor)}: ${message}`, {
    where: file,
    hint: HINT,
  });
}

/** Quoted and clipped, so that a hostile name cannot write to the terminal. */
export function shown(name: string): string {
  return JSON.stringify(name.length > 120 ? `${name.slice(0, 117)}...` : name);
}

/** Length of the header from the file's first 8 bytes. Throws `bad-weights` unless the file can hold it. */
export function headerLength(first: Uint8Array, fileBytes: number, file: string): number {
  const length = new DataView(first.buffer, first.byteOffset).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw badWeights(file, `the header claims ${length} bytes, and ${MAX_HEADER_BYTES} are allowed`);
  }
  if (Number(length) > fileBytes - 8) {
    throw badWeights(file, `the header claims ${length} bytes, and the file has ${fileBytes - 8} after its first 8`);
  }
  return Number(length);
}

/** What a header says: its tensors, by offset, and `__metadata__` as it stands there. */
export interface Header {
  readonly entries: readonly HeaderEntry[];
  readonly metadata: unknown;
}

/**
 * A header's content. Throws `bad-weights` unless the JSON is sound and bounded, names are unique, sizes match shape x dtype,
 * and the tensors fill the `dataBytes` of data without a gap, an overlap or a rest. A tensor may be empty.
 */
export function parseHeader(header: Uint8Array, dataBytes: number, file: string): Header {
  const { __metadata__: metadata, ...tensors } = parseObject(header, file);
  const named = Object.entries(tensors);
  if (named.length > MAX_TENSORS) throw badWeights(file, `the header names more than ${MAX_TENSORS} tensors`);
  const entries = named.map(([name, value]) => parseEntry(name, value, dataBytes, file));
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let reached = 0;
  for (const { name, begin, end } of entries) {
    if (begin < reached) throw badWeights(file, `starts at byte ${begin} of the data, inside the tensor before`, name);
    if (begin > reached) throw badWeights(file, `starts at byte ${begin} of the data, and ${reached} is next`, name);
    reached = end;
  }
  if (reached !== dataBytes) {
    throw badWeights(file, `${dataBytes} bytes of data follow the header, and its tensors fill ${reached}`);
  }
  return { entries, metadata };
}

function parseObject(header: Uint8Array, file: string): Readonly<Record<string, unknown>> {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(header);
  } catch {
    throw badWeights(file, 'the header is not UTF-8');
  }
  try {
    value = parseJson(text, MAX_HEADER_VALUES);
  } catch (error) {
    throw badWeights(file, `the header is not valid JSON: ${(error as Error).message.slice(0, 100)}`);
  }
  if (!isRecord(value)) throw badWeights(file, 'the header is not a JSON object');
  const twice = duplicateKey(text);
  if (twice !== null) throw badWeights(file, `the header names ${shown(twice)} twice`);
  return value;
}

function parseEntry(name: string, value: unknown, dataBytes: number, file: string): HeaderEntry {
  const fields: Readonly<Record<string, unknown>> = isRecord(value) ? value : {};
  const { dtype, shape, data_offsets: offsets } = fields;
  const size = typeof dtype === 'string' && Object.hasOwn(DTYPE_BYTES, dtype) ? DTYPE_BYTES[dtype] : undefined;
  if (typeof dtype !== 'string' || size === undefined) {
    throw badWeights(file, `dtype ${clip(dtype)} is none of ${Object.keys(DTYPE_BYTES).join(', ')}`, name);
  }
  if (!Array.isArray(shape) || shape.length > MAX_DIMENSIONS || !shape.every((n) => isCount(n, 0, MAX_DIMENSION))) {
    throw badWeights(
      file,
      `shape ${clip(shape)} is not a list of at most ${MAX_DIMENSIONS} integers from 0 to 2^31`,
      name,
    );
  }
  const bytes = (shape as number[]).reduce((product, n) => product * n, size);
  if (
    !Array.isArray(offsets) ||
    offsets.length !== 2 ||
    !offsets.every((n) => isCount(n, 0, Number.MAX_SAFE_INTEGER))
  ) {
    throw badWeights(file, `data_offsets ${clip(offsets)} is not a pair of byte offsets`, name);
  }
  const [begin, end] = offsets as [number, number];
  if (begin > end || end > dataBytes) {
    throw badWeights(file, `data_offsets ${clip(offsets)} are outside the ${dataBytes} bytes of data`, name);
  }
  if (end - begin !== bytes) {
    throw badWeights(
      file,
      `shape ${clip(shape)} of ${dtype} takes ${bytes} bytes, and ${end - begin} are stored`,
      name,
    );
  }
  const format = Object.hasOwn(FORMATS, dtype) ? FORMATS[dtype]! : null;
  return { name, dtype, format, shape: shape as number[], begin, end };
}

function isCount(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
}

function clip(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
