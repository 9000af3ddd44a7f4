// Writes big-five.jsonl from source/<trait>.txt (question | high pole | low pole).
// Chance (seeded) decides split, keying and order; a draw is kept when no blind answerer gains from it.
import { readFileSync, writeFileSync } from 'node:fs';
import { BLIND, FAIR, MEASURES, nearDuplicate, SPLITS, TRAITS, words } from './text.mjs';

const SEED = 20261123;
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
const random = mulberry32(SEED);
const shuffle = (list) => {
  const out = [...list];
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [out[i], out[j]] = [out[j], out[i]];
  }
  return out;
};

const read = (trait) =>
  readFileSync(new URL(`source/${trait}.txt`, import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const [question, high, low] = line.split('|').map((part) => part.trim());
      const lengths = (text) => Object.fromEntries(Object.entries(MEASURES).map(([unit, measure]) => [unit, measure(text)]));
      const long = { high: lengths(high), low: lengths(low) };
      return { question, high, low, long, bag: new Set(words(`${high} ${low}`)) };
    });

// A slot fixes split, keying and order; a draw puts each row into a slot.
const slots = Object.entries(SPLITS).flatMap(([split, size]) => {
  const start = Math.floor(random() * 4);
  return Array.from({ length: size }, (_, i) => {
    const cell = (start + i) % 4;
    return { split, positive: cell === 0 || cell === 3, matchingFirst: cell < 2 };
  });
});

const options = ({ high, low, positive, matchingFirst }) => {
  const [match, other] = positive ? [high, low] : [low, high];
  return matchingFirst
    ? [{ text: match, matching: true }, { text: other, matching: false }]
    : [{ text: other, matching: false }, { text: match, matching: true }];
};

const outside = (hits, n) => Math.max(0, Math.ceil(FAIR[0] * n) - hits, hits - Math.floor(FAIR[1] * n));

/** How far a draw is from fair: hits of blind answerers outside 45 to 55 %, and near duplicates in two splits. */
const unfairness = (rows, near) => {
  let cost = 0;
  for (const [i, j] of near) if (slots[rows.indexOf(i)].split !== slots[rows.indexOf(j)].split) cost += 2;
  for (const split of Object.keys(SPLITS)) {
    for (const measure of Object.keys(MEASURES)) {
      for (const choose of Object.values(BLIND)) {
        let matching = 0;
        let high = 0;
        slots.forEach((slot, at) => {
          if (slot.split !== split) return;
          const { long } = rows[at];
          const highFirst = slot.positive === slot.matchingFirst;
          const picked = choose((side) => long[side][measure], highFirst ? 'high' : 'low', highFirst ? 'low' : 'high');
          high += Number((picked === 0) === highFirst);
          matching += Number((picked === 0) === slot.matchingFirst);
        });
        cost += outside(matching, SPLITS[split]) + outside(high, SPLITS[split]);
      }
    }
  }
  return cost;
};

const draw = (trait) => {
  const rows = shuffle(read(trait));
  const near = rows.flatMap((a, i) => rows.slice(0, i).flatMap((b) => (nearDuplicate(a.bag, b.bag) ? [[a, b]] : [])));
  let cost = unfairness(rows, near);
  for (let move = 0; move < 100000 && cost > 0; move++) {
    const i = Math.floor(random() * rows.length);
    const j = Math.floor(random() * rows.length);
    [rows[i], rows[j]] = [rows[j], rows[i]];
    const next = unfairness(rows, near);
    if (next <= cost) cost = next;
    else [rows[i], rows[j]] = [rows[j], rows[i]];
  }
  if (cost > 0) throw new Error(`${trait}: no fair draw found (${cost}); balance the option lengths in source/${trait}.txt`);
  return rows;
};

const lines = [];
for (const trait of TRAITS) {
  const rows = draw(trait);
  const numbers = {};
  for (const [at, { split, positive, matchingFirst }] of slots.entries()) {
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
