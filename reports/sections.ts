// The tables of a report as plain text cells, so that terminal and Markdown say the same.

import { counted } from '../base/words.ts';
import type { AnswererRow, MetricRow, RunResult } from '../harness/record/run-record.ts';
import { entryName, percent, shareText } from './format.ts';
import { isMain, isMaskControl, mainRows, places } from './rows.ts';
import { briefStanding } from './standing.ts';

export interface Section {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly below: readonly string[]; // lines under the table
}

/** Alignment of every method in full, pooled and per trait, one section per model and evaluation. */
export function alignmentSections(result: RunResult): readonly Section[] {
  return places(result).map(([model, evaluation]) => {
    const all = mainRows(result, model, evaluation);
    // Controls of masks say little by trait; the table by persona has each.
    const rows = all.filter((row) => row.scope === 'pooled' || !isMaskControl(result, row));
    return {
      title: `Alignment: ${model}, evaluation ${evaluation}`,
      head: ['method', 'items', 'n', 'alignment [95 %]', 'by order', 'standing'],
      rows: rows.map((row) => [
        entryName(row),
        row.trait ?? 'all',
        String(row.alignment.n),
        shareText(row.alignment),
        row.orders.map(({ value }) => percent(value)).join(' / '),
        briefStanding(result, row),
      ]),
      below: [],
    };
  });
}

/** Alignment per persona, and per wording where a method has several. */
export function detailSections(result: RunResult): readonly Section[] {
  return places(result).flatMap(([model, evaluation]) => {
    const here = result.metrics.filter((row) => row.model === model && row.evaluation === evaluation);
    const personas = here.filter((row) => row.scope === 'persona' && isMain(result, row));
    const wordings = here.filter((row) => row.scope === 'pooled' && row.wording !== null && !isMain(result, row));
    const section = (title: string, column: string, rows: readonly MetricRow[], name: (row: MetricRow) => string) => ({
      title: `${title}: ${model}, evaluation ${evaluation}`,
      head: ['method', column, 'n', 'alignment [95 %]', 'by order', 'mean p'],
      rows: rows.map((row) => [
        entryName(row),
        name(row),
        String(row.alignment.n),
        shareText(row.alignment),
        row.orders.map(({ value }) => percent(value)).join(' / '),
        row.meanP.toFixed(3),
      ]),
      below: [],
    });
    const byPersona = section('By persona', 'persona', personas, (row) => row.persona ?? '');
    const sections: Section[] = [
      {
        ...byPersona,
        head: [...byPersona.head, 'best without a model', 'standing'],
        rows: byPersona.rows.map((cells, k) => {
          const row = personas[k] as MetricRow;
          return [...cells, bestAnswerer(result, row), briefStanding(result, row)];
        }),
      },
    ];
    if (wordings.length > 0) sections.push(section('By wording', 'wording', wordings, (row) => row.wording ?? ''));
    return sections;
  });
}

/** The answerer without a model that does best by one persona: over both poles all but `overlap` come to 50 %. */
function bestAnswerer(result: RunResult, { evaluation, persona }: MetricRow): string {
  const rows = result.answerers.filter((row) => row.evaluation === evaluation && row.persona === persona);
  if (rows.length === 0) return '–';
  const best = rows.reduce((a, b) => (b.alignment.value > a.alignment.value ? b : a));
  return `"${best.answerer}" ${percent(best.alignment.value)} %`;
}

/** Cells that failed. */
export function errorSection(result: RunResult): Section | null {
  const failed = result.cells.filter(({ status }) => status === 'errored');
  if (failed.length === 0) return null;
  return {
    title: `Failed: ${failed.length} of ${result.cells.length} cells`,
    head: ['cell', 'code', 'message'],
    rows: failed.map(({ model, evaluation, method, persona, wording, error }) => [
      [model, evaluation, method, persona, wording].filter((part) => part !== null).join(' / '),
      error?.code ?? '',
      error?.message ?? '',
    ]),
    below: [...new Set(failed.flatMap(({ error }) => error?.hint ?? []))],
  };
}

/** Rows of a run that was stopped which are named as not finished. */
const MOST_UNFINISHED = 8;

