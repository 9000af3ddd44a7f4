// Calibration statistics in files: safetensors with nine F64 tensors per tap, found again by what they were made from.

import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, sha256 } from '../../base/digest.ts';
import { BenchError } from '../../base/error.ts';
import { TAPS, type Tap } from '../../formats/checkpoint/matrices.ts';
import { readTensors, type Tensor, writeTensors } from '../../formats/safetensors/tensor-file.ts';
import type { TapSums } from '../../gpu/index.ts';

const VERSION = '3'; // 1: the digest was of the tensors alone; 2: no figures per sample but norms
const CODE = 'bad-statistics';
const HINT = 'remove the file: it will be made again';
const FIELDS = [
  ...['sum', 'abs', 'squares', 'norms', 'normSquares'],
  ...['rms', 'rmsSquares', 'means', 'meansSquares'],
] as const satisfies readonly (keyof TapSums)[];

export interface StatisticsFile {
  readonly key: string; // digest of what they were made from
  readonly sums: readonly TapSums[];
  readonly spentMs: number;
}

/** Writes the file whole or not at all. Throws `unwritable`. */
async function writeStatistics(file: string, { key, sums, spentMs }: StatisticsFile): Promise<void> {
  const tensors = new Map<string, Tensor>();
  for (const one of sums) {
    for (const field of FIELDS) {
      const data = one[field];
      tensors.set(`layers.${one.layer}.${one.tap}.${field}`, { dtype: 'F64', shape: [data.length], data });
    }
  }
  const { tokens = 0, samples = 0 } = sums[0] ?? {};
  if (sums.some((one) => one.tokens !== tokens || one.samples !== samples)) {
    throw new RangeError('taps of one pass count the same tokens and samples');
  }
  const metadata = {
    format: 'persona-bench statistics',
    version: VERSION,
    key,
    tokens: String(tokens),
    samples: String(samples),
    spentMs: String(spentMs),
  };
  await writeTensors(file, { metadata: { ...metadata, content: contentOf(metadata, tensors) }, tensors });
}

/** Throws `bad-statistics` for anything but what `writeStatistics` wrote. */
async function readStatistics(file: string): Promise<StatisticsFile> {
  const { metadata, tensors } = await readTensors(file, { dtype: 'F64', code: CODE, hint: HINT });
  const fail = (message: string): BenchError => new BenchError(CODE, message, { where: file, hint: HINT });
  if (metadata.format !== 'persona-bench statistics' || metadata.version !== VERSION) {
    throw fail('these are not statistics of this version');
  }
  const { content, ...rest } = metadata;
  if (content !== contentOf(rest, tensors)) throw fail('its content is not what was written');
  const [tokens, samples, spentMs] = [metadata.tokens, metadata.samples, metadata.spentMs].map(Number);
  if (![tokens, samples].every((n) => Number.isSafeInteger(n) && n! > 0) || !(spentMs! >= 0)) {
    throw fail('its counts are not numbers');
  }
  const found = new Map<string, { layer: number; tap: Tap } & Partial<Record<(typeof FIELDS)[number], Float64Array>>>();
  for (const [name, { shape, data }] of tensors) {
    const [, layer, tap = '', field = ''] = /^layers\.(\d{1,4})\.(\w+)\.(\w+)$/.exec(name) ?? [];
    if (!TAPS.some((one) => one === tap) || !FIELDS.some((one) => one === field) || shape.length !== 1) {
      throw fail(`tensor ${JSON.stringify(name.slice(0, 80))} is unknown`);
    }
    const at = `${layer} ${tap}`;
    found.set(at, { ...(found.get(at) ?? { layer: Number(layer), tap: tap as Tap }), [field]: data });
  }
  const sums = [...found.values()].map((one): TapSums => {
    const lengths = new Set(FIELDS.map((field) => one[field]?.length));
    if (lengths.size !== 1 || lengths.has(undefined)) throw fail(`tap ${one.tap} of layer ${one.layer} is not whole`);
    return { ...(one as TapSums), tokens: tokens!, samples: samples! };
  });
  sums.sort((a, b) => a.layer - b.layer || TAPS.indexOf(a.tap) - TAPS.indexOf(b.tap));
  return { key: metadata.key ?? '', sums, spentMs: spentMs! };
}

/** A folder of statistics by key. A damaged file is passed over, and written again; `note` hears of it. */
export class StatisticsFolder {
  readonly #folder: string;
  readonly #note: (damage: BenchError) => void;

  constructor(folder: string, note: (damage: BenchError) => void = () => {}) {
    this.#folder = folder;
    this.#note = note;
  }

  async get(key: string): Promise<Pick<StatisticsFile, 'sums' | 'spentMs'> | null> {
    const file = this.#path(key);
    if (
      !(await access(file).then(
        () => true,
        () => false,
      ))
    )
      return null;
    try {
      const found = await readStatistics(file);
      return found.key === key ? found : null;
    } catch (error) {
      if (!(error instanceof BenchError)) throw error;
      this.#note(error);
      return null;
    }
  }

  put(key: string, sums: readonly TapSums[], spentMs: number): Promise<void> {
    return writeStatistics(this.#path(key), { key, sums, spentMs });
  }

  #path(key: string): string {
    // Those of another version lie under other names: they are out of date, not damaged.
    return join(this.#folder, `${sha256(`${VERSION} ${key}`)}.safetensors`);
  }
}

/** Of the tensors and of what is said about them: a wrong count spoils every mean. */
function contentOf(metadata: Readonly<Record<string, string>>, tensors: ReadonlyMap<string, Tensor>): string {
  const parts = [...tensors].map(([name, { data }]) => {
    return `${name} ${sha256(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))}`;
  });
  return sha256(canonicalJson([metadata, parts.sort()]));
}
