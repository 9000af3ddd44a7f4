// Which weights a mask keeps: the greatest by score in each group, found on the device. Groups within a row or a tile
// are ranked there in one go; over a matrix or all of them the device counts and the host adds up, 16 passes of 2 bits.

import { matricesOf } from '../../../formats/checkpoint/matrices.ts';
import type { Parts } from '../../../formats/checkpoint/parts.ts';
import type { Spec } from '../../../formats/checkpoint/spec.ts';
import type { Command } from '../../device/commands.ts';
import type { DeviceContext } from '../../device/context.ts';
import type { Pool } from '../../device/memory.ts';
import { counts } from '../../kernels/selection/counts.ts';
import { select, sweep } from '../../kernels/selection/select.ts';
import type { MaskTensor } from '../../kernels/types.ts';
import type { Selected, SelectRequest } from '../types.ts';
import type { DeviceWeights } from '../weights/upload.ts';
import {
  type Batch,
  batchesOf,
  keyCommands,
  keysOf,
  most,
  openScratch,
  type Run,
  type Scratch,
  type Source,
  sourcesOf,
  submit,
} from './batches.ts';
import { checkSelection, keptCount, sparsityOf } from './request.ts';
import { selectUnits } from './units.ts';

export { keptCount } from './request.ts';

/** Bit of a key whose place has a score of its own. */
const OWN = 0x80000000;
const PASSES = 16;

/**
 * Keep masks of the request's matrices. Per group exactly `keptCount` of its places are kept; of places with equal
 * scores the one with the lower column goes first, over a matrix or all of them the one that comes first by matrix (in
 * the order of `matricesOf`), row and column. Columns that do not fill a last block count as a block of their own; ones
 * that do not fill a last run of n:m keep floor(keep n / of). The same bits come out on every device. Structured groups
 * (channels, heads, tiles) rank f32 sums of scores; `filled` then counts kept places of units whose sum is 0. Throws
 * `bad-selection` naming the matrix that cannot be selected from so, `gpu-memory`.
 */
export async function selectMasks(
  on: DeviceContext,
  spec: Spec,
  parts: Parts,
  weights: DeviceWeights,
  request: SelectRequest,
): Promise<Selected> {
  const { group, scores } = request;
  const matrices = matricesOf(parts);
  const infos = checkSelection(matrices, request);
  return on.gpu.scope('the selection of a mask', async () => {
    if (group.kind === 'channels' || group.kind === 'heads')
      return selectUnits(on, spec, parts, weights, { ...request, group, matrices, infos });
    const pool = on.memory.pool();
    try {
      const unit = group.kind === 'tiles' ? group.rows : 1;
      const sources = sourcesOf(
        parts,
        weights,
        infos.map((info) => [info, scores.get(info.name)!, Math.min(unit, info.rows)]),
      );
      const pooled = group.kind === 'matrix' || group.kind === 'global';
      return await (pooled ? selectOver : selectWithin)(on, pool, sources, request);
    } finally {
      pool.dispose();
    }
  });
}

/** Groups within a row, or within a tile. */
async function selectWithin(
  on: DeviceContext,
  pool: Pool,
  sources: readonly Source[],
  request: SelectRequest,
): Promise<Selected> {
  const batches = batchesOf(sources, on.memory);
  const scratch = openScratch(on, pool, sources, batches, ({ words, units }) => 4 * (words + units));
  const result = resultOf(sources);
  const tiles = request.group.kind === 'tiles';
  for (const batch of batches) {
    await withUniforms(on, async (uniforms) => {
      const recorder = { ...on, pool: uniforms, step: scratch.step };
      const commands = batch.runs.map((run) => {
        // A sum of scores has one of its own when it is above 0, the least key there is.
        const own = ranksAll(run.source) ? 0 : tiles ? 1 : OWN;
        return select(recorder, keysOf(run, scratch), { ...places(run, batch, scratch, own), ...sizes(run, request) });
      });
      const all = [...keyCommands(on, uniforms, scratch, batch, tiles ? 'sums' : 'keys'), ...commands];
      result.add(batch, await submit(on, scratch, all, scratch.out, batch.words + batch.units));
    });
  }
  return result.done();
}

