// A run's record and its answers -> the rows that a gate reads; and the reference that a blessed run becomes.

import { digestOf } from '../plan/canonical.ts';
import type { ItemRow, RunResult } from '../plan/result.ts';
import { softmax } from '../stats/softmax.ts';
import type { Candidate } from './rules.ts';
import { type Answer, type GateRow, REFERENCE_VERSION, type Reference } from './types.ts';

/** "contrastive at middle". */
export function nameOf({ method, sparsity }: { readonly method: string; readonly sparsity: string | null }): string {
  return sparsity === null ? method : `${method} at ${sparsity}`;
}

/** Digest of what was asked: the question and its options. */
export function contentOf({ question, options }: Pick<ItemRow, 'question' | 'options'>): string {
  return digestOf({ question, options: options.map(({ text }) => text) }).slice(0, 16);
}

/** Rows of the methods that `wanted` accepts by their name, in the order of the run. */
export function gateRows(
  result: RunResult,
  items: Iterable<ItemRow>,
  wanted: (method: string, name: string) => boolean,
): readonly GateRow[] {
  const answers = new Map<string, Answer[]>();
  const kinds = new Map(result.evaluations.map(({ id, kind }) => [id, kind]));
  const keyOf = (row: Pick<ItemRow, 'model' | 'evaluation' | 'method' | 'sparsity'>): string =>
    JSON.stringify([row.model, row.evaluation, row.method, row.sparsity]);
  for (const row of items) {
    // Items of other traits say what else a method moves, not how it holds its persona.
    if (row.keyed === 0 || !wanted(row.method, nameOf(row))) continue;
    const { item, group, trait, persona, wording, seed, aligned, p, options, cell } = row;
    const content = contentOf(row);
    const kind = kinds.get(row.evaluation);
    const gap = kind === 'likert' ? null : gapOf(row);
    const told = persona ?? row.itemPersona;
    const answer = {
      item,
      ...(group !== undefined && { group }),
      trait,
      persona: told,
      wording,
      seed,
      aligned,
      p,
      gap,
      content,
      cell,
    };
    const key = keyOf(row);
    const known = answers.get(key) ?? [];
    answers.set(key, known);
    known.push(answer);
    // A network that knows no persona answers for both poles: what one gains the other loses.
    if (persona === null && (kind === 'likert' || (kind === 'choice' && options.length === 2)))
      known.push({ ...answer, persona: `not ${row.itemPersona}`, aligned: 1 - aligned, p: 1 - p });
  }
  return [...answers].map(([key, own]) => {
    const [model, evaluation, method, sparsity] = JSON.parse(key) as [string, string, string, string | null];
    const at = { model, evaluation, method, sparsity };
    const cells = result.cells.filter((cell) => keyOf(cell) === key && cell.part === 'evaluation');
    return {
      name: nameOf(at),
      model,
      evaluation,
      answers: own,
      perplexity: result.perplexities.find((one) => keyOf(one) === key)?.relative ?? null,
      counters: cells.reduce<Record<string, number>>((sums, { counters }) => {
        for (const [name, value] of Object.entries(counters ?? {})) sums[name] = (sums[name] ?? 0) + value;
        return sums;
      }, {}),
    };
  });
}

/** From the persona's option to the likeliest other one, in probability averaged over the orders. */
function gapOf({ options, orders }: ItemRow): number {
  const byOrder = orders.map(({ scores }) => softmax(scores));
  const mean = options.map((_, k) => byOrder.reduce((sum, p) => sum + (p[k] ?? 0), 0) / byOrder.length);
  const target = options.findIndex(({ aligned }) => aligned);
  return Math.abs((mean[target] ?? 0) - Math.max(...mean.filter((_, k) => k !== target)));
}

export function candidateOf(result: RunResult, rows: readonly GateRow[]): Candidate {
  const { device, evaluations, exitCode, latency } = result;
  const timed = latency.map((row) => ({
    name: nameOf(row),
    model: row.model,
    job: row.job,
    rounds: row.rounds,
    fromStore: row.fromStore,
  }));
  const { kernels } = result.provenance;
  return { deviceClass: device.deviceClass, kernels, complete: exitCode === 0, evaluations, rows, timed };
}

/** What a blessed run keeps. Throws nothing: an incomplete run is refused by its caller. */
export function referenceOf(result: RunResult, rows: readonly GateRow[]): Reference {
  const { deviceClass, testbed } = result.device;
  return {
    version: REFERENCE_VERSION,
    suite: result.suite,
    run: result.id,
    at: result.startedAt,
    deviceClass,
    kernels: result.provenance.kernels,
    testbed,
    evaluations: result.evaluations,
    rows,
  };
}
