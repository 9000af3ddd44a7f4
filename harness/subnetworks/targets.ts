// Which matrices of a network the options mask, within what their weights compete, and what share of each goes.

import type { MatrixInfo } from '../../formats/checkpoint/matrices.ts';
import type { Group } from '../../gpu/index.ts';
import { groupName, type Options, refuse } from './options.ts';

/** Columns of a block: as SparseGPT takes them. */
const BLOCK_COLUMNS = 128;
/** Rows of a tile: those that share their kept columns in a compact matmul. */
const TILE_ROWS = 64;

const MOST_NAMES = 8; // in a message

/** The contract's group for the options. */
export function groupOf(options: Options): Group {
  const name = groupName(options);
  switch (name) {
    case 'block':
      return { kind: 'block', columns: BLOCK_COLUMNS };
    case '2:4':
      return { kind: 'n:m', keep: 2, of: 4 };
    case '4:8':
      return { kind: 'n:m', keep: 4, of: 8 };
    case 'tiles':
      return { kind: 'tiles', rows: TILE_ROWS };
    case 'layer': // a linear layer, as pruning has it: one weight matrix
      return { kind: 'matrix' };
    default:
      return { kind: name };
  }
}

/** Whether weights of different matrices compete, so that their scores need one scale. */
export const spansMatrices = ({ kind }: Group): boolean => kind === 'global' || kind === 'channels' || kind === 'heads';

/**
 * The matrices that are masked, in the order of `matrices`: all of an engine's, among which are neither embedding nor head.
 * Group `channels` takes the MLP alone, `heads` the attention. Throws `bad-options` where a name or a layer matches nothing,
 * where a group needs a matrix that is left out, and where `per-layer` has another length than the network has layers.
 */
export function selected(options: Options, matrices: readonly MatrixInfo[]): readonly MatrixInfo[] {
  const { modules, names, layers, 'per-layer': perLayer } = options.targets ?? {};
  const count = layersOf(matrices).length;
  if (perLayer !== undefined && perLayer.length !== count)
    refuse('targets.per-layer', `${perLayer.length} sparsities for ${count} layers`, 'give one for each layer');
  const { kind } = groupOf(options);
  const whole = kind === 'channels' ? 'mlp' : kind === 'heads' ? 'attention' : undefined; // what goes as one
  const held = matrices.filter(
    ({ module }) => (whole === undefined || module === whole) && (modules === undefined || modules.includes(module)),
  );
  if (held.length === 0)
    refuse('targets.modules', `nothing of ${modules?.join(', ')} goes with group ${kind}`, 'choose another group');
  const chosen = picked('targets', held, names, layers);
  if (whole !== undefined) {
    const taken = layersOf(chosen);
    const missing = held.find((matrix) => taken.includes(matrix.layer) && !chosen.includes(matrix));
    if (missing !== undefined)
      refuse('targets.names', `group ${kind} takes ${missing.role} of layer ${missing.layer} too`, 'leave names out');
  }
  return chosen;
}

/** Names of the masked matrices to restore to dense: none without `restore`. Throws `bad-options` as `selected`. */
export function restoredNames(options: Options, chosen: readonly MatrixInfo[]): readonly string[] {
  const { restore } = options;
  if (restore === undefined) return [];
  return picked('restore', chosen, restore.names, restore.layers).map(({ name }) => name);
}

/**
 * The share to remove, in [0, 1): `sparsity` of all, or by the weight's name what `targets.per-layer` says of its layer.
 * Throws `bad-options` where a pattern such as 2:4 leaves no choice and `sparsity` is another.
 */
export function sparsityOf(
  options: Options,
  chosen: readonly MatrixInfo[],
  sparsity: number,
): number | ReadonlyMap<string, number> {
  const group = groupOf(options);
  if (group.kind === 'n:m') {
    const share = 1 - group.keep / group.of;
    if (sparsity === share) return share;
    const hint = `name only the label of ${share} in \`sparsity\``;
    refuse('group', `${group.keep}:${group.of} always removes ${share}, not ${sparsity}`, hint);
  }
  const shares = options.targets?.['per-layer'];
  if (shares === undefined) return sparsity;
  return new Map(
    chosen.map(({ name, layer }) => {
      const share = shares[layer];
      if (share === undefined) refuse('targets.per-layer', `layer ${layer} has none`, 'give one for each layer');
      return [name, share];
    }),
  );
}

/** The matrices of the layers that any of the names stands for; each name must stand for one. */
function picked(
  field: 'targets' | 'restore',
  matrices: readonly MatrixInfo[],
  names: readonly string[] | undefined,
  layers: readonly number[] | undefined,
): readonly MatrixInfo[] {
  const [first = 0, last = Number.POSITIVE_INFINITY] = layers ?? [];
  const known = layersOf(matrices);
  const outside = layers?.find((layer) => !known.includes(layer));
  if (outside !== undefined) {
    const hint = `they are ${known[0]} to ${known.at(-1)}, counted from 0`;
    refuse(`${field}.layers`, `layer ${outside} is not one of those that can be chosen`, hint);
  }
  const within = matrices.filter(({ layer }) => layer >= first && layer <= last);
  if (names === undefined) return within;
  const patterns = names.map((name) => ({ name, matches: matcher(name) }));
  const stray = patterns.find(({ matches }) => !within.some(matches));
  if (stray !== undefined)
    refuse(`${field}.names`, `"${stray.name}" matches no matrix`, `there are ${existing(within)}`);
  return within.filter((matrix) => patterns.some(({ matches }) => matches(matrix)));
}

/** A role, a weight's name, or a pattern of one: not by a regular expression, which many stars would make slow. */
function matcher(pattern: string): (matrix: MatrixInfo) => boolean {
  const [head = '', ...rest] = pattern.split('*');
  const tail = rest.pop();
  if (tail === undefined) return ({ name, role }) => role === pattern || name === pattern;
  return ({ name }) => {
    if (!name.startsWith(head) || !name.endsWith(tail)) return false;
    let at = head.length;
    for (const part of rest) {
      const found = name.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return at <= name.length - tail.length;
  };
}

const layersOf = (matrices: readonly MatrixInfo[]): readonly number[] =>
  [...new Set(matrices.map(({ layer }) => layer))].sort((a, b) => a - b);

function existing(matrices: readonly MatrixInfo[]): string {
  const roles = [...new Set(matrices.map(({ role }) => role))].join(', ');
  const names = matrices.slice(0, MOST_NAMES).map(({ name }) => name);
  const more = matrices.length > names.length ? `, and ${matrices.length - names.length} more` : '';
  return `${roles}; by name ${names.join(', ')}${more}; the embedding and the head are never masked`;
}
