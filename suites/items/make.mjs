// Writes big-five.jsonl from source/<trait>.txt and source/later/<trait>.txt (question | high pole | low pole).
// Chance (seeded) decides split, keying and order; a draw is kept when no blind answerer gains from it. The later items are
// drawn after the first ones, for evaluation alone: they come behind them and move none.
import { readFileSync, writeFileSync } from 'node:fs';
import { BLIND, FAIR, FIRST, MEASURES, nearDuplicate, PREFIXES, SPLITS, TRAITS, words } from './text.mjs';

const SEED = 20261123;
const LATER_SEED = 20261201;
const SIZES = { ...SPLITS, evaluation: FIRST };
const LOW_POLE = {
  extraversion: 'introversion',
  agreeableness: 'antagonism',
  conscientiousness: 'carelessness',
  neuroticism: 'stability',
  openness: 'conventionality',
};

const mulberry32 = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};
let random = mulberry32(SEED);
const shuffle = (list) => {
  const out = [...list];
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [out[i], out[j]] = [out[j], out[i]];
  }
  return out;
};

const read = (path) =>
  readFileSync(new URL(`source/${path}.txt`, import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const [question, high, low] = line.split('|').map((part) => part.trim());
      const lengths = (text) => Object.fromEntries(Object.entries(MEASURES).map(([unit, measure]) => [unit, measure(text)]));
      const long = { high: lengths(high), low: lengths(low) };
      return { question, high, low, long, bag: new Set(words(`${high} ${low}`)) };
    });

// A slot fixes split, keying and order; a draw puts each row into a slot. Each four slots in a row have every keying in every order.
const starts = {};
const slot = (split, i) => {
  const cell = (starts[split] + i) % 4;
  return { split, positive: cell === 0 || cell === 3, matchingFirst: cell < 2 };
};
const slots = Object.entries(SIZES).flatMap(([split, size]) => {
  starts[split] = Math.floor(random() * 4);
  return Array.from({ length: size }, (_, i) => slot(split, i));
});
const laterSlots = Array.from({ length: SPLITS.evaluation - FIRST }, (_, i) => slot('evaluation', FIRST + i));

const options = ({ high, low, positive, matchingFirst }) => {
  const [match, other] = positive ? [high, low] : [low, high];
  return matchingFirst
    ? [{ text: match, matching: true }, { text: other, matching: false }]
    : [{ text: other, matching: false }, { text: match, matching: true }];
};

const outside = (hits, n) => Math.max(0, Math.ceil(FAIR[0] * n) - hits, hits - Math.floor(FAIR[1] * n));

/** What every blind answerer scores in a slot: 1 where it takes the matching option, and 1 where it takes the high pole. */
const blindHits = ({ positive, matchingFirst }, { long }) => {
  const highFirst = positive === matchingFirst;
  return Object.keys(MEASURES).flatMap((measure) =>
    Object.values(BLIND).flatMap((choose) => {
      const first = choose((side) => long[side][measure], highFirst ? 'high' : 'low', highFirst ? 'low' : 'high') === 0;
      return [Number(first === matchingFirst), Number(first === highFirst)];
    }),
  );
};

/** How far the slots up to each of the places `ends` are from fair: hits of blind answerers outside 45 to 55 %. */
const unfair = (places, rows, ends) => {
  const hits = [];
  let cost = 0;
  places.forEach((place, at) => {
    blindHits(place, rows[at]).forEach((hit, k) => {
      hits[k] = (hits[k] ?? 0) + hit;
    });
    if (ends.includes(at + 1)) cost += hits.reduce((sum, hit) => sum + outside(hit, at + 1), 0);
  });
  return cost;
};

/** The same for the first draw, split by split, and near duplicates in two splits. */
const unfairness = (rows, near) => {
  let cost = 0;
  for (const [i, j] of near) if (slots[rows.indexOf(i)].split !== slots[rows.indexOf(j)].split) cost += 2;
  for (const split of Object.keys(SIZES)) {
    const own = slots.flatMap((place, at) => (place.split === split ? [at] : []));
    cost += unfair(own.map((at) => slots[at]), own.map((at) => rows[at]), [own.length]);
  }
  return cost;
};

/** Swaps rows, at most `moves` times, while `costOf` them does not rise, until it is 0. */
const search = (trait, rows, moves, costOf) => {
  let cost = costOf(rows);
  for (let move = 0; move < moves && cost > 0; move++) {
    const i = Math.floor(random() * rows.length);
    const j = Math.floor(random() * rows.length);
    [rows[i], rows[j]] = [rows[j], rows[i]];
    const next = costOf(rows);
    if (next <= cost) cost = next;
    else [rows[i], rows[j]] = [rows[j], rows[i]];
  }
  if (cost > 0) throw new Error(`${trait}: no fair draw found (${cost}); balance the option lengths in its sources`);
  return rows;
};

const drawFirst = (trait) => {
  const rows = shuffle(read(trait));
  const near = rows.flatMap((a, i) => rows.slice(0, i).flatMap((b) => (nearDuplicate(a.bag, b.bag) ? [[a, b]] : [])));
  return search(trait, rows, 100000, (list) => unfairness(list, near));
};

/** The later rows in an order in which every prefix of the evaluation items, the first ones included, is fair. */
const drawLater = (trait, first) => {
  const before = slots.flatMap((place, at) => (place.split === 'evaluation' ? [{ place, row: first[at] }] : []));
  const places = [...before.map(({ place }) => place), ...laterSlots];
  const fixed = before.map(({ row }) => row);
  return search(trait, shuffle(read(`later/${trait}`)), 20000, (list) => unfair(places, [...fixed, ...list], PREFIXES));
};

const drawn = new Map(TRAITS.map((trait) => [trait, drawFirst(trait)]));
random = mulberry32(LATER_SEED);
const lines = [];
for (const trait of TRAITS) {
  const first = drawn.get(trait);
  const rows = [...first, ...drawLater(trait, first)];
  const numbers = {};
  for (const [at, { split, positive, matchingFirst }] of [...slots, ...laterSlots].entries()) {
    const { question, high, low } = rows[at];
    numbers[split] = (numbers[split] ?? 0) + 1;
    lines.push(
      JSON.stringify({
        id: `${trait}-${split[0]}${String(numbers[split]).padStart(3, '0')}`,
        trait,
        persona: positive ? trait : LOW_POLE[trait],
        keying: positive ? '+' : '-',
        split,
        question,
        options: options({ high, low, positive, matchingFirst }),
      }),
    );
  }
}
writeFileSync(new URL('big-five.jsonl', import.meta.url), `${lines.join('\n')}\n`);
console.log(`wrote ${lines.length} items`);
