// The items: every outcome to be looked up where script runs, and the items whose answer changed most often as a table where
// it does not.

import { counted, shellWord } from '../../base/words.ts';
import type { RunResult } from '../../harness/record/run-record.ts';
import { denseEntry } from '../rows.ts';
import { html } from './markup.ts';
import type { Extras } from './outcomes.ts';
import { type Packed, type PackedCell, pack } from './outcomes.ts';
import { type Part, table } from './parts.ts';

const MOST_TURNED = 20;

export interface Explorer {
  readonly part: Part | null;
  readonly data: object;
}

export function explore(result: RunResult, { items, prompts, before }: Extras): Explorer {
  const packed = pack(result, items(), prompts, before?.items);
  const shown = packed.cells.reduce((sum, cell) => sum + cell.items.length, 0);
  if (shown === 0) return { part: null, data: {} };
  // What answers are compared with until another is chosen.
  const dense = denseEntry(result) ?? result.metrics.find(({ control }) => control)?.method ?? null;
  const graded = result.evaluations.filter((one) => one.graded).map(({ id }) => id);
  const data = { ...packed, graded, reference: dense, run: before?.name ?? null, plan: planCommand(result) };
  const left =
    packed.left === 0
      ? null
      : html`<p class="note">${counted(packed.left, 'outcome')} more are left out here to keep this page light; items.jsonl has every one.</p>`;
  const part: Part = {
    id: 'items',
    title: 'Item by item',
    lead: `${counted(shown, 'outcome')}. An answer is changed when its most likely option is not the reference’s on the same item.`,
    body: html`<div id="explorer"></div>${left}${turnedTable(packed, dense)}`,
  };
  return { part, data };
}

/** The words of `bench run` as those of `bench plan`, which knows no flags of a run. */
function planCommand({ provenance: { command } }: RunResult): string {
  const alone = new Set([
    '--fresh',
    '--fail-fast',
    '--gate',
    '--explain',
    '--strict',
    '--quiet',
    '--json',
    '--profile',
  ]);
  const valued = new Set(['--progress', '--reference', '--junit']);
  const words = command.filter((word, k) => !alone.has(word) && !valued.has(word) && !valued.has(command[k - 1] ?? ''));
  return words.map((word, k) => (k === 1 ? 'plan' : shellWord(word))).join(' ');
}

interface Turned {
  readonly item: number;
  readonly evaluation: number;
  turned: number;
  of: number;
}

function turnedTable(packed: Packed, dense: string | null) {
  const { strings } = packed;
  const reference = packed.cells.filter(({ entry }) => strings[entry] === dense);
  const before = new Map(
    reference.flatMap((cell) => cell.items.map((item, k) => [itemKeyOf(cell, item), likeliest(packed, cell, k)])),
  );
  const found = new Map<string, Turned>();
  for (const cell of packed.cells) {
    if (reference.includes(cell)) continue;
    for (const [k, item] of cell.items.entries()) {
      const was = before.get(itemKeyOf(cell, item));
      if (was === undefined) continue;
      const key = `${cell.evaluation} ${item}`;
      const row = found.get(key) ?? { item, evaluation: cell.evaluation, turned: 0, of: 0 };
      found.set(key, row);
      row.of++;
      if (likeliest(packed, cell, k) !== was) row.turned++;
    }
  }
  const most = [...found.values()]
    .filter(({ turned }) => turned > 0)
    .sort((a, b) => b.turned / b.of - a.turned / a.of || b.turned - a.turned)
    .slice(0, MOST_TURNED);
  if (dense === null || most.length === 0) return null;
  return html`<h3>Answers changed most often against ${dense}</h3>${table({
    caption: `Share of the cells in which an item’s answer is not that of ${dense}`,
    head: ['item', 'evaluation', 'question', 'options', 'changed'],
    rows: most.map(({ item, evaluation, turned, of }) => {
      const { id = 0, question = 0, options = [] } = packed.items[item] ?? {};
      return [
        { text: strings[id] ?? '', kind: 'name' },
        { text: strings[evaluation] ?? '' },
        { text: strings[question] ?? '', kind: 'long' },
        { text: options.map((option) => strings[option] ?? '').join(' / '), kind: 'long' },
        { text: `${turned} of ${of}`, kind: 'number' },
      ];
    }),
  })}`;
}

function itemKeyOf({ model, evaluation }: PackedCell, item: number): string {
  return `${model} ${evaluation} ${item}`;
}

/** The option with the most probability, over all orders. */
function likeliest({ items }: Packed, cell: PackedCell, k: number): number {
  const n = items[cell.items[k] ?? 0]?.options.length ?? 0;
  const p = cell.p[k] ?? [];
  const sums = Array.from({ length: n }, (_, option) =>
    p.reduce((sum, one, at) => sum + (at % n === option ? one : 0), 0),
  );
  return sums.indexOf(Math.max(...sums));
}
