// What the bundled items promise, as functions that name each item or figure that breaks it: a test can then show that
// a planted fault is found.

import type { Persona } from '../../harness/config/resolved.ts';
import type { Item, Split } from '../../harness/datasets/types.ts';
import type { ChoiceEvaluation } from '../../harness/evaluations/choice.ts';
import { letterOf, ordersOf, questionText, trivialAnswerers } from '../../harness/score/index.ts';
import type { TextModel } from '../../harness/text/index.ts';

export type Faults = readonly string[];

const SIZES: Readonly<Record<Split, readonly [least: number, most: number]>> = {
  calibration: [20, 20],
  tuning: [20, 30],
  evaluation: [144, Number.POSITIVE_INFINITY], // four looks of the gate, of 36 each
};
const SPLITS = Object.keys(SIZES) as Split[];
const LEAST_PER_TRAIT = 180;
/** What the answerer that takes the shorter option may reach: chance, give or take one standard error of n = 100. */
const FAIR = [0.45, 0.55] as const;
const MOST_OVERLAP = 0.6;
export const MOST_TOKENS = 40;

const unique = <T>(list: readonly T[]): readonly T[] => [...new Set(list)];
export const traitsOf = (items: readonly Item[]): readonly string[] => unique(items.map(({ trait }) => trait));
export const evaluationOf = (items: readonly Item[]): readonly Item[] =>
  items.filter(({ split }) => split === 'evaluation');

/** Lower-cased words joined by single spaces: two texts that differ in case or punctuation only are one. */
export const plain = (text: string): string => (text.toLowerCase().match(/[\p{L}\p{N}'\u2019]+/gu) ?? []).join(' ');

export function sizeFaults(items: readonly Item[]): Faults {
  return traitsOf(items).flatMap((trait) => {
    const own = items.filter((item) => item.trait === trait);
    const few = own.length < LEAST_PER_TRAIT ? [`${trait}: ${own.length} items`] : [];
    return few.concat(
      SPLITS.flatMap((split) => {
        const n = own.filter((item) => item.split === split).length;
        const [least, most] = SIZES[split];
        return n < least || n > most ? [`${trait} ${split}: ${n} items`] : [];
      }),
    );
  });
}

/** Ids, questions and options that stand in two splits. */
export function leaks(items: readonly Item[]): Faults {
  const home = new Map<string, Split>();
  return items.flatMap((item) => {
    const keys = [
      `id ${item.id}`,
      `question ${plain(item.question)}`,
      ...item.options.map(({ text }) => `option ${plain(text)}`),
    ];
    return keys.flatMap((key) => {
      const split = home.get(key) ?? item.split;
      home.set(key, split);
      return split === item.split ? [] : [`${item.id}: ${key} is in ${split} too`];
    });
  });
}

/** Both keyings, and both places of the matching option, in equal numbers; an odd split may differ by one. */
export function imbalances(items: readonly Item[]): Faults {
  const uneven = (part: readonly Item[], holds: (item: Item) => boolean) =>
    Math.abs(2 * part.filter(holds).length - part.length) > part.length % 2;
  return traitsOf(items).flatMap((trait) =>
    SPLITS.flatMap((split) => {
      const part = items.filter((item) => item.trait === trait && item.split === split);
      return [
        ...(uneven(part, ({ keying }) => keying === '+') ? [`${trait} ${split}: keying`] : []),
        ...(uneven(part, ({ options }) => options[0]?.matching === true) ? [`${trait} ${split}: order`] : []),
      ];
    }),
  );
}

/**
 * What the gate asks at a look is the first n evaluation items of each trait: the same balances, and no answerer by length
 * above 55 %, in the first 72 and in each 12 more. The first 60 were drawn as one set, before there were looks.
 */
export function prefixFaults(items: readonly Item[], personas: readonly Persona[]): Faults {
  return traitsOf(items).flatMap((trait) => {
    const own = items.filter((item) => item.trait === trait && item.split === 'evaluation');
    const faults: string[] = [];
    for (let n = 72; n <= own.length; n += 12) {
      const first = own.slice(0, n);
      const about = personas.filter((persona) => persona.trait === trait);
      for (const fault of [...imbalances(first), ...shorterFaults(first, about)]) faults.push(`first ${n}: ${fault}`);
    }
    return faults;
  });
}

/** Where the shorter option pays: over all items, and for every persona, by the items' own keying and by the persona's. */
export function shorterFaults(items: readonly Item[], personas: readonly Persona[]): Faults {
  const rate = (part: readonly Item[], persona: string | null) =>
    trivialAnswerers(part, persona).find(({ answerer }) => answerer === 'shorter')!.accuracy;
  const rates: [string, number][] = [['all', rate(items, null)]];
  for (const { id, trait } of personas) {
    const own = items.filter((item) => item.trait === trait);
    rates.push([`${trait} as keyed`, rate(own, null)], [id, rate(own, id)]);
  }
  return rates.flatMap(([name, value]) =>
    value >= FAIR[0] && value <= FAIR[1] ? [] : [`${name}: ${(100 * value).toFixed(1)} %`],
  );
}

/** What counting words shared with question and prompt reaches: the share by wording, over all personas. */
export function overlapRates(items: readonly Item[], personas: readonly Persona[]): ReadonlyMap<string, number> {
  const wordings = unique(personas.flatMap(({ prompts }) => Object.keys(prompts)));
  return new Map(
    wordings.map((wording) => {
      let right = 0;
      let n = 0;
      for (const { id, trait, prompts } of personas) {
        const own = items.filter((item) => item.trait === trait);
        const found = trivialAnswerers(own, id, ({ question }) => `${question} ${prompts[wording] ?? ''}`);
        right += own.length * found.find(({ answerer }) => answerer === 'overlap')!.accuracy;
        n += own.length;
      }
      return [wording, right / n] as const;
    }),
  );
}

export function overlapFaults(items: readonly Item[], personas: readonly Persona[]): Faults {
  return [...overlapRates(items, personas)].flatMap(([wording, rate]) =>
    rate <= MOST_OVERLAP ? [] : [`${wording}: ${(100 * rate).toFixed(1)} %`],
  );
}

export interface Length {
  readonly own: number; // tokens of the question and the options, each as it is tokenised inside the message
  readonly message: number; // of the whole user message: the option labels "(A)" and the line breaks too
}

/** Tokens of an item in the message that the suite asks. Throws where message and parts disagree: counting would be a guess. */
export function lengthOf(item: Item, evaluation: ChoiceEvaluation, text: TextModel): Length {
  const count = (part: string) => text.encode(part).filter((id) => id !== text.bos).length;
  const own = count(item.question) + item.options.reduce((sum, option) => sum + count(` ${option.text}`), 0);
  const labels = item.options.reduce((sum, _, k) => sum + count(`\n${letterOf(k)}`), 0);
  const lengths = ordersOf(evaluation, item.options.length).map((order) =>
    count(questionText(evaluation, item, order)),
  );
  const wrong = lengths.find((length) => length !== own + labels);
  if (wrong !== undefined) throw new Error(`${item.id}: the message has ${wrong} tokens, its parts ${own + labels}`);
  return { own, message: own + labels };
}

export function lengthFaults(items: readonly Item[], evaluation: ChoiceEvaluation, text: TextModel): Faults {
  return items.flatMap((item) => {
    const { own } = lengthOf(item, evaluation, text);
    return own > MOST_TOKENS ? [`${item.id}: ${own} tokens`] : [];
  });
}