/** Columns of a group, and how many of them are kept. */
function sizes({ source }: Run, request: SelectRequest): { size: number; keep: number; keepLast: number } {
  const { columns } = source.info;
  const { group } = request;
  const sparsity = sparsityOf(request, source.info);
  const size = Math.min(columns, group.kind === 'block' ? group.columns : group.kind === 'n:m' ? group.of : columns);
  const keep = (n: number): number =>
    group.kind === 'n:m' ? Math.floor((group.keep * n) / group.of) : keptCount(n, sparsity);
  return { size, keep: keep(size), keepLast: keep(columns % size) };
}

/** The state of one radix select that is wider than a row. */
interface Scope {
  base: number; // digits found so far, u32
  need: number; // places still to be kept of those that match them
  digit: number; // the last one
  skip: number; // places equal to the least kept one that are not kept
}

/** Groups of a whole matrix, or of all matrices. Keys are made once where they fit the scratch together. */
async function selectOver(
  on: DeviceContext,
  pool: Pool,
  sources: readonly Source[],
  request: SelectRequest,
): Promise<Selected> {
  const { queue } = on.gpu.device;
  const batches = batchesOf(sources, on.memory);
  const scratch = openScratch(on, pool, sources, batches, ({ words, units }) =>
    Math.max(4 * (words + units), 16 * units),
  );
  const scopes = scopesOf(sources, request);
  const scopeOf = ({ index }: Source): number => (scopes.length === 1 ? 0 : index);
  const prefixes = pool.buffer('prefixes', 8 * scopes.length);
  const found = pool.buffer(
    'least kept',
    most(batches, ({ units }) => 8 * units),
  );
  const replayed = async (batch: Batch, again: boolean, make: (uniforms: Pool) => readonly Command[], words: number) =>
    withUniforms(on, (uniforms) => {
      const keys = again || batches.length > 1 ? keyCommands(on, uniforms, scratch, batch, 'keys') : [];
      return submit(on, scratch, [...keys, ...make(uniforms)], scratch.out, words);
    });
  const rows: Uint32Array[] = []; // of the latest pass, by batch: [units, 4]
  for (let pass = 0; pass < PASSES; pass++) {
    const shift = 30 - 2 * pass;
    for (const scope of scopes) scope.base = (scope.base << 2) >>> 0;
    queue.writeBuffer(prefixes, 0, Uint32Array.from(scopes.flatMap(({ base }) => [base, shift])));
    const totals = scopes.map(() => [0, 0, 0, 0]);
    for (const [index, batch] of batches.entries()) {
      const make = (uniforms: Pool): readonly Command[] =>
        batch.runs.map((run) => {
          const io = { prefixes, scope: scopeOf(run.source), y: scratch.out, at: run.unitAt };
          return counts({ ...on, pool: uniforms, step: scratch.step }, keysOf(run, scratch), io);
        });
      const counted = await replayed(batch, pass === 0, make, 4 * batch.units);
      rows[index] = counted;
      for (const { source, unitAt, units } of batch.runs) {
        const total = totals[scopeOf(source)]!;
        for (let at = 4 * unitAt; at < 4 * (unitAt + units); at++) total[at & 3]! += counted[at]!;
      }
    }
    scopes.forEach((scope, index) => {
      advance(scope, totals[index]!);
    });
    // All that start with the digits found are kept: the rest of them is of no use.
    if (scopes.some(({ skip }) => skip > 0)) continue;
    for (const scope of scopes) scope.base = (scope.base << shift) >>> 0;
    break;
  }
  const result = resultOf(sources);
  for (const [index, batch] of batches.entries()) {
    const limits = new Uint32Array(2 * batch.units);
    for (const { source, unitAt, units } of batch.runs) {
      const scope = scopes[scopeOf(source)]!;
      for (let at = unitAt; at < unitAt + units; at++) {
        const skip = Math.min(scope.skip, withDigit(rows[index]!.subarray(4 * at, 4 * at + 4), scope.digit));
        limits.set([scope.base, skip], 2 * at);
        scope.skip -= skip;
      }
    }
    queue.writeBuffer(found, 0, limits);
    const make = (uniforms: Pool): readonly Command[] =>
      batch.runs.map((run) => {
        const to = places(run, batch, scratch, ranksAll(run.source) ? 0 : OWN);
        return sweep({ ...on, pool: uniforms, step: scratch.step }, keysOf(run, scratch), {
          ...to,
          found,
          at: run.unitAt,
        });
      });
    result.add(batch, await replayed(batch, false, make, batch.words + batch.units));
  }
  return result.done();
}

