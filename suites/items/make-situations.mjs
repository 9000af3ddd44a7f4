// Writes situations.jsonl and ../corpora/situations/<persona>.jsonl from source/situations/<trait>.txt.
// Chance (seeded) decides keying and order; a draw is kept when the answerers by length gain nothing from it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { LOW_POLE, readSource, SIZES } from './situations.mjs';
import { BLIND, MEASURES, TRAITS } from './text.mjs';

const SEED = 20261201;
const MOST_MOVES = 20_000;
const SLACK = 0.09; // of the items: one of twelve

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

const item = ({ high, low, question }, slot) => {
  const positive = slot === 0 || slot === 3;
  const options = [
    { text: high, matching: positive },
    { text: low, matching: !positive },
  ];
  const matchingFirst = slot < 2;
  return { positive, question, options: options[0].matching === matchingFirst ? options : options.reverse() };
};

/** How far what the answerers by length take is from half of the items: hits too many or too few, beyond `SLACK` of the items. */
const unfairness = (items) => {
  let cost = 0;
  for (const measure of Object.values(MEASURES)) {
    for (const choose of Object.values(BLIND)) {
      const picks = items.map(({ options }) => options[choose(measure, options[0].text, options[1].text)].matching);
      const matching = picks.filter(Boolean).length;
      const high = picks.filter((match, i) => match === items[i].positive).length;
      for (const hits of [matching, high]) cost += Math.max(0, Math.abs(hits - items.length / 2) - SLACK * items.length);
    }
  }
  return cost;
};

/** Slots 0 to 3 are keying and order, each for a quarter of the items: two change places where the draw gets no less fair. */
const draw = (rows) => {
  const slots = shuffle(rows.map((_, i) => i % 4));
  const items = () => rows.map((row, i) => item(row, slots[i]));
  let cost = unfairness(items());
  for (let move = 0; move < MOST_MOVES && cost > 0; move++) {
    const i = Math.floor(random() * rows.length);
    const j = Math.floor(random() * rows.length);
    [slots[i], slots[j]] = [slots[j], slots[i]];
    const next = unfairness(items());
    if (next <= cost) cost = next;
    else [slots[i], slots[j]] = [slots[j], slots[i]];
  }
  if (cost > 0) throw new Error(`no fair draw found (${cost}): balance the option lengths of "${rows[0].question}" and its like`);
  return items();
};

const lines = [];
const folder = new URL('../corpora/situations/', import.meta.url);
mkdirSync(folder, { recursive: true });
for (const trait of TRAITS) {
  const rows = readSource(trait);
  for (const split of Object.keys(SIZES)) {
    const of = shuffle(rows.filter((row) => row.split === split));
    draw(of).forEach(({ positive, question, options }, i) => {
      const id = `${trait}-s${split[0]}${String(i + 1).padStart(3, '0')}`;
      const [persona, keying] = positive ? [trait, '+'] : [LOW_POLE[trait], '-'];
      lines.push(JSON.stringify({ id, trait, persona, keying, split, question, options }));
    });
    if (split !== 'calibration') continue;
    for (const [persona, pole] of [[trait, 'high'], [LOW_POLE[trait], 'low']]) {
      const texts = of.map((row) => JSON.stringify({ question: row.question, answer: row[pole] }));
      writeFileSync(new URL(`${persona}.jsonl`, folder), `${texts.join('\n')}\n`);
    }
  }
}
writeFileSync(new URL('situations.jsonl', import.meta.url), `${lines.join('\n')}\n`);
console.log(`wrote ${lines.length} items`);
