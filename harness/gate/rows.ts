// A run's record and its answers -> the rows that a gate reads; and the reference that a blessed run becomes.

import { digestOf } from '../../base/digest.ts';
import { keyedFor } from '../method/keying.ts';
import { entryName } from '../record/row-name.ts';
import type { ItemRow, MethodPoint, MetricRow, RunResult } from '../record/run-record.ts';
import { softmax } from '../stats/softmax.ts';
import type { Candidate } from './types.ts';
import { type Answer, type GateRow, REFERENCE_VERSION, type Reference, type Rules } from './types.ts';
import { narrowedBy } from './weaker.ts';

interface RowGroup {
  readonly model: string;
  readonly evaluation: string;
}

/** Rows by name, with their evaluation and their model where a side has several. */
export function titlesOf(...sides: readonly (readonly RowGroup[])[]): (name: string, place: RowGroup) => string {
  const several = (field: keyof RowGroup) => sides.some((side) => new Set(side.map((one) => one[field])).size > 1);
  const shown = (['evaluation', 'model'] as const).filter(several);
  return (name, place) => [name, ...shown.map((field) => place[field])].join(', ');
}

/** As much of a digest as tells the cells and the items of a suite apart. */
function shortId(digest: string): string {
  return digest.slice(0, 16);
}

/** Digest of what was asked: the question, its options, and which of them is the persona's. */
export function contentOf({ question, options }: Pick<ItemRow, 'question' | 'options'>): string {
  return shortId(digestOf({ question, options: options.map(({ text, aligned }) => ({ text, aligned })) }));
}

type Row = Pick<MetricRow, 'model' | 'evaluation' | 'method' | 'sparsity' | 'trait'>;
type KeyedAnswer = Pick<Answer, 'persona' | 'aligned' | 'p'>;

/** What one side of a comparison knows about its answers. */
export type KeyedBy = Pick<RunResult, 'metrics' | 'evaluations' | 'personas'>;

/**
 * An answer as the run's metrics count it: for the persona that was stated; without one for each of those that the metrics
 * judge the row for, and what one pole of a trait gains its opposite loses (`keyedFor`).
 */
export function keyedAnswers({ metrics, evaluations, personas }: KeyedBy): (row: ItemRow) => readonly KeyedAnswer[] {
  const unpaired = new Set(evaluations.filter(({ poles }) => poles === 'own').map(({ id }) => id));
  const keyOf = ({ model, evaluation, method, sparsity, trait }: Row) =>
    JSON.stringify([model, evaluation, method, sparsity, trait]);
  const judged = new Map<string, Set<string>>();
  for (const row of metrics) {
    if (row.persona === null) continue;
    const key = keyOf(row);
    judged.set(key, (judged.get(key) ?? new Set()).add(row.persona));
  }
  return (row) => {
    const { persona, itemPersona, aligned, p, evaluation, trait } = row;
    if (persona !== null) return [{ persona, aligned, p }];
    const among = judged.get(keyOf(row));
    if (among === undefined) return [{ persona: itemPersona, aligned, p }];
    const item = { persona: itemPersona, trait, ...(unpaired.has(evaluation) && { unpaired: true as const }) };
    const counted = keyedFor(
      item,
      null,
      personas.filter(({ id }) => among.has(id)),
    );
    return counted.map(({ persona: { id }, keyed }) =>
      keyed === 1 ? { persona: id, aligned, p } : { persona: id, aligned: 1 - aligned, p: 1 - p },
    );
  };
}

