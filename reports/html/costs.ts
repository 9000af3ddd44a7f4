// The cost of control: alignment against each thing that holding a persona costs, with the Pareto front (nothing else is both
// cheaper and better) and intervals on both axes.

import type { ItemRow, MetricRow, RunResult, Samples } from '../../harness/record/run-record.ts';
import { boundsOf, bytesText, entryName, percent, short } from '../format.ts';
import { denseEntry, mainRows, places, samePoint } from '../rows.ts';
import { brokenOf } from '../standing.ts';
import { divergenceOf } from '../tax.ts';
import { draw } from './chart.ts';
import { html, type Markup } from './markup.ts';
import { figure, type Part, placed, table } from './parts.ts';
import { type CostPoint, frontOf, scatter } from './scatter.ts';
import { legend, type Series } from './series.ts';

/** An amount with what it varies by. */
interface Amount {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

interface Axis {
  readonly title: string;
  readonly unit: string;
  readonly text: (value: number) => string;
  readonly root: boolean; // a square-root scale: amounts from 0 over several powers of ten
  readonly of: (row: MetricRow) => Amount | null;
}

export async function costPart(
  result: RunResult,
  items: Iterable<ItemRow>,
  series: readonly Series[],
): Promise<Part | null> {
  const tokens = tokenSpreads(items);
  const figures: Markup[] = [];
  for (const [k, [model, evaluation]] of places(result).entries()) {
    const place = `${evaluation} on ${model}`;
    const all = mainRows(result, model, evaluation)
      .filter(({ scope }) => scope === 'pooled')
      .filter((row) => !row.control || row.method === denseEntry(result));
    // A network that no longer speaks beats nothing, however cheap it is.
    const rows = all.filter((row) => brokenOf(result, row).length === 0);
    const broken = all.filter((row) => !rows.includes(row)).map(entryName);
    if (rows.length < 2) continue;
    const axes = axesOf(result, tokens)
      .map((axis) => ({ axis, points: pointsOf(rows, axis) }))
      .filter(({ points }) => new Set(points.map(({ x }) => x)).size > 1);
    const drawings: Markup[] = [];
    for (const { axis, points } of axes) drawings.push(await draw(scatter({ ...axis, place, points, series })));
    if (drawings.length === 0) continue;
    const used = series.filter(({ method }) => rows.some((row) => row.method === method));
    const drawn = figure(
      drawings,
      'Vertical bars: 95 % interval of alignment. Horizontal bars: median absolute deviation of times, the middle 80 % of items for ' +
        'tokens, smallest to largest over personas for bytes and set-up, 95 % interval of the tax. The stepped line is the Pareto ' +
        `front; its points are named where there is room.${broken.length === 0 ? '' : ` Broken, and so left out: ${broken.join(', ')}.`}`,
      numbers(rows, axes),
    );
    figures.push(placed(k, place, html`${legend(used)}${drawn}`));
  }
  if (figures.length === 0) return null;
  return {
    id: 'cost',
    title: 'The cost of control',
    lead: 'Higher is closer to the persona, further left is cheaper. No method beats one on the stepped line on both.',
    body: figures,
  };
}

function axesOf(result: RunResult, tokens: ReadonlyMap<string, Amount>): readonly Axis[] {
  const latency = (of: (row: RunResult['latency'][number]) => Samples) => (row: MetricRow) => {
    const found = result.latency.find(
      (one) => one.model === row.model && one.method === row.method && one.sparsity === row.sparsity,
    );
    if (found === undefined || of(found).n === 0) return null;
    const { median, mad } = of(found);
    return { value: median, low: Math.max(0, median - mad), high: median + mad };
  };
  const cells = (of: (cell: RunResult['cells'][number]) => number | null) => (row: MetricRow) =>
    rangeOf(
      result.cells
        .filter((cell) => samePoint(cell, row) && cell.split === 'evaluation')
        .flatMap((cell) => of(cell) ?? []),
    );
  const time = result.device.software ? 'ms on software' : 'ms';
  return [
    { title: 'Prefill of a prompt', unit: time, text: short, root: false, of: latency(({ prefillMs }) => prefillMs) },
    { title: 'Decoding a token', unit: time, text: short, root: false, of: latency(({ decodeMs }) => decodeMs) },
    {
      title: 'Prompt length',
      unit: 'tokens added',
      text: short,
      root: true,
      of: (row) => tokens.get(rowKeyOf(row)) ?? null,
    },
    {
      title: 'Bytes kept per persona',
      unit: 'kB',
      text: (kb) => bytesText(kb * 1000),
      root: true,
      of: cells(({ cost }) => cost && cost.artefactBytes / 1000),
    },
    {
      title: 'Set-up per persona',
      unit: 's',
      text: short,
      root: true,
      // As in the table: what takes less sets nothing up.
      of: cells(({ cost }) => cost && (cost.setupMs < 5 ? 0 : cost.setupMs / 1000)),
    },
    {
      title: 'Tax',
      unit: 'nats per token',
      text: short,
      root: true,
      of: (row) => divergence(result, row),
    },
  ];
}

function divergence(result: RunResult, row: MetricRow): Amount | null {
  const figure = divergenceOf(result, row);
  if (figure === null) return null;
  const { low, high } = boundsOf(figure);
  return { value: figure.value, low: Math.max(0, low), high };
}

function rangeOf(values: readonly number[]): Amount | null {
  if (values.length === 0) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { value: mean, low: Math.min(...values), high: Math.max(...values) };
}

const rowKeyOf = ({
  model,
  evaluation,
  method,
  sparsity,
}: Pick<ItemRow, 'model' | 'evaluation' | 'method' | 'sparsity'>) =>
  JSON.stringify([model, evaluation, method, sparsity]);

/** Mean of the added tokens, and the middle 80 %. */
function tokenSpreads(items: Iterable<ItemRow>): ReadonlyMap<string, Amount> {
  const all = new Map<string, number[]>();
  for (const row of items) {
    const key = rowKeyOf(row);
    const own = all.get(key) ?? [];
    own.push(row.addedTokens);
    all.set(key, own);
  }
  return new Map(
    [...all].map(([key, own]) => {
      const sorted = own.sort((a, b) => a - b);
      const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
      return [key, { value: sorted.reduce((sum, n) => sum + n, 0) / sorted.length, low: at(0.1), high: at(0.9) }];
    }),
  );
}

function pointsOf(rows: readonly MetricRow[], axis: Axis): readonly CostPoint[] {
  return rows.flatMap((row) => {
    const amount = axis.of(row);
    if (amount === null) return [];
    const { value } = row.alignment;
    const { low, high } = boundsOf(row.alignment);
    const at = { x: amount.value, xLow: amount.low, xHigh: amount.high };
    return [{ name: entryName(row), method: row.method, ...at, y: 100 * value, yLow: 100 * low, yHigh: 100 * high }];
  });
}

function numbers(
  rows: readonly MetricRow[],
  axes: readonly { readonly axis: Axis; readonly points: readonly CostPoint[] }[],
): Markup {
  const fronts = axes.map(({ points }) => new Set(frontOf(points).map(({ name }) => name)));
  return table({
    caption: 'Alignment and what it costs; * is on the Pareto front of its column',
    head: ['method', 'alignment, %', ...axes.map(({ axis }) => `${axis.title}, ${axis.unit}`)],
    rows: rows.map((row) => [
      { text: entryName(row), kind: 'name' },
      { text: percent(row.alignment.value), kind: 'number' },
      ...axes.map(({ axis, points }, k) => {
        const point = points.find(({ name }) => name === entryName(row));
        if (point === undefined) return { text: '–', kind: 'number' as const };
        const mark = fronts[k]?.has(point.name) ? '*' : '';
        const text = html`${axis.text(point.x)}${mark} <small class="under">[${axis.text(point.xLow)}, ${axis.text(point.xHigh)}]</small>`;
        return { text, kind: 'number' as const };
      }),
    ]),
  });
}
