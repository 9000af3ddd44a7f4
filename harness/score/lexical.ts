// Answerers that know words and nothing else, fitted on the calibration texts of a persona and its opposite, which methods see
// too. Where they do well, a method need not have understood a question.
// Naive Bayes over the distinct words of each text (binarised counts: Wang and Manning, "Baselines and Bigrams", ACL 2012).

import { wordsOf } from '../../base/text-words.ts';
import type { Persona } from '../config/resolved.ts';
import type { CalibrationText, Item } from '../datasets/types.ts';
import type { Answerer } from '../method/evaluation-kind.ts';
import { creditFor, greatest } from './credit.ts';

/** A persona, as far as these answerers read it. */
type Speaker = Pick<Persona, 'id' | 'opposite' | 'calibration'>;

/** How many texts each word is in; `total` is the sum over all words. */
interface WordCounts {
  readonly of: ReadonlyMap<string, number>;
  readonly total: number;
}

/** Of a text, by its words. */
type Score = (text: string) => number;

/**
 * `words`: the option whose words are likelier in the persona's calibration texts than in its opposite's; on a scale, full
 * agreement with a statement whose words are, and none with others. `common` and `rare`: the option of the most, or the
 * least, common words, counted over the texts of both. All their calibration texts count, and nothing else is read. An
 * answerer takes all options, which is a tie, where it cannot tell: where two options are equal, or the persona lacks texts.
 * It is left out where every persona lacks them.
 *
 * `personas`: also the opposites of those that credit is asked for.
 */
export function lexicalAnswerers(personas: readonly Speaker[]): readonly Answerer[] {
  const contrasts = new Map<string, Score>();
  const commonness = new Map<string, Score>();
  for (const { id, opposite, calibration } of personas) {
    const other = personas.find((persona) => persona.id === opposite)?.calibration ?? [];
    if (calibration.length === 0) continue;
    const [own, others] = [counted(calibration), counted(other)];
    commonness.set(id, meanLogCount(own, others));
    if (other.length > 0) contrasts.set(id, logOdds(own, others));
  }
  const answerer = (
    name: string,
    scores: ReadonlyMap<string, Score>,
    choose: (item: Item, score: Score) => readonly number[],
  ): Answerer => ({
    name,
    credit({ id }, item) {
      const score = scores.get(id);
      return creditFor(item, id, score === undefined ? item.options.map((_, k) => k) : choose(item, score));
    },
  });
  const byOptions =
    (sign: 1 | -1) =>
    ({ options }: Item, score: Score) =>
      greatest(options.map(({ text }) => sign * score(text)));
  return [
    ...(contrasts.size === 0 ? [] : [answerer('words', contrasts, byContrast)]),
    ...(commonness.size === 0
      ? []
      : [answerer('common', commonness, byOptions(1)), answerer('rare', commonness, byOptions(-1))]),
  ];
}

function byContrast({ options, question, scale }: Item, score: Score): readonly number[] {
  if (scale !== true) return greatest(options.map(({ text }) => score(text)));
  const agreed = score(question);
  if (agreed === 0) return options.map((_, k) => k);
  return [agreed > 0 ? options.length - 1 : 0];
}

/** Questions are put to both poles alike: the answers alone are counted. */
function counted(texts: readonly CalibrationText[]): WordCounts {
  const of = new Map<string, number>();
  let total = 0;
  for (const { answer } of texts) {
    for (const word of new Set(wordsOf(answer))) {
      of.set(word, (of.get(word) ?? 0) + 1);
      total++;
    }
  }
  return { of, total };
}

/** In one order, so that options of the same words have equal sums. */
const distinct = (text: string): readonly string[] => [...new Set(wordsOf(text))].sort();

/** Add-one smoothing; a word that neither side has says nothing, and neither do the numbers of texts. */
function logOdds(own: WordCounts, other: WordCounts): Score {
  const vocabulary = new Set([...own.of.keys(), ...other.of.keys()]);
  const logP = ({ of, total }: WordCounts, word: string) =>
    Math.log(((of.get(word) ?? 0) + 1) / (total + vocabulary.size));
  return (text) =>
    distinct(text).reduce((sum, word) => sum + (vocabulary.has(word) ? logP(own, word) - logP(other, word) : 0), 0);
}

/** 0 of a text that has no word of either side. */
function meanLogCount(own: WordCounts, other: WordCounts): Score {
  return (text) => {
    const words = distinct(text);
    const sum = words.reduce((all, word) => all + Math.log1p((own.of.get(word) ?? 0) + (other.of.get(word) ?? 0)), 0);
    return sum / Math.max(1, words.length);
  };
}
