// The record of a run from what the runner gave: run.json, and the expanded rows of items.jsonl.

import { performance } from 'node:perf_hooks';
import { digestOf } from '../../base/digest.ts';
import type { Suite } from '../config/resolved.ts';
import { type EvaluationRegistry, kindOf } from '../method/evaluation-kind.ts';
import { keyingOf } from '../method/keying.ts';
import type { Cell, CellResult } from '../plan/cell.ts';
import { evaluationRecord } from '../plan/identity.ts';
import type { PartialRun } from '../record/partial.ts';
import {
  type AtlasRow,
  type CellRow,
  type DeviceInfo,
  type ItemRow,
  type LatencyRow,
  type Profile,
  type Provenance,
  RUN_VERSION,
  type RunResult,
} from '../record/run-record.ts';
import { keyedOutcomes, targetOf } from '../score/index.ts';
import { agreementRows } from './agreement.ts';
import { answererSides } from './answerers.ts';
import { compare, type Opponents } from './comparisons.ts';
import { costRows } from './costs.ts';
import { brokenBy, brokenRows, spokenRows } from './fluency.ts';
import { kindRows, kindSections } from './kind-rows.ts';
import { joinedCells, joinedResults, lookNotes, lookRows } from './looks.ts';
import { type Answered, answererRows, metricRows } from './metrics.ts';
import { headlineRows, tuningRows } from './networks.ts';
import { opponents } from './opponents.ts';
import { specificityRows } from './specificity.ts';
import { divergenceOf, taxRows } from './taxes.ts';

/** Exit code of a run that was stopped. */
const STOPPED = 130;

export interface RunParts {
  readonly suite: Suite;
  readonly kinds: EvaluationRegistry;
  readonly plan: readonly Cell[];
  readonly spared?: ReadonlySet<Cell>; // cells of the plan that the gate made needless
  readonly results: readonly CellResult[];
  readonly provenance: Provenance;
  readonly device: DeviceInfo;
  readonly latency: readonly LatencyRow[];
  readonly atlas: readonly AtlasRow[];
  readonly profile: Profile | null;
  readonly notes: readonly string[]; // beyond the suite's
  readonly partial?: PartialRun; // of a run that was stopped; `results` are of its finished rows
  readonly startedAt: Date;
  readonly startMs: number; // performance.now() at the start
}

/** The whole record. The exit code is 130 where the run was stopped, 3 where a cell errored or was not reached, else 0. */
export function runResult(given: RunParts): RunResult {
  const { plan: whole, spared = new Set() } = given;
  const asked = whole.filter((cell) => !spared.has(cell));
  const parts = { ...given, plan: joinedCells(asked), results: joinedResults(asked, given.results) };
  const { suite, kinds, results, startedAt } = parts;
  const answered = answeredOf(results);
  const complete = answered.length === parts.plan.length;
  const cells = given.results.map((result) => cellRow(suite, result));
  const reached = new Set(given.results.map(({ cell }) => cell));
  const looks = lookRows(whole, new Set(asked));
  const { partial } = parts;
  const left = partial === undefined ? asked.filter((cell) => !reached.has(cell)).length : 0;
  const device = parts.device.software
    ? [`Computed on ${parts.device.name}, a software device: its timings say nothing about a GPU.`]
    : [];
  const dense = suite.methods.find(({ method }) => method === 'none')?.id ?? null;
  const tuning = tuningRows(suite.personas, answered);
  const graded = new Set(suite.evaluations.filter((one) => kindOf(kinds, one).graded).map(({ id }) => id));
  const compared = { personas: suite.personas, plan: parts.plan, answered, graded };
  const answerers = answererSides(suite, kinds, parts.plan);
  const metrics = metricRows(suite, answered);
  const evaluationRows = kindRows(suite, kinds, answered);
  // Texts are no answers: nothing is chosen there.
  const choosing = answered.filter(({ cell }) => kindOf(kinds, cell.evaluation).answer !== undefined);
  const { comparisons, verdicts, notes } = compare({ ...compared, against: opponents(suite, dense), answerers });
  const brokenOf = brokenBy(results, suite.personas, dense);
  return {
    version: RUN_VERSION,
    id: digestOf({ keys: cells.map(({ key }) => key), at: startedAt.toISOString(), pid: process.pid }),
    suite: suite.name,
    startedAt: startedAt.toISOString(),
    elapsedMs: performance.now() - parts.startMs,
    notes: [
      ...suite.notes,
      ...device,
      ...parts.notes,
      ...lookNotes(looks),
      ...notes,
      ...(left > 0 ? [`${left} cells of the plan were not reached.`] : []),
    ],
    provenance: parts.provenance,
    device: parts.device,
    personas: suite.personas.map(({ id, trait, pole, opposite }) => ({ id, trait, pole, opposite })),
    evaluations: suite.evaluations.map((evaluation) => evaluationRecord(evaluation, kinds)),
    sparsity: suite.sparsity.map(({ label, value }) => ({ label, value })),
    cells,
    metrics,
    answerers: answererRows(suite, kinds, answered),
    comparisons,
    verdicts: verdicts.map((row) => ({ ...row, broken: brokenOf(row) })),
    differences: dense === null ? [] : compare({ ...compared, against: beside(suite, dense) }).comparisons,
    costs: costRows(results),
    agreements: dense === null ? [] : agreementRows(choosing, dense),
    evaluationRows,
    sections: kindSections(suite, kinds, evaluationRows, metrics),
    specificities: dense === null ? [] : specificityRows(suite, answered, dense),
    atlas: parts.atlas,
    taxes: taxRows(results),
    spoken: spokenRows(results),
    broken: brokenRows(results, brokenOf),
    tuning,
    headlines: headlineRows(tuning),
    latency: parts.latency,
    profile: parts.profile,
    gate: suite.gate,
    looks,
    ...(partial !== undefined && { partial }),
    exitCode: partial !== undefined ? STOPPED : complete ? 0 : 3,
  };
}

