// A cell's identity: every input that affects its outcomes, as plain data, and the sha256 of it. Names, paths, labels,
// parallelism and output options are left out, and so is what a method cannot see (docs/method.md#identity-of-a-cell).

import { digestOf, fixed, sha256 } from '../../base/digest.ts';
import type { Evaluation, MethodEntry, Persona } from '../config/resolved.ts';
import type { LibraryPassage } from '../datasets/passages.ts';
import type { Item } from '../datasets/types.ts';
import { type EvaluationRegistry, kindOf } from '../method/evaluation-kind.ts';
import { type Method, type Reading, reads as readsPart } from '../method/method.ts';
import type { EvaluationRecord } from '../record/run-record.ts';
import { tokenizerLibrary } from '../text/index.ts';
import { itemContent, itemDigest } from './items.ts';
import type { NeutralParts } from './neutral.ts';

/**
 * Raised whenever the same inputs would give other outcomes: a change of prompts, scorers or of these fields. 3: seeds are
 * mixed before they reach a generator, and contrasts of activations go by figures per token.
 */
const IDENTITY_VERSION = 3;

/** Activations and accumulation of the engine; the weights' own format is part of their digest. */
const COMPUTE_DTYPE = 'f32';

/** Digests of a model's parts, hex sha256. */
export interface ModelDigests {
  readonly config: string;
  readonly weights: string;
  readonly tokenizer: string;
  readonly template: string;
}

export interface IdentityParts {
  readonly model: ModelDigests;
  readonly method: Method;
  readonly options: Readonly<Record<string, unknown>>;
  readonly persona: Persona | null; // as `visiblePersona` leaves it
  readonly opposite: Persona | null;
  readonly wording: string | null;
  readonly sparsity: number | null;
  readonly seed: number | null;
  readonly neutral: NeutralParts;
  readonly library: readonly LibraryPassage[];
  readonly evaluation: Evaluation;
  readonly kinds: EvaluationRegistry;
  readonly items: readonly Item[];
  readonly lean?: boolean; // no held-out neutral text is read
}

/** The persona as a method gets it: what it does not read is withheld, and evaluation items never reach it. */
export function visiblePersona(
  persona: Persona,
  method: Method,
  entry: Pick<MethodEntry, 'options'>,
  wording: string | null,
): Persona {
  const reads = (part: Reading) => readsPart(method, entry, part);
  const prompt = wording === null ? undefined : persona.prompts[wording];
  return {
    ...persona,
    description: reads('description') ? persona.description : '',
    prompts: wording === null ? (reads('prompts') ? persona.prompts : {}) : { [wording]: prompt ?? '' },
    items: reads('tuning') ? setUpItems(persona.items) : [],
    calibration: reads('calibration') ? persona.calibration : [],
    knowledge: reads('knowledge') ? persona.knowledge : [],
  };
}

const setUp = new WeakMap<readonly Item[], readonly Item[]>();

/** All but what is asked in the end; the same list for the same items. */
function setUpItems(items: readonly Item[]): readonly Item[] {
  let found = setUp.get(items);
  if (found === undefined) {
    found = items.filter((item) => item.split !== 'evaluation');
    setUp.set(items, found);
  }
  return found;
}

/**
 * Plain data for canonical JSON. Long content is there as digests, short text as itself, so that a change can be named.
 * Throws `no-tokenizer-library`.
 */
export function cellInputs(parts: IdentityParts): Readonly<Record<string, unknown>> {
  const { evaluation, kinds, method } = parts;
  return {
    identityVersion: IDENTITY_VERSION,
    dtype: COMPUTE_DTYPE,
    model: { ...parts.model, tokenizerLibrary: tokenizerLibrary() }, // ids depend on both
    method: {
      name: method.name,
      ...(method.version !== undefined && { version: method.version }),
      options: method.content?.(parts.options) ?? parts.options,
    },
    persona: personaContent(parts.persona, parts.wording),
    opposite: personaContent(parts.opposite, parts.wording),
    sparsity: parts.sparsity,
    seed: parts.seed,
    neutral: {
      calibration: readsPart(method, parts, 'neutral') ? listDigest(parts.neutral.calibration) : null,
      heldOut: method.network === true && parts.lean !== true ? listDigest(parts.neutral.heldOut) : null,
    },
    ...(readsPart(method, parts, 'library') && { library: libraryDigest(parts.library, parts.persona) }),
    evaluation: evaluationContent(evaluation, kinds, readsPart(method, parts, 'tuning')),
    items: itemDigests(parts.items),
  };
}