/** Of a run that was stopped: what its figures are of, first of all that is said; nothing of a whole run. */
export function partialLine({ partial }: RunResult): readonly string[] {
  if (partial === undefined) return [];
  const { cells, reached, unfinished } = partial;
  const stopped = `PARTIAL: the run was stopped after ${reached} of ${counted(cells, 'cell')}`;
  if (unfinished.length === 0) return [`${stopped}, before all times were measured.`];
  const named = unfinished.slice(0, MOST_UNFINISHED).map((row) => `${entryName(row)} (${row.reached}/${row.cells})`);
  const more = unfinished.length - named.length;
  return [
    `${stopped}. Figures are of the methods that were finished. Not finished: ${named.join(', ')}${more > 0 ? `, and ${more} more` : ''}. ` +
      'The same command continues from what is stored.',
  ];
}

/** "16 cells: 0 from the store, 14 computed, 2 shared with another cell, 0 failed; 2.1 s" */
export function cellsLine(result: RunResult): string {
  // Cells that ask the same have one id, and are computed once: the second of them is read back within the run.
  const first = new Map<string, number>();
  for (const [k, { id }] of result.cells.entries()) if (!first.has(id)) first.set(id, k);
  const shared = result.cells.filter(({ id, status }, k) => status === 'stored' && first.get(id) !== k).length;
  const count = (status: string) => result.cells.filter((cell) => cell.status === status).length;
  const seconds = (result.elapsedMs / 1000).toFixed(1);
  return `${counted(result.cells.length, 'cell')}: ${count('stored') - shared} from the store, ${count('computed')} computed${shared === 0 ? '' : `, ${shared} shared with another cell`}, ${count('errored')} failed; ${seconds} s`;
}

/** "big-five on SwiftShader Device (software device)" */
export function titleLine(result: RunResult): string {
  return `${result.suite} on ${result.device.name}${result.device.software ? ' (software device)' : ''}`;
}

export function chanceText(rows: readonly MetricRow[]): string {
  const chances = rows.map(({ chance }) => chance);
  const low = Math.min(...chances);
  const high = Math.max(...chances);
  return low === high ? `chance ${percent(low)} %` : `chance ${percent(low)} to ${percent(high)} %`;
}

/** Where both poles of every trait are asked the same items, one answer serves one pole and fails the other. */
export function balanceLine(result: RunResult, model: string, evaluation: string): readonly string[] {
  const blind = new Set(
    result.cells
      .filter((cell) => cell.model === model && cell.evaluation === evaluation && cell.persona === null)
      .map(entryName),
  );
  const traits = mainRows(result, model, evaluation).filter(
    (row) => row.scope === 'trait' && blind.has(entryName(row)),
  );
  if (traits.length === 0 || traits.some(({ alignment }) => Math.abs(alignment.value - 0.5) > 1e-9)) return [];
  const give = blind.size === 1 ? 'gives' : 'give';
  return [
    `${[...blind].join(', ')} ${give} both poles of a trait one answer: 50 % over both. The table by persona in report.md has each.`,
  ];
}

/** What needs no model, the best first: each figure of a method stands next to what could explain it. */
export function answerersLine(result: RunResult, evaluation: string): readonly string[] {
  const rows = pooledAnswerers(result, evaluation);
  if (rows.length === 0) return [];
  const parts = rows
    .filter((row) => !isFixed(row))
    .sort((a, b) => b.alignment.value - a.alignment.value)
    .map(({ answerer, alignment }) => `"${answerer}" ${shareText(alignment)}`);
  const all = [...parts, ...constantText(rows)];
  return [`Without a model (n ${rows[0]?.alignment.n ?? 0}): ${all.join(', ')}.`];
}

/** Of the answerers only those that give both poles one answer: the others are rows of the table. */
export function constantLine(result: RunResult, evaluation: string): readonly string[] {
  return constantText(pooledAnswerers(result, evaluation)).map((text) => `Without a model: ${text}.`);
}

function constantText(rows: readonly AnswererRow[]): readonly string[] {
  const fixed = rows.filter(isFixed);
  if (fixed.length === 0) return [];
  const names = fixed.map(({ answerer }) => `"${answerer}"`).join(', ');
  return [`${percent(fixed[0]?.alignment.value ?? 0)} % by construction: ${names}`];
}

function pooledAnswerers(result: RunResult, evaluation: string): readonly AnswererRow[] {
  return result.answerers.filter((row) => row.evaluation === evaluation && row.scope === 'pooled');
}

const isFixed = ({ alignment }: AnswererRow): boolean => alignment.low === null;
