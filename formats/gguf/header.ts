// The header of one GGUF file: magic, version, metadata, and where each tensor is (the format's specification in the repository of ggml, versions 2 and 3).
// Nothing in it is believed before it is checked: every length is compared with the bytes that are left before it is used.

import { BenchError } from '../../base/error.ts';
import { shown } from '../safetensors/header.ts';
import { type GgmlType, typeOf } from './types.ts';

/** A header is mostly its vocabulary: 262,144 tokens and 514,906 merges take 16 MB. */
export const MAX_HEADER_BYTES = 2 ** 28;
const MAX_KEYS = 2 ** 16;
const MAX_KEY_BYTES = 65_535;
export const MAX_TENSORS = 2 ** 17;
/** The limit of ggml, and more than any name has. */
const MAX_NAME_BYTES = 256;
const MAX_DIMENSIONS = 4;
const MAX_DIMENSION = 2 ** 31;
const MAX_ALIGNMENT = 2 ** 16;
const DEFAULT_ALIGNMENT = 32;
const MAGIC = 0x46554747; // "GGUF", little-endian
const VERSIONS = [2, 3];

type Scalar = number | boolean | string;
/** A list of numbers is a typed array where its elements are all of one size; 64-bit integers are numbers where they are exact. */
export type GgufValue = Scalar | readonly string[] | readonly boolean[] | ArrayLike<number>;

export interface GgufTensor {
  readonly name: string;
  readonly type: GgmlType;
  readonly shape: readonly number[]; // as PyTorch has it: the file's dimensions in reverse, [rows, columns]
  readonly begin: number; // byte of the file
  readonly end: number;
}

export interface GgufHeader {
  readonly version: number;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: readonly GgufTensor[]; // by offset
}

export const HINT = 'the file is damaged or not a GGUF file: download it again, and compare its size and sha256';

/** What may be wrong with a file: a place in it, a reason and what to do. */
export function badGguf(file: string, message: string, about?: string): BenchError {
  return new BenchError('bad-weights', about === undefined ? message : `${about}: ${message}`, {
    where: file,
    hint: HINT,
  });
}

/** Thrown where the bytes at hand end inside the header, and the file has more. */
export class NeedMore extends Error {
  readonly bytes: number; // that the header takes at least

  constructor(bytes: number) {
    super(`the header takes at least ${bytes} bytes`);
    this.bytes = bytes;
  }
}

/**
 * The header in the first bytes of a file that has `fileBytes`. Throws `NeedMore` where `head` ends inside it, and `bad-weights`
 * with the place where a length, an offset, a type or a size cannot be right; tensors may not overlap or exceed the file.
 */
export function parseHeader(head: Uint8Array, fileBytes: number, file: string): GgufHeader {
  const reader = new Reader(head, fileBytes, file);
  if (reader.u32('the first four bytes') !== MAGIC) throw badGguf(file, 'does not start with "GGUF"');
  const version = reader.u32('the version');
  if ((version & 0xffff) === 0) throw unsupported(file, 'is a big-endian GGUF file; little-endian files are read');
  if (!VERSIONS.includes(version)) {
    throw unsupported(file, `is of GGUF version ${version}; versions ${VERSIONS.join(' and ')} are read`);
  }
  const tensorCount = reader.count('the number of tensors', MAX_TENSORS, 24);
  const keyCount = reader.count('the number of keys', MAX_KEYS, 13);
  const metadata = new Map<string, GgufValue>();
  for (let k = 0; k < keyCount; k++) {
    const key = reader.text(`the name of key ${k}`, MAX_KEY_BYTES);
    const about = `key ${shown(key)}`;
    if (metadata.has(key)) throw badGguf(file, 'is there twice', about);
    metadata.set(key, readValue(reader, reader.u32(about), about));
  }
  const alignment = metadata.get('general.alignment') ?? DEFAULT_ALIGNMENT;
  if (typeof alignment !== 'number' || alignment < 8 || alignment > MAX_ALIGNMENT || alignment % 8 !== 0) {
    throw badGguf(file, `${clip(alignment)} is not a multiple of 8 up to ${MAX_ALIGNMENT}`, 'key "general.alignment"');
  }
  const infos = Array.from({ length: tensorCount }, (_, k) => readInfo(reader, k, file));
  const dataStart = Math.ceil(reader.at / alignment) * alignment;
  return { version, metadata, tensors: placed(infos, dataStart, alignment, fileBytes, file) };
}

