// What a method makes ready for a cell, kept while the cells that follow need the same.

import { digestOf } from '../../base/digest.ts';
import { BenchError } from '../../base/error.ts';
import type { ChoiceEvaluation, Evaluation, MethodEntry, Persona, Suite } from '../config/resolved.ts';
import { type Context, type MethodRegistry, type Prepared, reads } from '../method/method.ts';
import type { Cell } from '../plan/cell.ts';
import { findOpposite, needsOpposite } from '../plan/expand.ts';
import { evaluationContent, sparsityOf, visiblePersona } from '../plan/identity.ts';
import { neutralParts } from '../plan/neutral.ts';
import { phraser, tuner } from '../score/index.ts';
import { rngOf } from '../stats/rng.ts';
import type { LoadedModel, RunnerOptions } from './ports.ts';

/** The entry of the suite that a cell is of. */
export function entryOf(suite: Suite, cell: Cell): MethodEntry {
  return suite.methods.find(({ id }) => id === cell.method) as MethodEntry;
}

/** What a method has prepared, kept while the next cell needs the same. */
export class SetUp {
  private readonly options: PrepareOptions;
  private current: { readonly key: string; readonly prepared: Prepared; readonly setupMs: number } | null = null;

  constructor(options: PrepareOptions) {
    this.options = options;
  }

  async get(cell: Cell, loaded: LoadedModel): Promise<{ readonly prepared: Prepared; readonly setupMs: number }> {
    const key = `${cell.model}\n${setUpKey(cell, this.options.suite, this.options.registry)}`;
    if (this.current?.key === key) return this.current;
    this.release();
    const start = performance.now();
    const prepared = await prepare(cell, loaded, this.options);
    this.current = { key, prepared, setupMs: performance.now() - start };
    return this.current;
  }

  release(): void {
    const { current } = this;
    this.current = null;
    current?.prepared.release();
  }
}

type PrepareOptions = Pick<RunnerOptions, 'suite' | 'registry' | 'evaluate' | 'statistics'>;

/** Runs a method's `prepare` for a cell; the caller releases what comes back. */
export async function prepare(
  cell: Cell,
  loaded: LoadedModel,
  { suite, registry, evaluate, statistics }: PrepareOptions,
): Promise<Prepared> {
  const entry = entryOf(suite, cell);
  const method = registry.get(entry.method);
  if (method === undefined) throw new BenchError('unknown-method', `unknown method "${entry.method}"`);
  const visible = (persona: Persona | null) => persona && visiblePersona(persona, method, entry, cell.wording);
  const whole = suite.personas.find(({ id }) => id === cell.network) ?? null;
  const persona = visible(whole);
  const opposite = whole && needsOpposite(method, entry) ? visible(findOpposite(suite, whole)) : null;
  const tuning = persona?.items.filter((item) => item.split === 'tuning') ?? [];
  const asking = setUpOf(cell.evaluation);
  const ask: Context['evaluate'] = (prepared, items) =>
    evaluate({ engine: loaded.engine, text: loaded.text, evaluation: asking, items, prepared });
  const context: Context = {
    engine: loaded.engine,
    persona,
    opposite,
    wording: cell.wording,
    sparsity: sparsityOf(cell.inputs),
    options: entry.options,
    calibration: persona?.calibration ?? [],
    neutral: reads(method, entry, 'neutral') ? neutralParts(suite.neutral).calibration : [],
    library: reads(method, entry, 'library') ? suite.library : [],
    text: loaded.text,
    statistics,
    tuning,
    evaluate: ask,
    phrase: phraser(asking),
    tune: tuner(ask, tuning, persona?.id ?? null),
    seed: cell.seed,
    rng: rngOf(cell.seed ?? 0),
  };
  return method.prepare(context);
}

/** How a method asks while it prepares: as the cell does where that is by questions of the tuning part. */
function setUpOf(evaluation: Evaluation): ChoiceEvaluation {
  return evaluation.kind === 'choice' ? evaluation : evaluation.setUp;
}

/** Everything of a cell that `prepare` may depend on; a method that tunes asks through `setUpOf` its evaluation. */
function setUpKey(cell: Cell, suite: Suite, registry: MethodRegistry): string {
  const { items: _, evaluation: __, ...rest } = cell.inputs;
  const entry = entryOf(suite, cell);
  const method = registry.get(entry.method);
  const tunes = method === undefined || reads(method, entry, 'tuning');
  return digestOf(tunes ? { ...rest, evaluation: evaluationContent(setUpOf(cell.evaluation), true) } : rest);
}

/** Cells with the same set-up follow each other; models stay together. */
export function inSetUpOrder(cells: readonly Cell[], suite: Suite, registry: MethodRegistry): readonly Cell[] {
  const groups = new Map<string, Cell[]>();
  for (const cell of cells) {
    const key = `${cell.model}\n${setUpKey(cell, suite, registry)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [cell]);
    else group.push(cell);
  }
  const ofModel = (model: string) => [...groups.values()].filter(([first]) => first?.model === model);
  return suite.models.flatMap(({ id }) => ofModel(id).flat());
}