function scopesOf(sources: readonly Source[], request: SelectRequest): Scope[] {
  const scope = (n: number, sparsity: number): Scope => ({ base: 0, need: keptCount(n, sparsity), digit: 0, skip: 0 });
  const size = ({ info }: Source): number => info.rows * info.columns;
  if (request.group.kind === 'matrix')
    return sources.map((source) => scope(size(source), sparsityOf(request, source.info)));
  const all = sources.reduce((sum, source) => sum + size(source), 0);
  return [scope(all, sparsityOf(request, sources[0]!.info))];
}

/** Takes the next digit of the least kept key: the greatest with enough places at or above it. */
function advance(scope: Scope, total: readonly number[]): void {
  const [, , second, third] = total as [number, number, number, number];
  const { need } = scope;
  scope.digit = need <= third ? 3 : need <= second ? 2 : need <= total[1]! ? 1 : 0;
  scope.need -= scope.digit === 3 ? 0 : total[scope.digit + 1]!;
  scope.base += scope.digit;
  scope.skip = withDigit(total, scope.digit) - scope.need;
}

/** Of counts [all, digits of at least 1, 2, 3]: those with this one. */
function withDigit(total: ArrayLike<number>, digit: number): number {
  return total[digit]! - (digit === 3 ? 0 : total[digit + 1]!);
}

/** Whether every place has a score of its own. */
function ranksAll({ score }: Source): boolean {
  return score.kind === 'product' || score.kind === 'spared' || score.kind === 'random';
}

function places(run: Run, batch: Batch, { out }: Scratch, own: number) {
  return { y: out, wordAt: run.wordAt, tailAt: batch.words + run.unitAt, own };
}

/** Uniforms of one submit are given back once it is done. */
async function withUniforms<T>({ memory }: DeviceContext, work: (pool: Pool) => Promise<T>): Promise<T> {
  const pool = memory.pool();
  try {
    return await work(pool);
  } finally {
    pool.dispose();
  }
}

/**
 * Collects what batches give: words [units, ..] of each run, then kept places without a score of their own per unit.
 */
function resultOf(sources: readonly Source[]) {
  const tensors = new Map<string, MaskTensor>();
  for (const { info } of sources) {
    const { name, rows, columns } = info;
    tensors.set(name, { rows, columns, words: new Uint32Array(rows * Math.ceil(columns / 32)) });
  }
  let filled = 0;
  return {
    add(batch: Batch, out: Uint32Array): void {
      for (const { source, first, units, wordAt, unitAt } of batch.runs) {
        const { name, rows, columns } = source.info;
        const perRow = Math.ceil(columns / 32);
        const { words } = tensors.get(name)!;
        for (let u = 0; u < units; u++) {
          const from = (first + u) * source.unit;
          const to = Math.min(rows, from + source.unit);
          const own = out.subarray(wordAt + u * perRow, wordAt + (u + 1) * perRow);
          for (let row = from; row < to; row++) words.set(own, row * perRow);
          filled += (to - from) * out[batch.words + unitAt + u]!;
        }
      }
    },
    done: (): Selected => ({ tensors, filled }),
  };
}
