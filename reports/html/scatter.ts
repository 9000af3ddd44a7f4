// One drawing of alignment against a cost: a mark per method and sparsity with whiskers both ways, and the Pareto front.

import { type Chart, clipped, LABELS } from './chart.ts';
import type { Series } from './series.ts';

export interface CostPoint {
  readonly name: string;
  readonly method: string;
  readonly x: number;
  readonly xLow: number;
  readonly xHigh: number;
  readonly y: number; // alignment, %
  readonly yLow: number;
  readonly yHigh: number;
}

export interface Scatter {
  readonly title: string;
  readonly unit: string;
  readonly place: string;
  readonly root: boolean;
  readonly points: readonly CostPoint[];
  readonly series: readonly Series[];
}

/** Points than which none is both cheaper and better, or one of the two and equal in the other; the cheapest first. */
export function frontOf(points: readonly CostPoint[]): readonly CostPoint[] {
  const front: CostPoint[] = [];
  for (const point of [...points].sort((a, b) => a.x - b.x || b.y - a.y)) {
    if (point.y > (front.at(-1)?.y ?? -1)) front.push(point);
  }
  return front;
}

export function scatter({ title, unit, place, root, points, series }: Scatter): Chart {
  const methods = series.map(({ method }) => method);
  const scale = (range: readonly string[]) => ({ domain: methods, range });
  const color = { field: 'method', type: 'nominal', scale: scale(series.map((one) => one.color)), legend: null };
  const shape = { ...color, scale: scale(series.map((one) => one.shape)) };
  const least = Math.min(...points.map(({ xLow }) => xLow));
  const most = Math.max(...points.map(({ xHigh }) => xHigh));
  const front = frontOf(points);
  // The line goes on to the edge: more cost does not take away what is reached.
  const step = front.length === 0 ? [] : [...front, { ...(front.at(-1) as CostPoint), x: most }];
  const x = {
    field: 'x',
    type: 'quantitative',
    title: `${title}, ${unit}${root ? ' (square-root scale)' : ''}`,
    scale: root ? { type: 'sqrt', domainMin: 0 } : { zero: false, padding: 12 },
    axis: { grid: false, tickCount: 4 },
  };
  const y = {
    field: 'y',
    type: 'quantitative',
    title: 'alignment, %',
    scale: { domain: [0, 100] },
    axis: { values: [0, 25, 50, 75, 100], ...LABELS.numbers },
  };
  const along = ({ x: cost }: CostPoint) =>
    root ? Math.sqrt(cost / (most || 1)) : (cost - least) / (most - least || 1);
  const named = withRoom(front, along);
  const labels = (['left', 'right'] as const).flatMap((align) => {
    const values = named
      .filter((point) => along(point) > 0.55 === (align === 'right'))
      .map((point) => ({ ...point, name: clipped(point.name, 26) }));
    const mark = { type: 'text', align, dx: align === 'left' ? 7 : -7, dy: -9, fontSize: 11 };
    const encoding = { x, y, text: { field: 'name' } };
    // Letters stand on paper, not on lines.
    const halo = { ...mark, color: 'var(--paper)', stroke: 'var(--paper)', strokeWidth: 4, strokeJoin: 'round' };
    return [halo, { ...mark, color: 'var(--ink)' }].map((drawn) => ({ data: { values }, mark: drawn, encoding }));
  });
  return {
    title: `${title} against alignment, ${place}`,
    description: `Pareto front, the cheapest first: ${front.map(({ name, x: cost, y: reached }) => `${name} (${cost.toPrecision(3)} ${unit}, ${reached.toFixed(1)} %)`).join('; ')}.`,
    left: 'numbers',
    spec: {
      height: 190,
      data: { values: points },
      layer: [
        {
          data: { values: step },
          mark: { type: 'line', interpolate: 'step-after', color: 'var(--soft)', strokeWidth: 1, strokeDash: [4, 3] },
          encoding: { x, y },
        },
        {
          mark: { type: 'rule', opacity: 0.45 },
          encoding: { x, y: { ...y, field: 'yLow' }, y2: { field: 'yHigh' }, color },
        },
        {
          mark: { type: 'rule', opacity: 0.45 },
          encoding: { x: { ...x, field: 'xLow' }, x2: { field: 'xHigh' }, y, color },
        },
        { mark: { type: 'point', filled: true, opacity: 1, size: 75 }, encoding: { x, y, color, shape } },
        ...labels,
      ],
    },
  };
}

/** Names that keep off each other: from the best down, each that has a line of its own or is far enough along. */
function withRoom(front: readonly CostPoint[], along: (point: CostPoint) => number): readonly CostPoint[] {
  const kept: CostPoint[] = [];
  for (const point of [...front].reverse()) {
    const near = kept.some((other) => Math.abs(other.y - point.y) < 8 && Math.abs(along(other) - along(point)) < 0.5);
    if (!near) kept.push(point);
  }
  return kept;
}