/** Rows of the methods that `wanted` accepts by their name, in the order of the run. */
export function gateRows(
  result: RunResult,
  items: Iterable<ItemRow>,
  wanted: (method: string, name: string) => boolean,
): readonly GateRow[] {
  const answers = new Map<string, Answer[]>();
  const graded = new Set(result.evaluations.filter((one) => one.graded).map(({ id }) => id));
  const judge = keyedAnswers(result);
  const keyOf = (row: Pick<ItemRow, 'model' | 'evaluation' | 'method' | 'sparsity'>): string =>
    JSON.stringify([row.model, row.evaluation, row.method, row.sparsity]);
  for (const row of items) {
    // Items of other traits say what else a method moves, not how it holds its persona.
    if (row.keyed === 0 || !wanted(row.method, entryName(row))) continue;
    const { item, group, question, trait, wording, seed } = row;
    const gap = graded.has(row.evaluation) ? null : gapOf(row);
    const asked = { item, question, ...(group !== undefined && { group }) };
    const place = { ...asked, trait, wording, seed, cell: shortId(row.cell) };
    const content = contentOf(row);
    const key = keyOf(row);
    const known = answers.get(key) ?? [];
    answers.set(key, known);
    known.push(...judge(row).map((judged) => ({ ...place, ...judged, gap, content })));
  }
  return [...answers].map(([key, own]) => {
    const [model, evaluation, method, sparsity] = JSON.parse(key) as [string, string, string, string | null];
    const at = { model, evaluation, method, sparsity };
    const cells = result.cells.filter((cell) => keyOf(cell) === key && cell.split === 'evaluation');
    const lookOf = new Map(cells.map(({ id, look }) => [shortId(id), look]));
    const placeOf = ({ cell }: Answer): number => lookOf.get(cell) ?? 1;
    return {
      name: entryName(at),
      model,
      evaluation,
      // In the order in which they are asked: by look, whatever persona is asked first.
      answers: own.sort((a, b) => placeOf(a) - placeOf(b)),
      divergence: result.taxes.find((one) => keyOf(one) === key)?.divergence ?? null,
      broken: brokenOf(result, at),
      // Of the first look alone: how many more were asked is no counter of the model's.
      counters: cells.reduce<Record<string, number>>((sums, { counters, look }) => {
        if (look > 1) return sums;
        for (const [name, value] of Object.entries(counters ?? {})) sums[name] = (sums[name] ?? 0) + value;
        return sums;
      }, {}),
    };
  });
}

/** Of each option, averaged over the orders. */
export function sharesOf({ options, orders }: Pick<ItemRow, 'options' | 'orders'>): readonly number[] {
  const byOrder = orders.map(({ scores }) => softmax(scores));
  return options.map((_, k) => byOrder.reduce((sum, p) => sum + (p[k] ?? 0), 0) / byOrder.length);
}

/** From the persona's option to the likeliest other one, in probability averaged over the orders. */
function gapOf(row: ItemRow): number {
  const mean = sharesOf(row);
  const target = row.options.findIndex(({ aligned }) => aligned);
  return Math.abs((mean[target] ?? 0) - Math.max(...mean.filter((_, k) => k !== target)));
}

export function candidateOf(result: RunResult, rows: readonly GateRow[]): Candidate {
  const { device, evaluations, latency, cells, provenance } = result;
  const timed = latency.map((row) => ({
    name: entryName(row),
    model: row.model,
    job: row.job,
    rounds: row.rounds,
    fromStore: row.fromStore,
  }));
  const { kernels, command } = provenance;
  const stored = new Set(cells.filter(({ status }) => status === 'stored').map(({ id }) => shortId(id)));
  const of = { deviceClass: device.deviceClass, kernels, complete: isComplete(result), narrowed: narrowedBy(command) };
  return { ...of, stored, evaluations, rows, timed };
}

/** Whether every cell of the plan was answered. */
export function isComplete({ exitCode, cells }: Pick<RunResult, 'exitCode' | 'cells'>): boolean {
  return exitCode === 0 && cells.every(({ status }) => status !== 'errored');
}

/** What a blessed run keeps. Throws nothing: an incomplete run is refused by its caller. */
export function referenceOf(result: RunResult, rows: readonly GateRow[], rules: Rules): Reference {
  const { deviceClass, testbed } = result.device;
  return {
    version: REFERENCE_VERSION,
    suite: result.suite,
    run: result.id,
    at: result.startedAt,
    deviceClass,
    kernels: result.provenance.kernels,
    testbed,
    evaluations: result.evaluations.map(({ id, kind, scorer, settings }) => ({ id, kind, scorer, settings })),
    rules,
    narrowed: narrowedBy(result.provenance.command),
    rows,
  };
}

function brokenOf({ broken }: RunResult, row: Pick<MethodPoint, 'model' | 'method' | 'sparsity'>): readonly string[] {
  const found = broken.find(
    (one) =>
      one.persona === null && one.model === row.model && one.method === row.method && one.sparsity === row.sparsity,
  );
  return found?.why ?? [];
}
