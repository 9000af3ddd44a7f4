// The interface that every kind of evaluation implements: its shape in a suite, how it is asked, and how its answers count.
// The counterpart of `Method`: plan, store, metrics, power, gate and reports work with any kind, and ask for none by name.

import { BenchError } from '../../base/error.ts';
import type { Engine, Variant } from '../../gpu/index.ts';
import type { Issue } from '../config/diagnostics.ts';
import type {
  EvaluationFile,
  EvaluationPlace,
  EvaluationSource,
  ResolvedEvaluation,
} from '../config/evaluation-source.ts';
import type { Evaluation, JudgeSettings, Persona } from '../config/resolved.ts';
import type { Item } from '../datasets/types.ts';
import type { EvaluationRow, EvaluationSection } from '../record/evaluation-rows.ts';
import type { MetricRow } from '../record/run-record.ts';
import type { TextModel } from '../text/text.ts';
import type { Prepared } from './method.ts';
import type { Outcome } from './outcome.ts';

/**
 * A kind of evaluation. `E`: an evaluation of this kind as it is run, plain data; `F`: its entry in a suite, as `schema` leaves
 * it. Every function is pure but `resolve`, which reads files, and `ask`, which uses the engine.
 */
export interface EvaluationKind<E extends Evaluation = Evaluation, F extends EvaluationFile = EvaluationFile> {
  /** Its name in a suite, `kind: choice`, and in the registry. */
  readonly kind: string;
  /** Of code that does not come with the package: enters the identity of its cells. Bundled kinds have none. */
  readonly version?: string;
  /**
   * JSON Schema (draft 07) of its entry in a suite, closed, with defaults; `properties.kind` is `{ const, description }`, and
   * `id` and `kind` are required. The suite's own schema and docs/suite-reference.md are made from it.
   */
  readonly schema: object;
  /**
   * Whether an answer is more or less the persona's, from 0 to 1, instead of right or wrong. Its items then have
   * `scale: true`, options from least to most, and the last one matches. The gate then has no ties, compares by the likeliest
   * answer and tests by ranks of differences; `plan` states no power.
   */
  readonly graded: boolean;
  /** What is one observation: an item, or the items of one `group` together, each of which then names it. */
  readonly unit: 'item' | 'group';
  /**
   * Whether an item says something about both poles of its trait, so that what one gains the other loses, or about its own
   * persona alone; its items are then `unpaired`, and personas need no opposite.
   */
  readonly poles: 'both' | 'own';
  /**
   * Present where methods can be prepared by asking as this kind asks: it asks the personas' own items, of the tuning split too.
   * Returns how they are prepared where a suite has no evaluation of such a kind.
   */
  setUp?(): E;
  /** What contradicts itself in an entry that passes the schema; `bench validate` shows it at its place. Absent: nothing can. */
  faults?(file: F, at: EvaluationPlace): readonly Issue[];
  /**
   * The evaluation of an entry: defaults applied, files read, items keyed to personas.
   * Throws `bad-suite` with the place, or `bad-data` with that of the file's row.
   */
  resolve(file: F, source: EvaluationSource): Promise<ResolvedEvaluation<E>>;
  /**
   * What outcomes depend on besides items, kind and `setUp`, as plain data: part of a cell's identity. What is only shown, such
   * as the id, or where a server is reached, stays out. Change it, and every stored cell of the kind is computed again.
   */
  content(evaluation: E): Readonly<Record<string, unknown>>;
  /** The user message of an item. `order`: presented position -> option index. Throws `bad-evaluation`. */
  question(evaluation: E, item: Item, order: readonly number[]): string;
  /**
   * What is scored for an option at a presented position. Absent: nothing is offered to choose from; then no answerer without
   * a model is compared with it, and no agreement with the dense network is counted.
   */
  answer?(evaluation: E, item: Item, option: number, position: number): string;
  /**
   * Asks the items: one outcome each, in their order, keyed to the item's own persona. The p of an order is the softmax of its
   * options' scores at the matching one; of a graded kind the agreement, sum of k p_k / (L - 1) with k from 0. Who reads a
   * stored answer derives it again, and refuses one that its scores contradict. Throws `BenchError`, or what the engine throws.
   */
  ask(request: AskRequest<E>): Promise<readonly Outcome[]>;
  /** The judge of texts that outcomes rest on, for the provenance; null or absent: there is none. */
  judge?(evaluation: E): JudgeSettings | null;
  /**
   * Who answers these items without a model, for comparison with the methods. `personas`: all of the suite, also those that
   * are not asked. Absent: the answerers of every kind (`score/trivial.ts`).
   */
  answerers?(items: readonly Item[], personas: readonly Persona[]): readonly Answerer[];
  /** Figures of its own besides alignment: rows of `run.json`, for each method and sparsity. Absent: none. */
  rows?(evaluation: E, points: readonly AnsweredPoint[]): readonly EvaluationRow[];
  /** Tables of these rows for the reports, as text. Absent: reports show the rows as they are. */
  sections?(shown: ShownRows): readonly EvaluationSection[];
}

/** Kinds by their names; the first with `setUp` is how methods are prepared where a suite does not say it. */
export type EvaluationRegistry = ReadonlyMap<string, EvaluationKind>;

/** What `ask` gets. */
export interface AskRequest<E extends Evaluation = Evaluation> {
  readonly engine: Pick<Engine, 'score' | 'generate'>;
  readonly text: TextModel;
  readonly evaluation: E;
  readonly items: readonly Item[];
  readonly variant: Variant; // of the network
  readonly wrap: Prepared['wrap']; // the method's: turns `question` into a prompt
  readonly baseTokens?: ReadonlyMap<string, number>; // prompt tokens of the bare question by item; rendered when absent
  readonly cell?: string; // named in errors
  readonly signal?: AbortSignal; // to be heeded between batches
}

/** An answerer without a model: what it gets of an item under a persona, from 0 to 1. */
export interface Answerer {
  readonly name: string;
  credit(persona: Persona, item: Item): number;
}

/** A method at one sparsity, of one model and evaluation, with all its cells of the evaluation split. */
export interface AnsweredPoint {
  readonly of: Pick<EvaluationRow, 'model' | 'evaluation' | 'method' | 'control' | 'sparsity'>;
  readonly cells: readonly [AnsweredCell, ...AnsweredCell[]];
}

export interface AnsweredCell {
  readonly persona: string | null; // that was stated to the method
  readonly items: readonly Item[];
  readonly outcomes: readonly Outcome[]; // by item id
}

/** What a kind's tables are made of: the rows and metrics of one model and evaluation. */
export interface ShownRows {
  readonly model: string;
  readonly evaluation: string; // id
  readonly rows: readonly EvaluationRow[];
  readonly metrics: readonly MetricRow[]; // pooled over traits, personas and wordings: one of each method and sparsity
  readonly added: ReadonlySet<string>; // methods that are controls of another: left out of narrow tables
}

/** The kind of an evaluation. Throws `unknown-kind`. */
export function kindOf(kinds: EvaluationRegistry, { id, kind }: Pick<Evaluation, 'id' | 'kind'>): EvaluationKind {
  const found = kinds.get(kind);
  if (found !== undefined) return found;
  throw new BenchError('unknown-kind', `unknown kind of evaluation "${kind}"`, {
    where: `evaluation ${id}`,
    hint: `known kinds: ${[...kinds.keys()].join(', ')}`,
  });
}