interface Info {
  readonly name: string;
  readonly type: GgmlType;
  readonly shape: readonly number[];
  readonly offset: number; // from the start of the data
  readonly bytes: number;
}

function readInfo(reader: Reader, k: number, file: string): Info {
  const name = reader.text(`the name of tensor ${k}`, MAX_NAME_BYTES);
  const about = `tensor ${shown(name)}`;
  const dimensions = reader.u32(about);
  if (dimensions < 1 || dimensions > MAX_DIMENSIONS) {
    throw badGguf(file, `has ${dimensions} dimensions, and 1 to ${MAX_DIMENSIONS} are allowed`, about);
  }
  const sizes = Array.from({ length: dimensions }, () => reader.u64(about));
  const wrong = sizes.find((size) => size < 1 || size > MAX_DIMENSION);
  if (wrong !== undefined) throw badGguf(file, `has a dimension of ${wrong}, and 1 to 2^31 are allowed`, about);
  const number = reader.u32(about);
  const type = typeOf(number);
  if (type === null) throw unsupported(file, `${about} is stored as type ${number}, which ggml does not name`);
  const columns = sizes[0]!;
  if (columns % type.values !== 0) {
    throw badGguf(file, `has rows of ${columns}, which are no whole blocks of ${type.name} (${type.values})`, about);
  }
  const bytes = (sizes.reduce((product, size) => product * size, 1) / type.values) * type.bytes;
  return { name, type, shape: sizes.reverse(), offset: reader.u64(about), bytes };
}

/** Tensors by offset, inside the file and apart from each other. */
function placed(
  infos: readonly Info[],
  dataStart: number,
  alignment: number,
  fileBytes: number,
  file: string,
): readonly GgufTensor[] {
  const sorted = [...infos].sort((a, b) => a.offset - b.offset);
  const names = new Set<string>();
  let reached = 0;
  return sorted.map(({ name, type, shape, offset, bytes }) => {
    const about = `tensor ${shown(name)}`;
    if (names.has(name)) throw badGguf(file, 'is there twice', about);
    names.add(name);
    if (offset % alignment !== 0) throw badGguf(file, `starts at byte ${offset}, no multiple of ${alignment}`, about);
    if (offset < reached) throw badGguf(file, `starts at byte ${offset} of the data, inside the tensor before`, about);
    reached = offset + bytes;
    const begin = dataStart + offset;
    if (begin + bytes > fileBytes) {
      const message = `ends at byte ${begin + bytes}, and the file has ${fileBytes}`;
      throw badGguf(file, message, about);
    }
    return { name, type, shape, begin, end: begin + bytes };
  });
}

/** Of numbers of a fixed size: bytes, and how one is read. */
interface Fixed {
  readonly bytes: number;
  readonly list: (count: number) => { [index: number]: number; readonly length: number };
  readonly read: (view: DataView, at: number) => number;
}

const whole = (value: bigint): number => {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError(`${value} is beyond 2^53`);
  return number;
};

/** By the number of a value's type. 7 is bool, 8 string and 9 array. */
const FIXED: Readonly<Record<number, Fixed>> = {
  0: { bytes: 1, list: (n) => new Uint8Array(n), read: (view, at) => view.getUint8(at) },
  1: { bytes: 1, list: (n) => new Int8Array(n), read: (view, at) => view.getInt8(at) },
  2: { bytes: 2, list: (n) => new Uint16Array(n), read: (view, at) => view.getUint16(at, true) },
  3: { bytes: 2, list: (n) => new Int16Array(n), read: (view, at) => view.getInt16(at, true) },
  4: { bytes: 4, list: (n) => new Uint32Array(n), read: (view, at) => view.getUint32(at, true) },
  5: { bytes: 4, list: (n) => new Int32Array(n), read: (view, at) => view.getInt32(at, true) },
  6: { bytes: 4, list: (n) => new Float32Array(n), read: (view, at) => view.getFloat32(at, true) },
  10: { bytes: 8, list: (n) => new Float64Array(n), read: (view, at) => whole(view.getBigUint64(at, true)) },
  11: { bytes: 8, list: (n) => new Float64Array(n), read: (view, at) => whole(view.getBigInt64(at, true)) },
  12: { bytes: 8, list: (n) => new Float64Array(n), read: (view, at) => view.getFloat64(at, true) },
};
const BOOL = 7;
const STRING = 8;
const ARRAY = 9;

