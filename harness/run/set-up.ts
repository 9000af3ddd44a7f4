// What a method makes ready for a cell, kept while the cells that follow need the same.

import { digestOf } from '../../base/digest.ts';
import { BenchError } from '../../base/error.ts';
import type { MethodEntry, Suite } from '../config/resolved.ts';
import { type Prepared, reads } from '../method/method.ts';
import type { Cell } from '../plan/cell.ts';
import { findOpposite, needsOpposite } from '../plan/expand.ts';
import { evaluationContent, setUpOf, sparsityOf } from '../plan/identity.ts';
import { contextOf } from './context.ts';
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
    const key = `${cell.model}\n${setUpKey(cell, this.options)}`;
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

type PrepareOptions = Pick<RunnerOptions, 'suite' | 'registry' | 'kinds' | 'evaluate' | 'statistics'>;

/** Runs a method's `prepare` for a cell; the caller releases what comes back. */
export async function prepare(
  cell: Cell,
  loaded: LoadedModel,
  { suite, registry, kinds, evaluate, statistics }: PrepareOptions,
): Promise<Prepared> {
  const entry = entryOf(suite, cell);
  const method = registry.get(entry.method);
  if (method === undefined) throw new BenchError('unknown-method', `unknown method "${entry.method}"`);
  const persona = suite.personas.find(({ id }) => id === cell.network) ?? null;
  const context = contextOf({
    method,
    options: entry.options,
    engine: loaded.engine,
    text: loaded.text,
    persona,
    opposite: persona && needsOpposite(method, entry) ? findOpposite(suite, persona) : null,
    wording: cell.wording,
    sparsity: sparsityOf(cell.inputs),
    seed: cell.seed,
    neutral: suite.neutral,
    library: suite.library,
    statistics,
    evaluation: setUpOf(cell.evaluation),
    kinds,
    evaluate,
  });
  return method.prepare(context);
}

/** Everything of a cell that `prepare` may depend on; a method that tunes asks through `setUpOf` its evaluation. */
function setUpKey(cell: Cell, { suite, registry, kinds }: Keyed): string {
  const { items: _, evaluation: __, ...rest } = cell.inputs;
  const entry = entryOf(suite, cell);
  const method = registry.get(entry.method);
  const tunes = method === undefined || reads(method, entry, 'tuning');
  return digestOf(tunes ? { ...rest, evaluation: evaluationContent(setUpOf(cell.evaluation), kinds, true) } : rest);
}

type Keyed = Pick<PrepareOptions, 'suite' | 'registry' | 'kinds'>;

/** Cells with the same set-up follow each other; models stay together. */
export function inSetUpOrder(cells: readonly Cell[], options: Keyed): readonly Cell[] {
  const groups = new Map<string, Cell[]>();
  for (const cell of cells) {
    const key = `${cell.model}\n${setUpKey(cell, options)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [cell]);
    else group.push(cell);
  }
  const ofModel = (model: string) => [...groups.values()].filter(([first]) => first?.model === model);
  return options.suite.models.flatMap(({ id }) => ofModel(id).flat());
}
