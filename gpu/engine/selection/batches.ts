// Matrices of a selection in runs of rows whose keys fit the scratch together, and what a run is scored with on the
// device.

import type { MatrixInfo } from '../../../formats/checkpoint/matrices.ts';
import type { Parts } from '../../../formats/checkpoint/parts.ts';
import { type Command, replay, zeroCounts } from '../../device/commands.ts';
import type { DeviceContext } from '../../device/context.ts';
import type { Memory, Pool } from '../../device/memory.ts';
import { keys } from '../../kernels/selection/keys.ts';
import type { Keys, ScoredRows } from '../../kernels/selection/rows.ts';
import { shares } from '../../kernels/selection/shares.ts';
import { columnSums, rowSums } from '../../kernels/selection/sums.ts';
import type { Score } from '../../kernels/types.ts';
import { hashOf } from '../hash.ts';
import { locate, type Piece } from '../weights/locate.ts';
import type { DeviceWeights } from '../weights/upload.ts';
import { bitsOf, vectorsOf } from './request.ts';

/** Most bytes of keys at a time: 16 million weights, which a device ranks well within a second. */
const SCRATCH_BYTES = 64 * 2 ** 20;
/** Values below the least normal f32 count as 0, as on devices that flush them. */
const LEAST = 2 ** -126;

/** A matrix that is selected from. */
export interface Source {
  readonly info: MatrixInfo;
  readonly score: Score;
  readonly pieces: readonly Piece[];
  readonly unit: number; // its rows that have keys in common: 1, or those of a tile
  readonly units: number;
  readonly index: number; // among the sources
}

/** Units of a source, with their places in the batch. */
export interface Run {
  readonly source: Source;
  readonly first: number; // unit
  readonly units: number;
  readonly keyAt: number; // [units, columns]
  readonly wordAt: number; // [units, ceil(columns/32)]
  readonly unitAt: number;
  readonly rowAt: number;
}

/** Runs that are on the device together. */
export interface Batch {
  readonly runs: readonly Run[];
  readonly keys: number;
  readonly words: number;
  readonly units: number;
  readonly rows: number;
}

/** The matrices of a selection with their rows on the device; `unit`: rows that share keys, 1 or the rows of a tile. */
export function sourcesOf(
  parts: Parts,
  weights: DeviceWeights,
  scores: readonly (readonly [info: MatrixInfo, score: Score, unit: number])[],
): readonly Source[] {
  return scores.map(([info, score, unit], index) => {
    const { pieces } = locate(parts, weights, info);
    const units = Math.ceil(info.rows / unit);
    return { info, score, pieces, unit, units, index };
  });
}

/**
 * All units of the sources in their order, in batches whose buffers are each of at most 64 MiB and what can be bound.
 */
export function batchesOf(sources: readonly Source[], { maxBindingBytes }: Memory): readonly Batch[] {
  const limit = Math.min(SCRATCH_BYTES, maxBindingBytes);
  const batches: Batch[] = [];
  let bytes = 0;
  for (const source of sources) {
    const { columns, rows } = source.info;
    const perRow = Math.ceil(columns / 32);
    // Per unit: its keys, or the four counts of its row, or the two sums of each of its rows.
    const unitBytes = Math.max(4 * columns, 16, 8 * source.unit);
    for (let first = 0; first < source.units; ) {
      const fitting = Math.floor((limit - bytes) / unitBytes);
      let batch = batches.at(-1);
      if (batch === undefined || fitting < 1) {
        batch = { runs: [], keys: 0, words: 0, units: 0, rows: 0 };
        batches.push(batch);
        bytes = 0;
        // A single unit beyond the limit is for the buffer's own check to refuse.
      }
      const most = Math.max(1, Math.floor((limit - bytes) / unitBytes));
      const units = Math.min(source.units - first, most);
      const held = Math.min(rows, (first + units) * source.unit) - first * source.unit;
      const run = { keyAt: batch.keys, wordAt: batch.words, unitAt: batch.units, rowAt: batch.rows };
      batches[batches.length - 1] = {
        runs: [...batch.runs, { source, first, units, ...run }],
        keys: batch.keys + units * columns,
        words: batch.words + units * perRow,
        units: batch.units + units,
        rows: batch.rows + held,
      };
      bytes += units * unitBytes;
      first += units;
    }
  }
  return batches;
}

/** Buffers that all batches use in turn. */
export interface Scratch {
  readonly keys: GPUBuffer;
  readonly bits: GPUBuffer | null;
  readonly inverses: GPUBuffer | null;
  readonly out: GPUBuffer;
  readonly back: GPUBuffer; // as large as `out`
  readonly vectors: ReadonlyMap<Source, GPUBuffer>;
  readonly step: GPUBuffer;
}

/** Bytes of the largest batch. */
export function most(batches: readonly Batch[], of: (batch: Batch) => number): number {
  return batches.reduce((bytes, batch) => Math.max(bytes, of(batch)), 16);
}

