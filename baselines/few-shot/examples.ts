// Solved examples of the calibration split, as the evaluation asks and the persona answers: half of the items keyed to it and
// half to its opposite, its option first as often as second, so that neither keying nor place gives an answer away.

import { BenchError } from '../../base/error.ts';
import type { Persona } from '../../harness/config/resolved.ts';
import type { Item } from '../../harness/datasets/types.ts';
import { drawn, shuffled } from '../../harness/method/calibration.ts';
import { targetOf } from '../../harness/method/keying.ts';
import type { Context, Rng } from '../../harness/method/method.ts';

export interface Example {
  readonly question: string;
  readonly answer: string;
}

/** `count` items of the calibration split, in a drawn order. Throws `no-examples` where there are fewer. */
export function itemExamples(persona: Persona, phrase: Context['phrase'], count: number, rng: Rng): readonly Example[] {
  const items = persona.items.filter(({ split }) => split === 'calibration');
  const own = items.filter((item) => item.persona === persona.id);
  const other = items.filter((item) => item.persona !== persona.id);
  if (items.length < count) throw tooFew(persona, count, items.length, 'items of split calibration');
  // An odd one, and what one keying lacks, is of the other.
  const half = Math.min(own.length, Math.max(Math.ceil(count / 2), count - other.length));
  const chosen = [...drawn(own, half, rng), ...drawn(other, count - half, rng)];
  return shuffled(count, rng).map((at, place) => exampleOf(chosen[at]!, persona, phrase, place % 2 === 0));
}

/** The item with the persona's option first, or last. */
function exampleOf(item: Item, persona: Persona, phrase: Context['phrase'], first: boolean): Example {
  const target = targetOf(item, persona.id);
  const others = item.options.flatMap((_, option) => (option === target ? [] : [option]));
  const { question, answer } = phrase(item, first ? [target, ...others] : [...others, target]);
  return { question, answer: answer(target) };
}

/** `count` calibration texts that answer a question. Throws `no-examples` where there are fewer. */
export function textExamples(
  persona: Persona,
  { calibration }: Pick<Context, 'calibration'>,
  count: number,
  rng: Rng,
): readonly Example[] {
  const texts = calibration.flatMap(({ question, answer }) => (question === undefined ? [] : [{ question, answer }]));
  if (texts.length < count) throw tooFew(persona, count, texts.length, 'calibration texts with a question');
  return drawn(texts, count, rng);
}

function tooFew({ id }: Persona, wanted: number, found: number, what: string): BenchError {
  return new BenchError('no-examples', `${wanted} examples are needed, and persona ${id} has ${found} ${what}`, {
    where: `personas.${id}`,
    hint: 'lower k, or give the persona more of them',
  });
}
