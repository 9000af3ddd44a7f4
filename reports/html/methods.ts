// The comparison: every method and control with its interval, its difference from the model without a persona, what
// it costs, and whether it beats its controls. One table per model and evaluation.

import type { ComparisonRow, MetricRow, RunResult } from '../../harness/record/run-record.ts';
import { boundsOf, entryName, percent, short } from '../format.ts';
import { against, answerersLine, balanceLine, chanceText } from '../sections.ts';
import { isHeadline, mainRows, places, samePoint } from '../verdict.ts';
import { html, type Markup } from './markup.ts';
import { type Cell, folded, type Part, table } from './parts.ts';

type Rows = readonly MetricRow[];

const HEAD = [
  'method',
  'against its controls',
  'alignment, % [95 %]',
  '',
  'against none',
  'perplexity',
  'set-up, s',
  '+ tokens',
  'prefill, ms',
  'decode, ms',
];
const NONE: Cell = { text: '–', sort: null, kind: 'number' };

export function methodsPart(result: RunResult): Part | null {
  // Controls that the harness added are counted in the verdicts; the rows of each unfold.
  const added = new Set(result.comparisons.map(({ control }) => control));
  const tables = places(result).map(([model, evaluation]) => {
    const rows = mainRows(result, model, evaluation).filter(({ scope }) => scope === 'pooled');
    const controls = rows.filter(({ method }) => added.has(method));
    const shown = rows.filter(({ method }) => !added.has(method));
    const drawn = (caption: string, own: Rows) =>
      table({
        caption,
        head: HEAD,
        rows: own.map((row) => cells(result, row)),
        rowClass: (k) => (own[k]?.control === true ? 'control' : ''),
        sortable: true,
      });
    const place = `${evaluation} on ${model}`;
    return html`${drawn(`${place}, ${chanceText(rows)}`, shown)}${
      controls.length > 0 &&
      folded(`The ${controls.length} controls of the subnetworks`, drawn(`Controls: ${place}`, controls))
    }${[answerersLine(result, evaluation), ...balanceLine(result, model, evaluation)].map((line) => html`<p class="note">${line}</p>`)}`;
  });
  if (tables.length === 0) return null;
  return {
    id: 'methods',
    title: 'Methods side by side',
    lead:
      'Alignment is the share of items answered as the persona would; against none, in points, is paired by item. ' +
      'Perplexity on neutral text is relative to the dense network: a mask that breaks the model shows here. ' +
      'Controls are persona-free or shuffled comparisons; a method that does not beat its own controls is marked.',
    body: tables,
  };
}

function cells(result: RunResult, row: MetricRow): readonly Cell[] {
  const of = <T extends RowPoint>(all: readonly T[]): T | undefined => all.find((one) => samePoint(one, row));
  const { value, low, high } = { ...row.alignment, ...boundsOf(row.alignment) };
  const difference = of(result.differences.filter(({ scope }) => scope === 'pooled'));
  const perplexity = of(result.perplexities)?.relative ?? null;
  const cost = of(result.costs);
  const latency = result.latency.find(
    (one) => one.model === row.model && one.method === row.method && one.sparsity === row.sparsity,
  );
  return [
    { text: nameMarkup(result, row), kind: 'name' },
    { text: verdictMarkup(against(result, row)), kind: 'verdict' },
    {
      text: html`${percent(value)} <small>[${percent(low)}, ${percent(high)}]</small>`,
      sort: value,
      kind: 'number',
    },
    { text: whisker(row), kind: 'drawn' },
    difference === undefined
      ? NONE
      : { text: differenceMarkup(difference), sort: difference.difference, kind: 'number' },
    number(perplexity, (ratio) => `${ratio < 9.995 ? ratio.toFixed(2) : short(ratio)}×`),
    number(cost?.setupMs, (ms) => (ms < 5 ? '0' : (ms / 1000).toFixed(2))),
    number(cost?.addedTokens, short),
    number(latency?.prefillMs.median, short),
    number(latency?.decodeMs.median, short),
  ];
}

type RowPoint = Parameters<typeof samePoint>[0];

function number(value: number | null | undefined, text: (value: number) => string): Cell {
  return value === null || value === undefined ? NONE : { text: text(value), sort: value, kind: 'number' };
}

function nameMarkup(result: RunResult, row: MetricRow): Markup {
  const chosen = isHeadline(result, row)
    ? html` <span class="tag" title="the best on the tuning split">chosen</span>`
    : null;
  return html`${entryName(row)}${chosen}`;
}

function differenceMarkup({ difference, low, high }: ComparisonRow): Markup {
  const sign = difference > 0 ? '+' : '';
  return html`${sign}${percent(difference)} <small>[${percent(low)}, ${percent(high)}]</small>`;
}

/** Words and a sign say it; the colour only repeats them. */
function verdictMarkup(words: string): Markup {
  const [kind, sign] = words.startsWith('NOT')
    ? ['no', '✗ ']
    : words === 'control' || words.startsWith('not compared')
      ? ['null', '']
      : ['yes', '✓ '];
  return html`<span class="verdict ${kind}">${sign}${words.replace(/^NOT/, 'not')}</span>`;
}

const WIDTH = 110;

/** The interval from 0 to 100 %, with chance as a line across. */
function whisker({ alignment, chance }: MetricRow): Markup {
  const { value, low, high } = { ...alignment, ...boundsOf(alignment) };
  const at = (share: number) => (share * WIDTH).toFixed(1);
  const width = Math.max(1.5, (high - low) * WIDTH).toFixed(1);
  return html`<svg class="whisker" width="${WIDTH}" height="14" viewBox="-4 0 ${WIDTH + 8} 14" aria-hidden="true"><path class="track" d="M0,7H${WIDTH}"/><path class="chance" d="M${at(chance)},1V13"/><rect class="interval" x="${at(low)}" y="4.5" width="${width}" height="5" rx="2.5"/><circle class="point" cx="${at(value)}" cy="7" r="2.6"/></svg>`;
}