function readValue(reader: Reader, type: number, about: string): GgufValue {
  if (type === STRING) return reader.text(about);
  if (type === BOOL) return reader.bool(about);
  if (type !== ARRAY) return reader.number(fixed(type, reader.file, about), about);
  const of = reader.u32(about);
  if (of === ARRAY) throw unsupported(reader.file, `${about} is a list of lists, which is not read`);
  if (of === STRING) {
    const count = reader.count(about, Number.MAX_SAFE_INTEGER, 8);
    return Array.from({ length: count }, (_, k) => reader.text(`${about}, element ${k}`));
  }
  if (of === BOOL) {
    const count = reader.count(about, Number.MAX_SAFE_INTEGER, 1);
    return Array.from({ length: count }, () => reader.bool(about));
  }
  const kind = fixed(of, reader.file, about);
  const count = reader.count(about, Number.MAX_SAFE_INTEGER, kind.bytes);
  const list = kind.list(count);
  for (let k = 0; k < count; k++) list[k] = reader.number(kind, about);
  return list;
}

function fixed(type: number, file: string, about: string): Fixed {
  const kind = FIXED[type];
  if (kind === undefined) throw badGguf(file, `has values of type ${type}, and 0 to 12 are defined`, about);
  return kind;
}

/** Reads on, and never past what is there. */
class Reader {
  readonly file: string;
  at = 0;
  readonly #head: Uint8Array;
  readonly #view: DataView;
  readonly #fileBytes: number;
  readonly #utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  constructor(head: Uint8Array, fileBytes: number, file: string) {
    this.#head = head;
    this.#view = new DataView(head.buffer, head.byteOffset, head.byteLength);
    this.#fileBytes = fileBytes;
    this.file = file;
  }

  u32(about: string): number {
    return this.number(FIXED[4]!, about);
  }

  u64(about: string): number {
    return this.number(FIXED[10]!, about);
  }

  bool(about: string): boolean {
    const value = this.number(FIXED[0]!, about);
    if (value > 1) throw badGguf(this.file, `${value} is neither true (1) nor false (0)`, about);
    return value === 1;
  }

  number({ bytes, read }: Fixed, about: string): number {
    const at = this.#take(bytes, about);
    try {
      return read(this.#view, at);
    } catch (error) {
      throw badGguf(this.file, (error as Error).message, about);
    }
  }

  /** A number of things of at least `least` bytes each, that the rest of the file can hold. */
  count(about: string, most: number, least: number): number {
    const count = this.u64(about);
    if (count > most) throw badGguf(this.file, `claims ${count}, and ${most} are allowed`, about);
    const left = this.#fileBytes - this.at;
    if (count * least > left) {
      throw badGguf(this.file, `claims ${count}, and the ${left} bytes that follow cannot hold them`, about);
    }
    return count;
  }

  text(about: string, most = MAX_HEADER_BYTES): string {
    const length = this.u64(about);
    if (length > most) throw badGguf(this.file, `claims ${length} bytes, and ${most} are allowed`, about);
    const at = this.#take(length, about);
    try {
      return this.#utf8.decode(this.#head.subarray(at, at + length));
    } catch {
      throw badGguf(this.file, 'is not UTF-8', about);
    }
  }

  #take(bytes: number, about: string): number {
    const at = this.at;
    const end = at + bytes;
    if (end > this.#fileBytes) {
      throw badGguf(this.file, `needs bytes ${at} to ${end}, and the file has ${this.#fileBytes}`, about);
    }
    if (end > MAX_HEADER_BYTES) throw badGguf(this.file, `the header takes more than ${MAX_HEADER_BYTES} bytes`, about);
    if (end > this.#head.length) throw new NeedMore(end);
    this.at = end;
    return at;
  }
}

function unsupported(file: string, message: string): BenchError {
  return new BenchError('unsupported-model', message, {
    where: file,
    hint: 'use another file of the same model: F16, BF16, Q8_0 or Q4_K_M, little-endian',
  });
}

function clip(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
