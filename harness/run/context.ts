// What a method gets while it prepares, for a cell of a run and for `bench try` alike.

import { BenchError } from '../../base/error.ts';
import type { Evaluation, Persona } from '../config/resolved.ts';
import type { LibraryPassage } from '../datasets/passages.ts';
import { type EvaluationRegistry, kindOf } from '../method/evaluation-kind.ts';
import { type Context, type Method, reads } from '../method/method.ts';
import { visiblePersona } from '../plan/identity.ts';
import { neutralParts } from '../plan/neutral.ts';
import { tuner } from '../score/tune.ts';
import { rngOf } from '../stats/rng.ts';
import type { Evaluate } from './ports.ts';

export interface ContextParts extends Pick<Context, 'engine' | 'text' | 'options' | 'wording' | 'sparsity' | 'seed'> {
  readonly method: Method;
  readonly persona: Persona | null; // whole: what the method does not read is withheld here
  readonly opposite: Persona | null;
  readonly neutral: readonly string[]; // all of the personas file
  readonly library: readonly LibraryPassage[];
  readonly statistics: Context['statistics'];
  readonly evaluation: Evaluation; // how the method asks while it is prepared
  readonly kinds: EvaluationRegistry;
  readonly evaluate: Evaluate;
}

/**
 * The context of `Method.prepare`, with no more in it than the method declares to read. Throws `unknown-kind`; its `evaluate`
 * and `tune` throw `no-tokenizer` where `text` is null.
 */
export function contextOf(parts: ContextParts): Context {
  const { method, engine, text, options, wording, sparsity, seed, statistics, evaluation } = parts;
  const { version } = method;
  const entry = { options };
  const visible = (persona: Persona | null) => persona && visiblePersona(persona, method, entry, wording);
  const persona = visible(parts.persona);
  const tuning = persona?.items.filter((item) => item.split === 'tuning') ?? [];
  const evaluate: Context['evaluate'] = async (prepared, items) => {
    if (text === null) {
      throw new BenchError('no-tokenizer', `${method.name} asks its tuning items, which needs a tokenizer`, {
        hint: 'take a model folder with a tokenizer.json, or give texts instead of token ids',
      });
    }
    return parts.evaluate({ engine, text, evaluation, items, prepared });
  };
  return {
    ...{ engine, text, options, wording, sparsity, seed, persona, tuning, evaluate },
    statistics: version === undefined ? statistics : keyedBy(statistics, `${method.name} ${version}`),
    opposite: visible(parts.opposite),
    calibration: persona?.calibration ?? [],
    neutral: reads(method, entry, 'neutral') ? neutralParts(parts.neutral).calibration : [],
    library: reads(method, entry, 'library') ? parts.library : [],
    phrase: phraser(parts.kinds, evaluation),
    tune: tuner(evaluate, tuning, persona?.id ?? null),
    rng: rngOf(seed ?? 0),
  };
}

/** Statistics under keys of their own: what other code made under the same key is never given to this one. */
function keyedBy(statistics: Context['statistics'], owner: string): Context['statistics'] {
  return {
    of: (key, make) => statistics.of(`${owner} ${key}`, make),
    ...(statistics.each && {
      each: (key, bytes, make) => statistics.each?.(`${owner} ${key}`, bytes, make) ?? null,
    }),
  };
}

/** `Context.phrase` of an evaluation. An option that its kind does not offer is its own text. */
export function phraser(kinds: EvaluationRegistry, evaluation: Evaluation): Context['phrase'] {
  const kind = kindOf(kinds, evaluation);
  return (item, order) => ({
    question: kind.question(evaluation, item, order),
    answer: (option) =>
      kind.answer?.(evaluation, item, option, order.indexOf(option)) ?? item.options[option]?.text ?? '',
  });
}
