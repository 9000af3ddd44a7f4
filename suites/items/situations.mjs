// The situations: how make-situations.mjs and check-situations.mjs read them, and the answerers that need no model.
import { readFileSync } from 'node:fs';
import { MEASURES, nearDuplicate, words } from './text.mjs';

/** Items a trait in each split. The calibration situations are the calibration texts as well. */
export const SIZES = { calibration: 24, tuning: 12, evaluation: 48 };

/** The fewest and the most that an answerer which reads only the form may score in the evaluation split. */
export const FAIR = [0.4, 0.6];

export const LOW_POLE = {
  extraversion: 'introversion',
  agreeableness: 'antagonism',
  conscientiousness: 'carelessness',
  neuroticism: 'stability',
  openness: 'conventionality',
};

/** The rows of a source: `# split` opens a block, each line of it is `question | high pole | low pole`. */
export function readSource(trait) {
  const file = new URL(`source/situations/${trait}.txt`, import.meta.url);
  const rows = [];
  let split;
  for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
    if (line.startsWith('# ')) {
      split = line.slice(2);
      continue;
    }
    const parts = line.split('|').map((part) => part.trim());
    if (parts.length !== 3 || !(split in SIZES)) throw new Error(`${trait}: no situation of a split: ${line}`);
    rows.push({ split, question: parts[0], high: parts[1], low: parts[2] });
  }
  return rows;
}

/** An item as its two poles. */
export const poles = ({ options, keying }) => {
  const [high, low] = [true, false].map((side) => options.find(({ matching }) => matching === (side === (keying === '+'))).text);
  return { high, low };
};

const FUNCTION = new Set(
  words(
    'a about after again all an and are as at be been before but by can could do does each for from get goes go has have he her ' +
      'here hers him his how i if in into is it its just like me mine more most my near next no not of off on one or other our ' +
      'out over say says she should so some still take that the their them then there they this to too two up us was we were ' +
      'what when where which while who will with would yes you your yours',
  ),
);

/** The distinct words of a situation that say what it is about. */
export const contentWords = ({ question, high, low }) =>
  new Set(words(`${question} ${high} ${low}`).filter((word) => !FUNCTION.has(word)));

/** Pairs of rows of which one shares more than half of its content words with the other. */
export function nearPairs(rows) {
  const bags = rows.map(contentWords);
  return rows.flatMap((row, i) => rows.slice(0, i).filter((_, j) => nearDuplicate(bags[i], bags[j])).map((other) => [other, row]));
}

const bigrams = (text) => {
  const list = ['<', ...words(text), '>'];
  return list.slice(1).map((word, i) => `${list[i]} ${word}`);
};

/** What a text is counted in: its words, or each two neighbours among them with the two ends. */
export const UNITS = { unigrams: words, bigrams };

/**
 * Multinomial naive Bayes with Laplace smoothing (one is added to each count). `texts` is {high: [], low: []}.
 * Returns the log odds of a text for the high pole; words that no text had say nothing.
 */
export function naiveBayes({ high, low }, units) {
  const [plus, minus] = [high, low].map((texts) => {
    const counts = new Map();
    for (const unit of texts.flatMap(units)) counts.set(unit, (counts.get(unit) ?? 0) + 1);
    return { counts, total: [...counts.values()].reduce((sum, n) => sum + n, 0) };
  });
  const size = new Set([...plus.counts.keys(), ...minus.counts.keys()]).size;
  const weight = (unit) => {
    const [a, b] = [plus.counts.get(unit) ?? 0, minus.counts.get(unit) ?? 0];
    return a + b === 0 ? 0 : Math.log((a + 1) / (plus.total + size)) - Math.log((b + 1) / (minus.total + size));
  };
  return (text) => units(text).reduce((sum, unit) => sum + weight(unit), 0);
}

/** The share of rows whose high pole a measure prefers; equal values count half (they are equal up to rounding). */
export const preferred = (rows, measure) => {
  const gains = rows.map((row) => measure(row.high, row) - measure(row.low, row));
  return gains.reduce((sum, gain) => sum + (Math.abs(gain) < 1e-9 ? 0.5 : Number(gain > 0)), 0) / rows.length;
};

/** Fitted on all other rows, asked about this one. */
export function leaveOneOut(rows, units) {
  const right = rows.map((row) => {
    const others = rows.filter((other) => other !== row);
    return preferred([row], naiveBayes({ high: others.map(({ high }) => high), low: others.map(({ low }) => low) }, units));
  });
  return right.reduce((sum, one) => sum + one, 0) / rows.length;
}

const NEGATIONS = new Set(words('no not never nobody nothing none neither nor hardly without cannot'));
const tally = (text, test) => words(text).filter(test).length;
const marks = (text) => (text.match(/[,;:!?]/g) ?? []).length;

/** Where the question first names what is in this option alone, as a share of its words; 1 where it does not. */
const namedAt = (text, { question, high, low }) => {
  const other = new Set(words(text === high ? low : high));
  const own = new Set(words(text).filter((word) => !other.has(word) && !FUNCTION.has(word)));
  const asked = words(question);
  const at = asked.findIndex((word) => own.has(word));
  return at < 0 ? 1 : at / asked.length;
};

/** Answerers by form alone: each prefers the option with the greater value. */
export const FORM = {
  'shorter, characters': (text) => -MEASURES.characters(text),
  'shorter, words': (text) => -MEASURES.words(text),
  'fewer negations': (text) => -tally(text, (word) => NEGATIONS.has(word) || word.endsWith("n't")),
  'more of "I, me, my"': (text) => tally(text, (word) => ['i', 'me', 'my', 'mine'].includes(word)),
  'opens with "I"': (text) => Number(words(text)[0] === 'i'),
  'says "yes"': (text) => tally(text, (word) => word === 'yes'),
  'less punctuation': (text) => -marks(text),
  'shares words with the question': (text, { question }) => {
    const asked = new Set(words(question));
    return new Set(words(text).filter((word) => asked.has(word))).size;
  },
  'named first in the question': (text, row) => -namedAt(text, row),
};
