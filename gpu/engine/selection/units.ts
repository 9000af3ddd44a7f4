// Masks of whole MLP channels and whole attention heads: the device sums the scores along rows and columns, the few
// sums are ranked here.

import type { MatrixInfo, matricesOf } from '../../../formats/checkpoint/matrices.ts';
import type { Parts } from '../../../formats/checkpoint/parts.ts';
import type { Spec } from '../../../formats/checkpoint/spec.ts';
import type { DeviceContext } from '../../device/context.ts';
import type { MaskTensor } from '../../kernels/types.ts';
import type { Selected, SelectRequest } from '../types.ts';
import type { DeviceWeights } from '../weights/upload.ts';
import { batchesOf, keyCommands, openScratch, type Source, sourcesOf, submit } from './batches.ts';
import { badSelection, keptCount, sparsityOf } from './request.ts';

/** A request for units, checked but for what concerns whole layers. */
export interface UnitRequest extends SelectRequest {
  readonly group: { readonly kind: 'channels' | 'heads' };
  readonly matrices: ReturnType<typeof matricesOf>; // all of the network
  readonly infos: readonly MatrixInfo[]; // of the request
}

/** The channels of a layer's MLP or the heads of its attention. */
interface Units {
  readonly infos: readonly MatrixInfo[]; // what is masked
  readonly ranked: readonly MatrixInfo[]; // what is summed
  readonly count: number;
  readonly keep: number;
}

type Range = readonly [first: number, size: number];

/**
 * Masks of whole channels of MLPs, or of whole heads of attention: the units with the greatest sums of scores are kept,
 * in each layer. Throws `bad-selection`, `gpu-memory`.
 */
export async function selectUnits(
  on: DeviceContext,
  spec: Spec,
  parts: Parts,
  weights: DeviceWeights,
  request: UnitRequest,
): Promise<Selected> {
  const layers = unitsOf(spec, request);
  const ranked = layers.flatMap((units) => units.ranked);
  const sumsOf = (along: boolean): Promise<ReadonlyMap<string, Float32Array>> => {
    const infos = ranked.filter((info) => byRows(info) === along);
    const scores = infos.map((info) => [info, request.scores.get(info.name)!, along ? 1 : info.rows] as const);
    return readSums(on, sourcesOf(parts, weights, scores), along);
  };
  const sums = new Map([...(await sumsOf(true)), ...(await sumsOf(false))]);
  const tensors = new Map<string, MaskTensor>();
  let filled = 0;
  for (const { infos, ranked: rankedHere, count, keep } of layers) {
    const scores = new Float64Array(count);
    for (const info of rankedHere) {
      const own = sums.get(info.name)!;
      for (let unit = 0; unit < count; unit++) {
        const [first, size] = rangeOf(spec, info, unit);
        for (let at = first; at < first + size; at++) scores[unit]! += own[at]!;
      }
    }
    const kept = greatest(scores, keep);
    for (const info of infos) tensors.set(info.name, maskOf(info, keptLines(spec, info, kept)));
    const ties = rankedHere.some(({ name }) => ['filled', 'shares'].includes(request.scores.get(name)!.kind));
    for (let unit = 0; unit < count && ties; unit++) {
      if (!kept[unit] || scores[unit]! > 0) continue;
      for (const info of rankedHere) filled += rangeOf(spec, info, unit)[1] * (byRows(info) ? info.columns : info.rows);
    }
  }
  const ordered = request.infos.map(({ name }) => [name, tensors.get(name)!] as const);
  return { tensors: new Map(ordered), filled };
}

/** Sums of the scores along each row, or along each column, of every source. */
async function readSums(
  on: DeviceContext,
  sources: readonly Source[],
  along: boolean,
): Promise<ReadonlyMap<string, Float32Array>> {
  const sums = new Map(sources.map(({ info }) => [info.name, new Float32Array(along ? info.rows : info.columns)]));
  const batches = batchesOf(sources, on.memory);
  const pool = on.memory.pool();
  try {
    const scratch = openScratch(on, pool, sources, batches, ({ rows, keys }) => 4 * (along ? rows : keys));
    for (const batch of batches) {
      const commands = keyCommands(on, pool, scratch, batch, along ? 'along' : 'sums');
      const words = await submit(on, scratch, commands, scratch.keys, along ? batch.rows : batch.keys);
      const values = new Float32Array(words.buffer);
      for (const { source, first, units, rowAt, keyAt } of batch.runs) {
        const found = along
          ? values.subarray(rowAt, rowAt + units)
          : values.subarray(keyAt, keyAt + source.info.columns);
        sums.get(source.info.name)!.set(found, along ? first : 0);
      }
    }
  } finally {
    pool.dispose();
  }
  return sums;
}

