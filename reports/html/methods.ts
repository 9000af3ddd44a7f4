// The comparison: every method and control with how it stands, its interval, its difference from the model without a persona,
// and what it costs; answerers without a model next to them. One table per model and evaluation.

import { counted } from '../../base/words.ts';
import type { AnswererRow, ComparisonRow, MetricRow, RunResult } from '../../harness/record/run-record.ts';
import { boundsOf, entryName, percent, short } from '../format.ts';
import { comparisonSections } from '../networks.ts';
import { isHeadline, isMaskControl, mainRows, places, samePoint } from '../rows.ts';
import { balanceLine, chanceText, constantLine } from '../sections.ts';
import { aboveNone, brokenOf, isUnbounded, type Said, standingOf } from '../standing.ts';
import { divergenceOf, filledLine, taxSections } from '../tax.ts';
import { html, type Markup } from './markup.ts';
import { type Cell, folded, type Part, plainTable, table } from './parts.ts';

const HEAD = [
  'method',
  'standing',
  'alignment, % [95 %]',
  '',
  'against none',
  'tax',
  'set-up, s',
  '+ tokens',
  'prefill, ms',
  'decode, ms',
];
const NONE: Cell = { text: '–', sort: null, kind: 'number' };

export function methodsPart(result: RunResult): Part | null {
  const tables = places(result).map(([model, evaluation]) => {
    const rows = mainRows(result, model, evaluation).filter(({ scope }) => scope === 'pooled');
    // Controls of masks are counted in the standings; the rows of each unfold.
    const controls = rows.filter((row) => isMaskControl(result, row));
    const shown = rows.filter((row) => !controls.includes(row));
    const drawn = (caption: string, own: readonly MetricRow[], blind: readonly AnswererRow[] = []) =>
      table({
        caption,
        head: HEAD,
        rows: [...own.map((row) => cells(result, row)), ...blind.map((row) => blindCells(row, own[0]?.chance ?? 0))],
        rowClass: (k) => (own[k]?.control === false ? '' : 'control'),
        sortable: true,
      });
    const place = `${evaluation} on ${model}`;
    const lines = [
      ...filledLine(result, rows),
      ...constantLine(result, evaluation),
      ...balanceLine(result, model, evaluation),
    ];
    return html`${drawn(`${place}, ${chanceText(rows)}`, shown, blindRows(result, evaluation))}${
      controls.length > 0 &&
      folded(`${counted(controls.length, 'control')} of the subnetworks`, drawn(`Controls: ${place}`, controls))
    }${lines.map((line) => html`<p class="note">${line}</p>`)}`;
  });
  if (tables.length === 0) return null;
  return {
    id: 'methods',
    title: 'Methods side by side',
    lead:
      'Held: above the network without a persona, above every control, and above every answerer that needs no model, each time ' +
      'paired by item (95 %). Alignment is the share of items answered as the persona would; against none is in points; the tax ' +
      'is how far the network leaves the dense one, in nats per token.',
    body: [
      tables,
      [...comparisonSections(result), ...taxSections(result)].map(({ title, head, rows, below }) =>
        folded(title, html`${plainTable(title, head, rows)}${below.map((line) => html`<p class="note">${line}</p>`)}`),
      ),
    ],
  };
}

/** Answerers without a model that are not 50 % by construction, the best first. */
function blindRows(result: RunResult, evaluation: string): readonly AnswererRow[] {
  return result.answerers
    .filter((row) => row.evaluation === evaluation && row.scope === 'pooled' && row.alignment.low !== null)
    .sort((a, b) => b.alignment.value - a.alignment.value);
}

function blindCells({ answerer, alignment }: AnswererRow, chance: number): readonly Cell[] {
  return [
    { text: `"${answerer}"`, kind: 'name' },
    { text: verdictMarkup({ word: 'no model', why: '', good: null }), kind: 'verdict' },
    ...alignmentCells({ alignment, chance }),
    ...HEAD.slice(4).map(() => NONE),
  ];
}

function cells(result: RunResult, row: MetricRow): readonly Cell[] {
  const difference = aboveNone(result, row);
  const cost = result.costs.find((one) => samePoint(one, row));
  // Of several reasons the first: what it says has all.
  const said = standingOf(result, row);
  const latency = result.latency.find(
    (one) => one.model === row.model && one.method === row.method && one.sparsity === row.sparsity,
  );
  return [
    { text: nameMarkup(result, row), kind: 'name' },
    { text: verdictMarkup({ ...said, why: brokenOf(result, row)[0] ?? said.why }), kind: 'verdict' },
    ...alignmentCells(row),
    difference === null ? NONE : { text: differenceMarkup(difference), sort: difference.difference, kind: 'number' },
    number(divergenceOf(result, row)?.value, short),
    number(cost?.setupMs, (ms) => (ms < 5 ? '0' : (ms / 1000).toFixed(2))),
    number(cost?.addedTokens, short),
    number(latency?.prefillMs.median, short),
    number(latency?.decodeMs.median, short),
  ];
}

type Figure = Pick<MetricRow, 'alignment' | 'chance'>;

function alignmentCells({ alignment, chance }: Figure): readonly Cell[] {
  const { value, low, high } = alignment;
  const interval = low === null || high === null ? '' : html` <small>[${percent(low)}, ${percent(high)}]</small>`;
  return [
    { text: html`${percent(value)}${interval}`, sort: value, kind: 'number' },
    { text: whisker({ alignment, chance }), kind: 'drawn' },
  ];
}

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
  const value = `${difference > 0 ? '+' : ''}${percent(difference)}`;
  if (isUnbounded({ low, high })) return html`${value}`;
  return html`${value} <small>[${percent(low)}, ${percent(high)}]</small>`;
}

/** Words and a sign say it; the colour only repeats them. */
function verdictMarkup({ word, why, good }: Said): Markup {
  const [kind, sign] = good === null ? ['null', ''] : good ? ['yes', '✓ '] : ['no', '✗ '];
  return html`<span class="verdict ${kind}">${sign}${word}</span>${why === '' ? null : html`<small class="why">${why}</small>`}`;
}

const WIDTH = 110;

/** The interval from 0 to 100 %, with chance as a line across. */
function whisker({ alignment, chance }: Figure): Markup {
  const { value, low, high } = { ...alignment, ...boundsOf(alignment) };
  const at = (share: number) => (share * WIDTH).toFixed(1);
  const width = Math.max(1.5, (high - low) * WIDTH).toFixed(1);
  return html`<svg class="whisker" width="${WIDTH}" height="14" viewBox="-4 0 ${WIDTH + 8} 14" aria-hidden="true"><path class="track" d="M0,7H${WIDTH}"/><path class="chance" d="M${at(chance)},1V13"/><rect class="interval" x="${at(low)}" y="4.5" width="${width}" height="5" rx="2.5"/><circle class="point" cx="${at(value)}" cy="7" r="2.6"/></svg>`;
}
