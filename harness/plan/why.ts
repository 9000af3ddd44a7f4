// Why a cell runs: its inputs against those of the closest stored cell, as the names of the fields that changed.

import { isRecord } from '../../base/json.ts';
import type { Cell } from './cell.ts';

/** A stored cell as `bench plan --why` needs it: its names as they were, and its inputs. */
export interface StoredIndex {
  readonly id: string;
  readonly names: CellNames;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly items: readonly (readonly [id: string, digest: string])[];
  readonly deviceClass: string;
  readonly kernels: string;
}

export interface CellNames {
  readonly model: string;
  readonly evaluation: string;
  readonly method: string;
  readonly persona: string | null;
  readonly wording: string | null;
  readonly sparsity: string | null;
  readonly seed: number | null;
}

/** Longest value that is printed whole. */
const MAX_SHOWN = 48;

export function namesOf(cell: Cell): CellNames {
  const { model, method, persona, wording, sparsity, seed } = cell;
  return { model, evaluation: cell.evaluation.id, method, persona, wording, sparsity, seed };
}

/**
 * One line per changed field, such as `method.options.place: "system" -> "user"`; `items` are `[id, digest]` of the cell.
 * Closest: the same model, evaluation, method and persona names, then the fewest changes; the later entry wins a tie.
 */
export function why(
  cell: Cell,
  items: readonly (readonly [id: string, digest: string])[],
  here: { readonly deviceClass: string; readonly kernels: string },
  stored: readonly StoredIndex[],
): readonly string[] {
  const names = namesOf(cell);
  let best: readonly string[] | null = null;
  for (const other of stored) {
    const same = (['model', 'evaluation', 'method', 'persona'] as const).every((n) => other.names[n] === names[n]);
    if (!same) continue;
    const changes = [
      ...(['wording', 'sparsity', 'seed'] as const)
        .filter((name) => other.names[name] !== names[name])
        .map((name) => `${name}: ${show(other.names[name])} -> ${show(names[name])}`),
      ...difference(other.inputs, cell.inputs, ''),
      ...itemChanges(other.items, items),
      ...valueChange('device class', other.deviceClass, here.deviceClass),
      ...valueChange('kernels', other.kernels, here.kernels),
    ];
    if (best === null || changes.length <= best.length) best = changes;
  }
  if (best === null) return ['never stored'];
  return best.length === 0 ? ['stored, but damaged'] : best;
}

function difference(before: unknown, after: unknown, path: string): string[] {
  if (path === 'items') return [];
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return keys.flatMap((key) => difference(before[key], after[key], path === '' ? key : `${path}.${key}`));
  }
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    return before.flatMap((entry, i) => difference(entry, after[i], `${path}[${i}]`));
  }
  return valueChange(path, before, after);
}

function valueChange(path: string, before: unknown, after: unknown): string[] {
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [`${path}: ${show(before)} -> ${show(after)}`];
}

function itemChanges(
  before: readonly (readonly [string, string])[],
  after: readonly (readonly [string, string])[],
): string[] {
  const old = new Map(before);
  const now = new Map(after);
  const oldDigests = new Set(old.values());
  const nowDigests = new Set(now.values());
  // A renamed item keeps its content, which is what the cell depends on.
  const added = [...now].filter(([id, digest]) => !old.has(id) && !oldDigests.has(digest)).length;
  const removed = [...old].filter(([id, digest]) => !now.has(id) && !nowDigests.has(digest)).length;
  const changed = [...now].filter(([id, digest]) => old.has(id) && old.get(id) !== digest).length;
  const parts = [
    added ? `${added} added` : '',
    removed ? `${removed} removed` : '',
    changed ? `${changed} changed` : '',
  ].filter((part) => part !== '');
  return parts.length === 0 ? [] : [`items: ${parts.join(', ')}`];
}

function show(value: unknown): string {
  if (value === undefined) return 'absent';
  if (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)) return value.slice(0, 7);
  const text = JSON.stringify(value);
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN - 1)}…`;
}
