// Checks of a selection request, before anything reaches the device.

import { BenchError } from '../../../base/error.ts';
import type { MatrixInfo } from '../../../formats/checkpoint/matrices.ts';
import type { MaskTensor, Score } from '../../kernels/types.ts';
import type { Group, SelectRequest } from '../types.ts';

/** 1 - keep/of is rarely exact in floating point. */
const SPARSITY_SLACK = 1e-9;
/** Kinds whose sums over rows or columns rank something. */
const SUMMABLE: readonly Score['kind'][] = ['product', 'filled', 'shares', 'random'];

/** A `bad-selection` error; `where` names the matrix or the field. */
export function badSelection(where: string, message: string, hint: string): BenchError {
  return new BenchError('bad-selection', message, { where, hint });
}

/**
 * Places kept of `places` at this sparsity: floor((1 - sparsity) places), where what floating point leaves just below a
 * whole number counts as that number (10 (1 - 0.9) is 1).
 */
export function keptCount(places: number, sparsity: number): number {
  return Math.min(places, Math.floor((1 - sparsity) * places + 1e-9 + 1e-14 * places));
}

/** Whether groups are sums over rows or columns, so that scores must be numbers and not only ranks. */
function sums({ kind }: Group): boolean {
  return kind === 'channels' || kind === 'heads' || kind === 'tiles';
}

/** The share of `info` that a request removes. */
export function sparsityOf({ sparsity }: SelectRequest, info: MatrixInfo): number {
  return typeof sparsity === 'number' ? sparsity : sparsity.get(info.name)!;
}

/**
 * The matrices of a request in their own order. Throws `bad-selection` naming the matrix that cannot be selected from
 * so.
 */
export function checkSelection(matrices: readonly MatrixInfo[], request: SelectRequest): readonly MatrixInfo[] {
  const { scores, group, sparsity } = request;
  const known = new Map(matrices.map((info) => [info.name, info]));
  if (scores.size === 0)
    throw badSelection('scores', 'no matrix is named', `score at least one, such as ${matrices[0]?.name}`);
  const maps = [scores, ...(typeof sparsity === 'number' ? [] : [sparsity])];
  for (const name of maps.flatMap((map) => [...map.keys()])) {
    if (known.has(name)) continue;
    throw badSelection(name, 'the network has no such matrix', `its matrices are named as ${matrices[0]?.name} is`);
  }
  checkGroup(group);
  if (group.kind === 'global' && typeof sparsity !== 'number')
    throw badSelection('sparsity', 'group global has one sparsity for all matrices', 'give a number');
  const chosen = matrices.filter(({ name }) => scores.has(name));
  for (const info of chosen) {
    checkScore(info, scores.get(info.name)!, group);
    checkSparsity(info, sparsityOf(request, info), group);
  }
  return chosen;
}

function checkGroup(group: Group): void {
  const numbers =
    group.kind === 'block'
      ? { columns: group.columns }
      : group.kind === 'tiles'
        ? { rows: group.rows }
        : group.kind === 'n:m'
          ? { keep: group.keep, of: group.of }
          : {};
  for (const [key, value] of Object.entries(numbers)) {
    if (Number.isInteger(value) && value >= 1 && value < 2 ** 31) continue;
    throw badSelection(`group ${group.kind}`, `${key} is ${value}`, 'give a whole number of at least 1');
  }
  if (group.kind === 'n:m' && group.keep > group.of)
    throw badSelection('group n:m', `${group.keep} of ${group.of} cannot be kept`, 'keep at most as many as there are');
}

function checkSparsity({ name }: MatrixInfo, sparsity: number | undefined, group: Group): void {
  if (sparsity === undefined || !(sparsity >= 0 && sparsity < 1))
    throw badSelection(name, `sparsity is ${sparsity}`, 'give a number of at least 0 and below 1');
  if (group.kind !== 'n:m') return;
  const wanted = 1 - group.keep / group.of;
  if (Math.abs(sparsity - wanted) <= SPARSITY_SLACK) return;
  throw badSelection(
    name,
    `sparsity is ${sparsity}, and ${group.keep}:${group.of} removes ${wanted}`,
    `give ${wanted}`,
  );
}

function checkScore(info: MatrixInfo, score: Score, group: Group): void {
  const { name, columns } = info;
  if (sums(group) && !SUMMABLE.includes(score.kind)) {
    throw badSelection(
      name,
      `group ${group.kind} sums scores, and scores of kind ${score.kind} are only ranks`,
      `use one of ${SUMMABLE.join(', ')}, or group row`,
    );
  }
  if (score.kind === 'random') {
    if (Number.isSafeInteger(score.seed) && score.seed >= 0) return;
    throw badSelection(name, `the seed is ${score.seed}`, 'give a whole number from 0 to 2^53 - 1');
  }
  const [by, second] = vectorsOf(score);
  for (const [key, vector] of [['by', by] as const, ...(second === null ? [] : [second])]) {
    if (vector.length !== columns)
      throw badSelection(name, `${key} has ${vector.length} numbers for ${columns} columns`, 'give one per column');
    const at = vector.findIndex((value) => !(value >= 0 && value < Infinity));
    if (at >= 0)
      throw badSelection(name, `${key} of column ${at} is ${vector[at]}`, 'give finite numbers that are not below 0');
  }
  const bits = bitsOf(score);
  if (bits === null) return;
  const words = info.rows * Math.ceil(columns / 32);
  if (bits.rows !== info.rows || bits.columns !== columns || bits.words.length !== words) {
    const shape = `[${bits.rows}, ${bits.columns}] in ${bits.words.length} words`;
    throw badSelection(name, `the mask of its score is ${shape}`, `give [${info.rows}, ${columns}] in ${words} words`);
  }
}

/** The vector that a score of the kind multiplies |w| with, and the second one by its name. */
export function vectorsOf(
  score: Exclude<Score, { kind: 'random' }>,
): readonly [by: Float32Array, second: readonly [name: string, vector: Float32Array] | null] {
  if ('fill' in score) return [score.by, ['fill', score.fill]];
  return [score.by, 'against' in score ? ['against', score.against] : null];
}

/** Places that a score treats apart. */
export function bitsOf(score: Score): MaskTensor | null {
  return score.kind === 'apart' ? score.without : score.kind === 'spared' ? score.protect : null;
}
