// Alignment against sparsity: each subnetwork's line with its 95 % band, over all traits and trait by trait, with the
// controls that are as sparse.

import type { MetricRow, RunResult } from '../../harness/record/run-record.ts';
import { boundsOf, shareText } from '../format.ts';
import { mainRows, places } from '../rows.ts';
import { type Chart, clipped, draw, LABELS } from './chart.ts';
import { html, type Markup } from './markup.ts';
import { figure, type Part, placed, plainTable } from './parts.ts';
import { legend, type Series } from './series.ts';

interface CurvePoint {
  readonly method: string;
  readonly sparsity: number; // share of the weights removed, %
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export async function sparsityPart(result: RunResult, series: readonly Series[]): Promise<Part | null> {
  const removed = new Map(result.sparsity.map(({ label, value }) => [label, value]));
  const figures: Markup[] = [];
  for (const [k, [model, evaluation]] of places(result).entries()) {
    const all = mainRows(result, model, evaluation);
    const rows = all.filter(({ sparsity }) => sparsity !== null && removed.has(sparsity));
    // A line needs two points: what was measured at one sparsity stands in the first table.
    if (new Set(rows.map(({ sparsity }) => sparsity)).size < 2) continue;
    const place = `${evaluation} on ${model}`;
    const used = series.filter(({ method }) => rows.some((row) => row.method === method));
    // One trait is what all traits are: it is not drawn twice.
    const several = new Set(rows.flatMap(({ trait }) => trait ?? []));
    const traits = several.size > 1 ? several : new Set<string>();
    const drawings: Markup[] = [];
    for (const trait of [null, ...traits]) {
      const points = rows.filter((row) => row.trait === trait).map((row) => pointOf(row, removed));
      drawings.push(await draw(chartOf({ trait, points, series: used, chance: rows[0]?.chance ?? 0.5, place })));
    }
    const drawn = figure(
      drawings,
      'Bands are 95 % intervals; the dashed line is chance; grey crosses and lines are controls at the same sparsity. A single mark was measured at one sparsity only.',
      plainTable(
        `Alignment by sparsity: ${place}`,
        ['method', 'weights removed', 'items', 'alignment [95 %]'],
        rows.map((row) => [row.method, removedText(row, removed), row.trait ?? 'all', shareText(row.alignment)]),
      ),
    );
    figures.push(placed(k, place, html`${legend(used)}${drawn}`));
  }
  if (figures.length === 0) return null;
  return {
    id: 'sparsity',
    title: 'Alignment against sparsity',
    lead: 'Alignment as more of the weights are removed.',
    body: figures,
  };
}

function pointOf({ method, sparsity, alignment }: MetricRow, removed: ReadonlyMap<string, number>): CurvePoint {
  const { value } = alignment;
  const { low, high } = boundsOf(alignment);
  return {
    method,
    sparsity: (removed.get(sparsity ?? '') ?? 0) * 100,
    value: value * 100,
    low: low * 100,
    high: high * 100,
  };
}

function removedText(row: MetricRow, removed: ReadonlyMap<string, number>): string {
  return `${((removed.get(row.sparsity ?? '') ?? 0) * 100).toFixed(0)} % (${row.sparsity})`;
}

interface Lines {
  readonly trait: string | null;
  readonly points: readonly CurvePoint[];
  readonly series: readonly Series[];
  readonly chance: number;
  readonly place: string;
}

function chartOf({ trait, points, series, chance, place }: Lines): Chart {
  const domain = series.map(({ method }) => method);
  const color = {
    field: 'method',
    type: 'nominal',
    scale: { domain, range: series.map((one) => one.color) },
    legend: null,
  };
  const shape = { ...color, scale: { domain, range: series.map((one) => one.shape) } };
  const levels = [...new Set(points.map(({ sparsity }) => sparsity))].sort((a, b) => a - b);
  const x = {
    field: 'sparsity',
    type: 'quantitative',
    title: 'weights removed, %',
    scale: { domain: [Math.max(0, (levels[0] ?? 0) - 10), Math.min(100, (levels.at(-1) ?? 0) + 10)], nice: false },
    axis: { values: levels, grid: false },
  };
  const y = {
    type: 'quantitative',
    scale: { domain: [0, 100] },
    axis: { values: [0, 25, 50, 75, 100], ...LABELS.numbers },
    title: `${clipped(trait ?? 'all traits', 24)}, %`,
  };
  const own = { values: points.filter(({ method }) => series.some((one) => one.method === method && !one.control)) };
  return {
    title: `${trait ?? 'All traits'}: alignment against sparsity, ${place}`,
    description: points
      .map(({ method, sparsity, value }) => `${method} at ${sparsity} %: ${value.toFixed(1)} %`)
      .join('; '),
    left: 'numbers',
    spec: {
      height: 150,
      data: { values: points },
      layer: [
        {
          data: { values: [{ chance: chance * 100 }] },
          mark: { type: 'rule', color: 'var(--soft)', strokeDash: [3, 3] },
          encoding: { y: { ...y, field: 'chance' } },
        },
        {
          data: own,
          mark: { type: 'area', opacity: 0.16 },
          encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' }, color },
        },
        {
          data: own,
          mark: { type: 'rule', opacity: 0.55 },
          encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' }, color },
        },
        { mark: { type: 'line', strokeWidth: 1.5 }, encoding: { x, y: { ...y, field: 'value' }, color } },
        {
          mark: { type: 'point', filled: true, opacity: 1, size: 60 },
          encoding: { x, y: { ...y, field: 'value' }, color, shape },
        },
      ],
    },
  };
}