/** The units of each layer of the request. Throws `bad-selection` where a layer is not whole. */
function unitsOf(spec: Spec, request: UnitRequest): readonly Units[] {
  const { group, infos, matrices } = request;
  const channels = group.kind === 'channels';
  const module = channels ? 'mlp' : 'attention';
  const odd = infos.find((info) => info.module !== module);
  if (odd !== undefined)
    throw badSelection(odd.name, `it has no ${group.kind}`, `score matrices of the ${module} alone, or use group row`);
  const layers = [...new Set(infos.map(({ layer }) => layer))];
  return layers.map((layer): Units => {
    const own = infos.filter((info) => info.layer === layer);
    const ranked = matrices.filter(
      (info) => info.layer === layer && info.module === module && info.role !== 'k' && info.role !== 'v',
    );
    const missing = ranked.find((info) => !own.includes(info));
    if (missing !== undefined) {
      const what = channels ? 'gate (where there is one), up and down' : 'q and o';
      throw badSelection(
        missing.name,
        `group ${group.kind} masks it, but it has no scores`,
        `score ${what} of each layer`,
      );
    }
    const sparsity = sparsityOf(request, own[0]!);
    const other = own.find((info) => sparsityOf(request, info) !== sparsity);
    if (other !== undefined)
      throw badSelection(
        other.name,
        `its sparsity differs from the layer's ${sparsity}`,
        'give the matrices of a layer one sparsity',
      );
    const count = channels ? spec.ffn : spec.heads;
    return { infos: own, ranked, count, keep: keptCount(count, sparsity) };
  });
}

/** Whether units are rows of the matrix, not columns. */
function byRows({ role }: MatrixInfo): boolean {
  return role !== 'o' && role !== 'down';
}

/** The rows or columns that rank a unit: of qkv the rows of its query. */
function rangeOf({ headSize, qkvByHead }: Spec, { module, role }: MatrixInfo, unit: number): Range {
  if (module === 'mlp') return [unit, 1];
  return [(role === 'qkv' && qkvByHead ? 3 : 1) * unit * headSize, headSize];
}

/** 1 for each row (or column) that stays. Keys and values stay as long as one of the heads that share them does. */
function keptLines(spec: Spec, info: MatrixInfo, kept: Uint8Array): Uint8Array {
  const { heads, kvHeads, headSize, qkvByHead } = spec;
  if (info.module === 'mlp') return kept;
  const spread = (flags: readonly number[]): readonly number[] =>
    flags.flatMap((flag) => new Array<number>(headSize).fill(flag));
  const queries = [...kept];
  const shared = heads / kvHeads;
  const keys = Array.from({ length: kvHeads }, (_, k) => Math.max(...queries.slice(k * shared, (k + 1) * shared)));
  if (info.role === 'k' || info.role === 'v') return Uint8Array.from(spread(keys));
  if (info.role !== 'qkv') return Uint8Array.from(spread(queries));
  return Uint8Array.from(
    spread(qkvByHead ? queries.flatMap((flag) => [flag, flag, flag]) : [...queries, ...keys, ...keys]),
  );
}

function maskOf(info: MatrixInfo, lines: Uint8Array): MaskTensor {
  const { rows, columns } = info;
  const perRow = Math.ceil(columns / 32);
  const pattern = new Uint32Array(perRow);
  for (let column = 0; column < columns; column++) {
    if (byRows(info) || lines[column] === 1) pattern[column >> 5]! |= 1 << (column & 31);
  }
  const words = new Uint32Array(rows * perRow);
  for (let row = 0; row < rows; row++) {
    if (!byRows(info) || lines[row] === 1) words.set(pattern, row * perRow);
  }
  return { rows, columns, words };
}

/** 1 for the `keep` greatest; of equal ones the lower goes first. */
function greatest(scores: Float64Array, keep: number): Uint8Array {
  const order = Array.from(scores.keys()).sort((a, b) => scores[a]! - scores[b]!);
  const kept = new Uint8Array(scores.length);
  for (const unit of order.slice(scores.length - keep)) kept[unit] = 1;
  return kept;
}
