// What happens in a run, as data: the runner says it, progress and tests listen.

import type { Cell } from '../plan/cell.ts';
import type { CellRecord } from '../record/cell-record.ts';

export type RunEvent =
  | { readonly kind: 'plan'; readonly cells: number; readonly stored: number }
  /** The gate left rows open, so that there are more cells. */
  | {
      readonly kind: 'look';
      readonly look: number;
      readonly rows: number;
      readonly cells: number;
      readonly stored: number;
    }
  | { readonly kind: 'damaged'; readonly cell: Cell; readonly reason: string }
  | { readonly kind: 'damaged-times'; readonly cell: Cell; readonly reason: string }
  | { readonly kind: 'note'; readonly text: string } // of the store
  | { readonly kind: 'stored'; readonly cell: Cell } // answered from the store
  | { readonly kind: 'model-load'; readonly model: string }
  | { readonly kind: 'model-ready'; readonly model: string; readonly ms: number; readonly device: string }
  | { readonly kind: 'cell-start'; readonly cell: Cell }
  | { readonly kind: 'cell-done'; readonly cell: Cell; readonly record: CellRecord }
  | { readonly kind: 'cell-error'; readonly cell: Cell; readonly code: string; readonly message: string }
  | { readonly kind: 'changed'; readonly cell: Cell } // --fresh gave other outcomes than the store had
  | { readonly kind: 'latency'; readonly model: string; readonly methods: number; readonly rounds: number }
  | { readonly kind: 'latency-round'; readonly model: string; readonly round: number; readonly rounds: number }
  | { readonly kind: 'profile'; readonly model: string; readonly methods: number; readonly rounds: number }
  | { readonly kind: 'end'; readonly computed: number; readonly stored: number; readonly errored: number };

export type Listener = (event: RunEvent) => void;

/** A cell in words, such as `persona-nano / prompting / extraversion / plain`. */
export function cellName(cell: Cell): string {
  const parts = [cell.model, cell.evaluation.id, cell.method, cell.persona, cell.wording];
  if (cell.sparsity !== null) parts.push(`sparsity ${cell.sparsity}`);
  if (cell.seed !== null) parts.push(`seed ${cell.seed}`);
  if (cell.look > 1) parts.push(`look ${cell.look}`);
  const name = parts.filter((part) => part !== null).join(' / ');
  return cell.split === 'tuning' ? `${name} (tuning)` : name;
}