/** Every entry but the one that states no persona, compared with that one. */
function beside({ methods }: Suite, dense: string): ReadonlyMap<string, Opponents> {
  const others = methods.filter(({ id }) => id !== dense);
  return new Map(others.map(({ id }) => [id, { entries: [{ kind: 'dense', id: dense }], drawn: false }]));
}

/** One row per cell and item, in the order of the plan; equal runs give equal rows, whatever came from the store. */
export function* itemRows(suite: Suite, results: readonly CellResult[]): Generator<ItemRow> {
  for (const { cell, outcomes } of answeredOf(results)) {
    if (cell.split === 'tuning') continue;
    const persona = suite.personas.find(({ id }) => id === cell.persona) ?? null;
    for (const [i, item] of cell.items.entries()) {
      const outcome = outcomes[i];
      if (outcome === undefined) continue;
      const keyed = persona === null ? 1 : keyingOf(item, persona);
      const asked = keyed === 0 ? item.persona : (persona?.id ?? item.persona);
      const [judged] = keyedOutcomes([outcome], [item], asked);
      const target = targetOf(item, asked);
      yield {
        cell: cell.id,
        model: cell.model,
        evaluation: cell.evaluation.id,
        method: cell.method,
        persona: cell.persona,
        wording: cell.wording,
        sparsity: cell.sparsity,
        seed: cell.seed,
        item: item.id,
        ...(item.group !== undefined && { group: item.group }),
        itemPersona: item.persona,
        trait: item.trait,
        keyed,
        question: item.question,
        options: item.options.map(({ text }, option) => ({ text, aligned: option === target })),
        p: judged?.p ?? outcome.p,
        aligned: judged?.aligned ?? 0,
        orders: outcome.orders.map((order) => ({
          order: order.order,
          p: keyed === -1 ? 1 - order.p : order.p,
          sums: order.options.map(({ sum }) => sum),
          scores: order.options.map(({ score }) => score),
        })),
        ...(outcome.texts && { texts: outcome.texts }),
        ...(outcome.marks && { marks: outcome.marks.map((mark) => (keyed === -1 ? 1 - mark : mark)) }),
        prompt: outcome.prompt ?? null,
        promptTokens: outcome.promptTokens,
        addedTokens: outcome.addedTokens,
      };
    }
  }
}

function answeredOf(results: readonly CellResult[]): readonly Answered[] {
  return results.flatMap(({ cell, stored }) => (stored === null ? [] : [{ cell, outcomes: stored.outcomes }]));
}

function cellRow(suite: Suite, { cell, key, status, stored, error }: CellResult): CellRow {
  const { id, model, method, persona, wording, sparsity, seed } = cell;
  return {
    id,
    key,
    model,
    evaluation: cell.evaluation.id,
    method,
    control: suite.methods.find((entry) => entry.id === method)?.control ?? false,
    persona,
    wording,
    sparsity,
    seed,
    split: cell.split,
    look: cell.look,
    items: cell.items.length,
    status,
    computedAt: stored?.computedAt ?? null,
    cost: stored?.record.cost ?? null,
    counters: stored?.record.counters ?? null,
    scoringMs: stored?.record.scoringMs ?? null,
    divergence: divergenceOf(stored?.record.tax ?? null),
    error,
  };
}
