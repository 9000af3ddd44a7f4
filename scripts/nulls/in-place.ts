// A network in the place of a method, by the rule of a run: against the dense network and draws of `shuffled`.

import { compare } from '../../harness/analysis/comparisons.ts';
import type { Answered } from '../../harness/analysis/metrics.ts';
import { opponents } from '../../harness/analysis/opponents.ts';
import type { MethodEntry, Persona, Suite } from '../../harness/config/resolved.ts';
import type { Item } from '../../harness/datasets/types.ts';
import type { ComparisonRow } from '../../harness/record/run-record.ts';

/** A draw as a control: on the items of the lean grid alone. */
export function asControls(draw: readonly Answered[], grid: ReadonlySet<Item>): readonly Answered[] {
  return draw.map(({ cell, outcomes }) => {
    const items = cell.items.filter((item) => grid.has(item));
    const ids = new Set(items.map(({ id }) => id));
    const asked = outcomes.filter(({ item }) => ids.has(item));
    return { cell: { ...cell, method: 'shuffled', items, lean: true }, outcomes: asked };
  });
}

export interface Judged {
  readonly pooled: boolean; // above the dense network and the draws, over all items
  readonly trait: Tested;
  readonly persona: Tested;
  readonly rows: readonly ComparisonRow[]; // pooled
}

interface Tested {
  readonly tested: number;
  readonly beats: number;
}

const entryOf = (id: string, more: Partial<MethodEntry> = {}): MethodEntry => ({
  ...{ id, method: 'subnetwork', control: true, options: {}, ...more },
});

/** By the rule of a run: a method (entry "method") against the dense network ("none") and draws (entry "shuffled"). */
export function judged(
  personas: readonly Persona[],
  none: readonly Answered[],
  method: readonly Answered[],
  draws: readonly Answered[],
): Judged {
  const [{ cell }] = method as [Answered];
  const levels = [cell.sparsity ?? ''];
  const control = { kind: 'shuffled', id: 'shuffled', levels, evaluations: [cell.evaluation.id] } as const;
  const methods = [
    entryOf('none', { method: 'none' }),
    entryOf('method', { control: false, levels, against: [control] }),
    entryOf('shuffled', { added: true, lean: true, levels }),
  ];
  const answered = [...none, ...method, ...draws];
  const plan = answered.map((one) => one.cell);
  const against = opponents({ methods } as unknown as Suite, 'none');
  const { comparisons, verdicts } = compare({ personas, plan, answered, against });
  const missing = verdicts.find(({ missing }) => missing.length > 0);
  if (missing !== undefined) throw new Error(`nothing is judged: ${missing.missing.join(', ')}`);
  const scopes = (scope: ComparisonRow['scope']): Tested => {
    const rows = comparisons.filter((row) => row.scope === scope);
    const names = new Set(rows.map(({ trait, persona }) => JSON.stringify([trait, persona])));
    const lost = new Set(
      rows.filter(({ beats }) => !beats).map(({ trait, persona }) => JSON.stringify([trait, persona])),
    );
    return { tested: names.size, beats: names.size - lost.size };
  };
  const rows = comparisons.filter(({ scope }) => scope === 'pooled');
  return { pooled: scopes('pooled').beats === 1, trait: scopes('trait'), persona: scopes('persona'), rows };
}