/** The buffers for `batches`, whose results take `out` bytes each. Throws `gpu-memory` before it makes any. */
export function openScratch(
  { gpu, memory }: DeviceContext,
  pool: Pool,
  sources: readonly Source[],
  batches: readonly Batch[],
  out: (batch: Batch) => number,
): Scratch {
  const outBytes = most(batches, out);
  const keys = most(batches, (batch) => 4 * batch.keys);
  const bits = sources.some(({ score }) => bitsOf(score) !== null) ? most(batches, (batch) => 4 * batch.words) : 0;
  const inverses = sources.some(({ score }) => score.kind === 'shares') ? most(batches, (batch) => 8 * batch.rows) : 0;
  const pairs = new Map<Float32Array | null, Map<Float32Array | null, Source[]>>();
  for (const source of sources) {
    const [by, second] = source.score.kind === 'random' ? [null, null] : vectorsOf(source.score);
    const seconds = pairs.get(by) ?? new Map<Float32Array | null, Source[]>();
    pairs.set(by, seconds);
    seconds.set(second?.[1] ?? null, [...(seconds.get(second?.[1] ?? null) ?? []), source]);
  }
  const flat = [...pairs].flatMap(([by, seconds]) => [...seconds].map(([second, of]) => ({ by, second, of })));
  const needs = { keys, bits, inverses, results: 2 * outBytes };
  const vectorBytes = flat.reduce((sum, { by }) => sum + 8 * (by?.length ?? 2), 0);
  memory.require('the selection of a mask', { ...needs, vectors: vectorBytes });
  const vectors = new Map<Source, GPUBuffer>();
  for (const { by, second, of } of flat) {
    const buffer = pool.buffer(`scores of ${of[0]!.info.name}`, 8 * (by?.length ?? 2));
    if (by !== null) {
      const both = new Float32Array(2 * by.length);
      both.set(by);
      if (second !== null) both.set(second, by.length);
      gpu.device.queue.writeBuffer(buffer, 0, both.map(settled));
    }
    for (const source of of) vectors.set(source, buffer);
  }
  return {
    keys: pool.buffer('keys', keys),
    bits: bits === 0 ? null : pool.buffer('places apart', bits),
    inverses: inverses === 0 ? null : pool.buffer('sums of rows', inverses),
    out: pool.buffer('selected', outBytes),
    back: pool.buffer('selected back', outBytes, 'readback'),
    vectors,
    step: pool.buffer('step', 16, 'uniform'),
  };
}

function settled(value: number): number {
  return value < LEAST ? 0 : value; // -0 too, whose bits would rank above all
}

/** What makes the keys of a batch: of each weight, or of each column of a tile (`sums`), or of each row (`along`). */
export function keyCommands(
  { gpu, pipelines }: DeviceContext,
  pool: Pool,
  scratch: Scratch,
  batch: Batch,
  kind: 'keys' | 'sums' | 'along',
): readonly Command[] {
  const on = { gpu, pipelines, pool, step: scratch.step };
  return batch.runs.flatMap((run) => {
    const { source } = run;
    const bits = kind === 'keys' ? bitsOf(source.score) : null;
    const perRow = Math.ceil(source.info.columns / 32);
    if (bits !== null) {
      const held = bits.words.slice(run.first * perRow, (run.first + run.units) * perRow);
      gpu.device.queue.writeBuffer(scratch.bits!, 4 * run.wordAt, held);
    }
    return segmentsOf(run).flatMap((segment) => {
      const past = segment.first - run.first * source.unit; // rows of the run before it
      const rows: ScoredRows = {
        ...{ label: source.info.name, buffer: segment.buffer, format: segment.format, columns: source.info.columns },
        ...{ at: segment.at, first: segment.first, rows: segment.rows, kind: source.score.kind },
        vectors: scratch.vectors.get(source)!,
        hash: source.score.kind === 'random' ? hashOf(source.score.seed, source.info.name) : 0,
        bits: bits && { buffer: scratch.bits!, at: run.wordAt + past * perRow },
        inverses: source.score.kind === 'shares' ? { buffer: scratch.inverses!, at: run.rowAt + past } : null,
      };
      const sums = rows.inverses === null ? [] : [shares(on, rows)];
      const y = { buffer: scratch.keys, at: run.keyAt };
      if (kind === 'sums')
        return [...sums, columnSums(on, rows, { ...y, tileRows: source.unit, tileFirst: run.first })];
      if (kind === 'along') return [...sums, rowSums(on, rows, { ...y, at: run.rowAt + past })];
      return [...sums, keys(on, rows, { ...y, at: run.keyAt + past * source.info.columns })];
    });
  });
}

/** The rows of a run, piece by piece. */
function segmentsOf({ source, first, units }: Run): readonly Piece[] {
  const start = first * source.unit;
  const stop = Math.min(source.info.rows, (first + units) * source.unit);
  return source.pieces.flatMap((piece): Piece[] => {
    const from = Math.max(start, piece.first);
    const rows = Math.min(stop, piece.first + piece.rows) - from;
    return rows <= 0 ? [] : [{ ...piece, at: piece.at + from - piece.first, first: from, rows }];
  });
}

/** The keys of a run. */
export function keysOf({ source, keyAt, units }: Run, { keys }: Scratch): Keys {
  return { label: source.info.name, buffer: keys, at: keyAt, rows: units, columns: source.info.columns };
}

/** Runs the commands and reads `words` words of `from` back. */
export async function submit(
  { gpu }: DeviceContext,
  { back }: Scratch,
  commands: readonly Command[],
  from: GPUBuffer,
  words: number,
): Promise<Uint32Array> {
  const copy = { from, to: back, bytes: 4 * words, at: 0 };
  await replay(gpu, commands, { rows: 1, scored: 0 }, zeroCounts(), [copy]);
  await gpu.wait(back.mapAsync(GPUMapMode.READ, 0, copy.bytes));
  const out = new Uint32Array(back.getMappedRange(0, copy.bytes).slice(0));
  back.unmap();
  return out;
}
