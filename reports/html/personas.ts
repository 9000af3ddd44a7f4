// What each persona comes to: alignment under both poles of every trait, answers on scales where there are any, and what a
// persona moves besides its own trait.

import { grouped } from '../../base/grouped.ts';
import type { EvaluationRow, MetricRow, RunResult } from '../../harness/record/run-record.ts';
import { boundsOf, entryName, shareText } from '../format.ts';
import { isMain, places } from '../rows.ts';
import { briefStanding, brokenOf } from '../standing.ts';
import { type Chart, clipped, draw, LABELS } from './chart.ts';
import { html, type Markup } from './markup.ts';
import { figure, type Part, plainTable } from './parts.ts';
import type { Series } from './series.ts';
import { matrices } from './specificity.ts';

/** A figure of one persona on the line of its trait; the pole that the suite names first, or second. */
interface Mark {
  readonly trait: string;
  readonly persona: string;
  readonly pole: 'first' | 'second' | 'none';
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export async function personasPart(result: RunResult, series: readonly Series[]): Promise<Part | null> {
  const body: Markup[] = [];
  for (const [model, evaluation] of places(result)) {
    const place = `${evaluation} on ${model}`;
    const scales = result.evaluationRows.filter(
      (row): row is ScaledRow => row.model === model && row.evaluation === evaluation && row.scale !== null,
    );
    const own =
      scales.length > 0
        ? await scaleFigure(result, scales, place)
        : await shareFigure(result, model, evaluation, place);
    if (own !== null) body.push(html`<h3>${place}</h3>${own}`);
    const specific = result.specificities.filter((row) => row.model === model && row.evaluation === evaluation);
    if (specific.length > 0) body.push(matrices(result, specific, place));
  }
  if (body.length === 0 || series.length === 0) return null;
  return {
    id: 'personas',
    title: 'Personas and traits',
    lead: 'A method that only pushes answers one way does well on one pole and badly on the other. Both are drawn, filled and open.',
    body,
  };
}

async function shareFigure(
  result: RunResult,
  model: string,
  evaluation: string,
  place: string,
): Promise<Markup | null> {
  const rows = result.metrics.filter(
    (row) =>
      row.model === model &&
      row.evaluation === evaluation &&
      row.scope === 'persona' &&
      !row.control &&
      isMain(result, row),
  );
  if (rows.length === 0) return null;
  const poles = polesOf(rows);
  const drawings: Markup[] = [];
  for (const [name, own] of grouped(rows, entryName)) {
    const marks = own.map((row): Mark => {
      const { value } = row.alignment;
      const { low, high } = boundsOf(row.alignment);
      const { trait, persona } = namesOf(row);
      return {
        trait,
        persona,
        pole: poles.get(persona) ?? 'none',
        value: 100 * value,
        low: 100 * low,
        high: 100 * high,
      };
    });
    drawings.push(
      html`<h4>${name}${brokenOf(result, own[0]).length > 0 && ' (broken)'}</h4>${await draw(profile({ title: `${name}: alignment by persona, ${place}`, axis: 'alignment, %', domain: [0, 100], middle: 50, marks }))}`,
    );
  }
  return figure(
    drawings,
    polesText(rows),
    plainTable(
      `Alignment by persona: ${place}`,
      ['method', 'trait', 'persona', 'alignment [95 %]', 'mean p', 'standing'],
      rows.map((row) => [
        entryName(row),
        row.trait ?? '',
        row.persona ?? '',
        shareText(row.alignment),
        row.meanP.toFixed(3),
        briefStanding(result, row),
      ]),
    ),
  );
}

/** A row of answers that lie on a scale. */
type ScaledRow = EvaluationRow & { readonly scale: NonNullable<EvaluationRow['scale']> };

async function scaleFigure(result: RunResult, scales: readonly ScaledRow[], place: string): Promise<Markup | null> {
  const rows = scales.filter(({ trait, scale, control }) => trait !== null && scale.mean !== null && !control);
  if (rows.length === 0) return null;
  const told = polesOf(result.metrics.filter(({ scope }) => scope === 'persona'));
  const drawings: Markup[] = [];
  for (const [name, own] of grouped(rows, entryName)) {
    const { from, to } = own[0]?.scale ?? { from: 0, to: 1 };
    const none = scales.filter((row) => row.persona === null && row.trait !== null && row.scale.to === to);
    const marks = [...own, ...none].map((row): Mark => {
      const value = row.scale.mean ?? 0;
      const error = (1.96 * (row.scale.spread ?? 0)) / Math.sqrt(row.n);
      const pole = row.persona === null ? 'none' : (told.get(row.persona) ?? 'none');
      const within = (bound: number) => Math.min(to, Math.max(from, bound));
      return {
        trait: row.trait ?? '',
        persona: row.persona ?? 'none',
        pole,
        value,
        low: within(value - error),
        high: within(value + error),
      };
    });
    drawings.push(
      html`<h4>${name}</h4>${await draw(profile({ title: `${name}: profile, ${place}`, axis: `mean answer, ${from} to ${to}`, domain: [from, to], middle: (from + to) / 2, marks }))}`,
    );
  }
  const names = [...new Set(rows.flatMap(({ figures }) => Object.keys(figures)))];
  return figure(
    drawings,
    `${polesText(result.metrics)} The bar is the model without a persona. More is the trait’s high pole (minus keys reversed); whiskers are 95 % over statements.`,
    plainTable(
      `Answers on a scale: ${place}`,
      ['method', 'persona', 'trait', 'statements', 'profile', ...names],
      rows.map((row) => [
        entryName(row),
        row.persona ?? 'none',
        row.trait ?? '',
        String(row.n),
        row.scale.mean?.toFixed(2) ?? '–',
        ...names.map((figure) => row.figures[figure]?.toFixed(3) ?? '–'),
      ]),
    ),
  );
}

/** Height of a trait's line, with room for both poles. */
const LINE = 30;
/** Letters of a trait that fit next to its line. */
const LONGEST = 18;

interface Profile {
  readonly title: string;
  readonly axis: string;
  readonly domain: readonly [number, number];
  readonly middle: number;
  readonly marks: readonly Mark[];
}

function profile({ title, axis, domain, middle, marks }: Profile): Chart {
  const poles = { domain: ['first', 'second', 'none'] };
  const x = {
    field: 'value',
    type: 'quantitative',
    title: axis,
    scale: { domain, nice: false },
    axis: { tickCount: 5 },
  };
  const y = {
    field: 'trait',
    type: 'nominal',
    title: null,
    sort: null,
    axis: { grid: false, ...LABELS.traits },
  };
  const yOffset = { field: 'pole', type: 'nominal', sort: ['first', 'none', 'second'], scale: { paddingOuter: 0.5 } };
  const color = {
    field: 'pole',
    type: 'nominal',
    legend: null,
    scale: { ...poles, range: ['var(--plus)', 'var(--minus)', 'var(--null)'] },
  };
  return {
    title,
    description: marks.map(({ trait, persona, value }) => `${trait}, as ${persona}: ${value.toFixed(1)}`).join('; '),
    left: 'traits',
    spec: {
      height: LINE * new Set(marks.map(({ trait }) => trait)).size,
      data: { values: marks.map((mark) => ({ ...mark, trait: clipped(mark.trait, LONGEST) })) },
      layer: [
        {
          data: { values: [{ middle }] },
          mark: { type: 'rule', color: 'var(--soft)', strokeDash: [3, 3] },
          encoding: { x: { ...x, field: 'middle' } },
        },
        {
          mark: { type: 'rule', strokeWidth: 1.5, opacity: 0.5 },
          encoding: { x: { ...x, field: 'low' }, x2: { field: 'high' }, y, yOffset, color },
        },
        {
          mark: { type: 'point', opacity: 1, size: 60, strokeWidth: 1.5 },
          encoding: {
            x,
            y,
            yOffset,
            stroke: color,
            shape: {
              field: 'pole',
              type: 'nominal',
              legend: null,
              scale: { ...poles, range: ['circle', 'diamond', 'stroke'] },
            },
            fill: { ...color, scale: { ...poles, range: ['var(--plus)', 'var(--paper)', 'var(--null)'] } },
          },
        },
      ],
    },
  };
}

function namesOf({ trait, persona }: MetricRow): { readonly trait: string; readonly persona: string } {
  return { trait: trait ?? '', persona: persona ?? '' };
}

/** Of each trait's personas the one that comes first, and the others. */
function polesOf(rows: readonly MetricRow[]): ReadonlyMap<string, Mark['pole']> {
  const first = new Map<string, string>();
  const poles = new Map<string, Mark['pole']>();
  for (const { trait, persona } of rows.map(namesOf)) {
    if (!first.has(trait)) first.set(trait, persona);
    poles.set(persona, first.get(trait) === persona ? 'first' : 'second');
  }
  return poles;
}

function polesText(rows: readonly MetricRow[]): string {
  const poles = polesOf(rows.filter(({ scope }) => scope === 'persona'));
  const named = (pole: Mark['pole']) => [...poles].filter(([, own]) => own === pole).map(([persona]) => persona);
  const open = named('second');
  return `Filled circles: ${named('first').join(', ')}.${open.length === 0 ? '' : ` Open diamonds: ${open.join(', ')}.`}`;
}
