// How make.mjs and check.mjs read words, and the one rule for calling two items near duplicates.
export const TRAITS = ['extraversion', 'agreeableness', 'conscientiousness', 'neuroticism', 'openness'];
export const SPLITS = { calibration: 20, tuning: 25, evaluation: 144 };
/** Evaluation items of a trait that were drawn first; the later ones follow them, so that these keep ids and order. */
export const FIRST = 60;
/** The evaluation items of a trait are asked in order: what holds of all of them holds of these first ones too. */
export const PREFIXES = [72, 84, 96, 108, 120, 132, 144];

/** Lower-cased words, read as harness/score/trivial.ts reads them. */
export const words = (text) => text.toLowerCase().match(/[\p{L}\p{N}]+(?:['\u2019][\p{L}\p{N}]+)*/gu) ?? [];

/** Near duplicates: the two options of one item hold more than half of the distinct words of the other's. */
export const nearDuplicate = (a, b) => {
  const shared = [...a].filter((word) => b.has(word)).length;
  return shared > a.size / 2 || shared > b.size / 2;
};

export const MEASURES = { characters: (text) => text.length, words: (text) => words(text).length };

/** Blind answerers by length; of two equal lengths they take the second. Each returns 0 or 1. */
export const BLIND = {
  shorter: (measure, first, second) => (measure(first) < measure(second) ? 0 : 1),
  longer: (measure, first, second) => (measure(first) > measure(second) ? 0 : 1),
};

/** A rate of 45 to 55 %, which is what a blind answerer may score in any split. */
export const FAIR = [0.45, 0.55];
