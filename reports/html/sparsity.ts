// Alignment against sparsity: each subnetwork's line with its 95 % band, over all traits and trait by trait, beside the
// nulls that are as sparse.

import type { MetricRow, RunResult } from '../../harness/plan/result.ts';
import { shareText } from '../format.ts';
import { mainRows, places } from '../verdict.ts';
import { type Chart, draw } from './chart.ts';
import { html, type Markup } from './markup.ts';
import { figure, type Part, plainTable } from './parts.ts';
import { legend, type Series } from './series.ts';

interface Point {
  readonly method: string;
  readonly sparsity: number | string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export async function sparsityPart(result: RunResult, series: readonly Series[]): Promise<Part | null> {
  const removed = new Map(result.sparsity.map(({ label, value }) => [label, value]));
  const figures: Markup[] = [];
  for (const [model, evaluation] of places(result)) {
    const all = mainRows(result, model, evaluation);
    const rows = all.filter(({ sparsity }) => sparsity !== null && removed.has(sparsity));
    if (rows.length === 0) continue;
    const none = all.filter(({ sparsity, control }) => sparsity === null && control);
    const scopes = [null, ...new Set(rows.flatMap(({ trait }) => trait ?? []))];
    const used = series.filter(({ method }) => rows.some((row) => row.method === method));
    const drawings: Markup[] = [];
    for (const trait of scopes) {
      const own = rows.filter((row) => row.trait === trait).map((row) => pointOf(row, removed));
      const chance = none.find((row) => row.trait === trait)?.chance ?? rows[0]?.chance ?? 0.5;
      drawings.push(await draw(chartOf(trait, own, used, chance, `${evaluation} on ${model}`)));
    }
    figures.push(
      html`<h3>${evaluation} on ${model}</h3>${legend(used)}${figure(
        drawings,
        'Bands are 95 % intervals; the dashed line is chance. A single mark was measured at one sparsity only.',
        plainTable(
          `Alignment by sparsity: ${evaluation} on ${model}`,
          ['method', 'weights removed', 'items', 'alignment [95 %]'],
          rows.map((row) => [row.method, removedText(row, removed), row.trait ?? 'all', shareText(row.alignment)]),
        ),
      )}`,
    );
  }
  if (figures.length === 0) return null;
  return {
    id: 'sparsity',
    title: 'Alignment against sparsity',
    lead: 'How much of the persona is left, or brought out, as more of the weights are removed; grey crosses are the nulls at the same sparsity.',
    body: figures,
  };
}

function pointOf({ method, sparsity, alignment }: MetricRow, removed: ReadonlyMap<string, number>): Point {
  const { value, low, high } = alignment;
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

function chartOf(
  trait: string | null,
  points: readonly Point[],
  series: readonly Series[],
  chance: number,
  place: string,
): Chart {
  const methods = series.map(({ method }) => method);
  const color = {
    field: 'method',
    type: 'nominal',
    scale: { domain: methods, range: series.map((one) => one.color) },
    legend: null,
  } as const;
  const shape = { ...color, scale: { domain: methods, range: series.map((one) => one.shape) } } as const;
  const levels = [...new Set(points.map(({ sparsity }) => Number(sparsity)))];
  const x = {
    field: 'sparsity',
    type: 'quantitative',
    title: 'weights removed, %',
    scale: { domain: [0, 100], nice: false },
    axis: { values: levels, grid: false },
  } as const;
  const y = { type: 'quantitative', scale: { domain: [0, 100] }, axis: { values: [0, 25, 50, 75, 100] } } as const;
  return {
    title: `${trait ?? 'All traits'}: alignment against sparsity, ${place}`,
    description: points
      .map(({ method, sparsity, value }) => `${method} at ${sparsity} %: ${value.toFixed(1)} %`)
      .join('; '),
    spec: {
      height: 190,
      data: { values: points.map((point) => ({ ...point })) },
      layer: [
        {
          data: { values: [{ chance: chance * 100 }] },
          mark: { type: 'rule', color: 'var(--soft)', strokeDash: [3, 3] },
          encoding: { y: { ...y, field: 'chance' } },
        },
        {
          mark: { type: 'area', opacity: 0.14 },
          encoding: { x, y: { ...y, field: 'low', title: trait ?? 'all traits' }, y2: { field: 'high' }, color },
        },
        {
          mark: { type: 'rule', opacity: 0.5, strokeWidth: 1.5 },
          encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' }, color },
        },
        { mark: { type: 'line', strokeWidth: 2 }, encoding: { x, y: { ...y, field: 'value' }, color } },
        {
          mark: { type: 'point', filled: true, opacity: 1, size: 70 },
          encoding: { x, y: { ...y, field: 'value' }, color, shape },
        },
      ],
    },
  };
}
