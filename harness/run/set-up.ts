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

interface Ready {
  readonly key: string;
  readonly prepared: Prepared;
  readonly setupMs: number;
}

/** Masks and adapters that wait for a later look: so many bytes of host memory. */
const MOST_WAITING_BYTES = 256 * 2 ** 20;

/**
 * What a method has prepared, kept while the next cell needs the same, or, as far as there is room, while cells of a later look
 * may. `release` gives everything back.
 */
export class SetUp {
  private readonly options: PrepareOptions;
  private current: Ready | null = null;
  private loaded: LoadedModel | null = null; // that everything here was prepared on
  private later: ReadonlySet<string> = new Set();
  private readonly waiting = new Map<string, Ready>();

  constructor(options: PrepareOptions) {
    this.options = options;
  }

  /** The cells of later looks that may come: what none of them needs does not wait. */
  expect(cells: readonly Cell[]): void {
    this.later = new Set(cells.map((cell) => placeOf(cell, this.options)));
    for (const [key, { prepared }] of this.waiting) {
      if (this.later.has(key)) continue;
      this.waiting.delete(key);
      prepared.release();
    }
  }

  async get(cell: Cell, loaded: LoadedModel): Promise<Omit<Ready, 'key'>> {
    if (this.loaded !== loaded) this.release();
    this.loaded = loaded;
    const key = placeOf(cell, this.options);
    if (this.current?.key === key) return this.current;
    this.putAside();
    const found = this.waiting.get(key);
    if (found !== undefined) {
      this.waiting.delete(key);
      this.current = found;
      return found;
    }
    const start = performance.now();
    const prepared = await prepare(cell, loaded, this.options);
    this.current = { key, prepared, setupMs: performance.now() - start };
    return this.current;
  }

  release(): void {
    const all = [...this.waiting.values(), ...(this.current === null ? [] : [this.current])];
    this.current = null;
    this.waiting.clear();
    for (const { prepared } of all) prepared.release();
  }

  private putAside(): void {
    const { current } = this;
    if (current === null) return;
    this.current = null;
    const bytes = [...this.waiting.values(), current].reduce(
      (sum, { prepared }) => sum + prepared.cost.artefactBytes,
      0,
    );
    if (this.later.has(current.key) && bytes <= MOST_WAITING_BYTES) this.waiting.set(current.key, current);
    else current.prepared.release();
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

const placeOf = (cell: Cell, options: Keyed): string => `${cell.model}\n${setUpKey(cell, options)}`;

/** Cells with the same set-up follow each other; models stay together, that of `loaded` first. */
export function inSetUpOrder(cells: readonly Cell[], options: Keyed, loaded: string | null = null): readonly Cell[] {
  const groups = new Map<string, Cell[]>();
  for (const cell of cells) {
    const key = placeOf(cell, options);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [cell]);
    else group.push(cell);
  }
  const ofModel = (model: string) => [...groups.values()].filter(([first]) => first?.model === model);
  const models = options.suite.models.map(({ id }) => id);
  const others = models.filter((id) => id !== loaded);
  return [...models.filter((id) => id === loaded), ...others].flatMap((id) => ofModel(id).flat());
}
