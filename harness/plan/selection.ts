// Which cells --filter keeps: `field=pattern` terms with `*` and `?`; all fields must match, one of a field's patterns.
// A cell on an axis that its method ignores has no value there and passes, so that controls stay with what they control.

import { BenchError } from '../../base/error.ts';
import type { Cell } from './cell.ts';

export const FILTER_FIELDS = ['model', 'evaluation', 'method', 'persona', 'wording', 'sparsity', 'seed'] as const;
export type FilterField = (typeof FILTER_FIELDS)[number];

export interface FilterTerm {
  readonly field: FilterField;
  readonly pattern: string;
}

/**
 * The cells that pass all terms; no terms keep every cell.
 * Throws `nothing-selected` for a pattern that no cell has, a misspelt name as a rule
 */
export function select(terms: readonly FilterTerm[], cells: readonly Cell[]): readonly Cell[] {
  for (const { field, pattern } of terms) {
    const values = [...new Set(cells.map((cell) => valueAt(cell, field)).filter((value) => value !== null))];
    if (values.some((value) => glob(pattern, value))) continue;
    throw new BenchError('nothing-selected', `--filter ${field}=${pattern} matches no cell`, {
      hint: values.length === 0 ? `no cell has a ${field}` : `${field} is one of ${values.join(', ')}`,
    });
  }
  return cells.filter((cell) => selects(terms, cell));
}

function selects(terms: readonly FilterTerm[], cell: Cell): boolean {
  return FILTER_FIELDS.every((field) => {
    const patterns = terms.filter((term) => term.field === field).map(({ pattern }) => pattern);
    const value = valueAt(cell, field);
    return patterns.length === 0 || value === null || patterns.some((pattern) => glob(pattern, value));
  });
}

/** `*` any text, `?` one character, everything else itself; the whole value must match. */
export function glob(pattern: string, value: string): boolean {
  // Backtracks to the last star only, so that no pattern takes more than pattern x value steps.
  let p = 0;
  let v = 0;
  let star = -1;
  let from = 0;
  while (v < value.length) {
    if (p < pattern.length && pattern[p] === '*') {
      star = p++;
      from = v;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === value[v])) {
      p++;
      v++;
    } else if (star >= 0) {
      p = star + 1;
      v = ++from;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

function valueAt(cell: Cell, field: FilterField): string | null {
  if (field === 'evaluation') return cell.evaluation.id;
  if (field === 'seed' && cell.lean === true) return null; // a draw goes with what it controls, whatever its seed
  const value = cell[field];
  return value === null ? null : String(value);
}