/** The share of weights removed that a cell is stored under, which is what it is computed with; a label says nothing. */
export function sparsityOf(inputs: Readonly<Record<string, unknown>>): number | null {
  const { sparsity } = inputs;
  if (sparsity === null || typeof sparsity === 'number') return sparsity;
  throw new TypeError(`a cell's sparsity is ${typeof sparsity}`);
}

/** What of an evaluation outcomes depend on besides the items. `setUp` counts for a method that tunes. */
export function evaluationContent(
  evaluation: Evaluation,
  kinds: EvaluationRegistry,
  tunes: boolean,
): Readonly<Record<string, unknown>> {
  const { kind, setUp } = evaluation;
  const found = kindOf(kinds, evaluation);
  const content = {
    kind,
    ...found.content(evaluation),
    ...(found.version !== undefined && { kindVersion: found.version }),
  };
  return tunes && setUp !== undefined ? { ...content, setUp: evaluationContent(setUp, kinds, tunes) } : content;
}

/** How a method asks while it is prepared for a cell of this evaluation. */
export function setUpOf(evaluation: Evaluation): Evaluation {
  return evaluation.setUp ?? evaluation;
}

/** As run.json has an evaluation: with what readers of its figures go by. */
export function evaluationRecord(evaluation: Evaluation, kinds: EvaluationRegistry): EvaluationRecord {
  const { id, kind, scorer } = evaluation;
  const { graded, unit, poles } = kindOf(kinds, evaluation);
  const settings = digestOf(evaluationContent(evaluation, kinds, false)).slice(0, 16);
  return { id, kind, scorer, settings, graded, unit, poles };
}

/** The cell's id, hex. */
export function cellId(inputs: Readonly<Record<string, unknown>>): string {
  return digestOf(inputs);
}

/** The store's key of a cell: its id on one class of devices, with one set of kernels. */
export function storeKey(id: string, deviceClass: string, kernels: string): string {
  return sha256(`${id}\n${deviceClass}\n${kernels}`);
}

function personaContent(persona: Persona | null, wording: string | null): Readonly<Record<string, unknown>> | null {
  if (persona === null) return null;
  return {
    pole: persona.pole,
    description: persona.description,
    prompt: wording === null ? persona.prompts : (persona.prompts[wording] ?? ''),
    calibration: listDigest(persona.calibration),
    tuning: listDigest(persona.items, (item) => ({ split: item.split, keying: item.keying, ...itemContent(item) })),
    knowledge: listDigest(persona.knowledge, ({ text }) => text),
  };
}

/** The passages in their order, each with how it stands to the persona: whose it is by name does not matter. */
function libraryDigest(library: readonly LibraryPassage[], own: Persona | null): string | null {
  const relation = ({ persona, trait }: LibraryPassage) =>
    persona === null ? 'neutral' : persona === own?.id ? 'own' : trait === own?.trait ? 'trait' : 'other';
  return library.length === 0 ? null : digestOf(library.map((passage) => [relation(passage), passage.text]));
}

const sorted = new WeakMap<readonly Item[], readonly string[]>();

/** Digests of the items in their own order; the same list for the same items, since many cells ask them. */
function itemDigests(items: readonly Item[]): readonly string[] {
  let digests = sorted.get(items);
  if (digests === undefined) {
    digests = fixed(items.map(itemDigest).sort());
    sorted.set(items, digests);
  }
  return digests;
}

const lists = new WeakMap<readonly unknown[], string>();

/** Of `entries` as `content` says it; computed once per list. Null for none. */
function listDigest<T>(entries: readonly T[], content: (entry: T) => unknown = (entry) => entry): string | null {
  if (entries.length === 0) return null;
  let digest = lists.get(entries);
  if (digest === undefined) {
    digest = digestOf(entries.map(content));
    lists.set(entries, digest);
  }
  return digest;
}
