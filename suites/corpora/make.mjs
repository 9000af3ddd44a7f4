// Writes neutral.jsonl, calibration/<persona>.jsonl, knowledge/<persona>.jsonl and knowledge/neutral.jsonl from banks/.
// An answer is a habit and a view of one persona; a passage is a scene between two traits. Chance is seeded.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { neutralPassages } from './neutral-passages.mjs';

const SEED = 20261123;
const NEUTRAL_SEED = 20261124;
const ANSWERS = 128;
const MOST_WORDS = 60;
const PERSONAS = [
  'extraversion',
  'introversion',
  'agreeableness',
  'antagonism',
  'conscientiousness',
  'carelessness',
  'neuroticism',
  'stability',
  'openness',
  'conventionality',
];

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

const lines = (name) => readFileSync(new URL(`banks/${name}.txt`, import.meta.url), 'utf8').trim().split('\n');
const write = (path, rows) => {
  const file = new URL(path, import.meta.url);
  mkdirSync(new URL('.', file), { recursive: true });
  writeFileSync(file, `${rows.map((row) => JSON.stringify(row)).join('\n')}\n`);
};

// Every habit meets eight views, at distances drawn once, so that no answer comes twice and all sentences count equally.
// Questions and pairings are the same for the two poles of a trait: only what is said differs.
const questions = lines('questions');
const plan = (habits, views) => {
  const shifts = shuffle(views.map((_, i) => i)).slice(0, Math.ceil(ANSWERS / habits.length));
  const pairs = shifts.flatMap((shift) => habits.map((_, i) => [i, (i + shift) % views.length]));
  return shuffle(pairs)
    .slice(0, ANSWERS)
    .map(([habit, view], i) => ({ habit, view, question: questions[i % questions.length], viewFirst: random() < 0.3 }));
};

// Sentences, then paragraphs: every other text calibrates, the others measure what a method does to the network.
write('neutral.jsonl', [...lines('neutral'), ...lines('neutral-longer')].map((text) => ({ text })));

let planned;
for (const [at, persona] of PERSONAS.entries()) {
  const bank = { habit: [], view: [], scene: [], trait: [] };
  for (const line of lines(persona)) {
    const cut = line.indexOf(' | ');
    bank[line.slice(0, cut)].push(line.slice(cut + 3).trim());
  }
  if (at % 2 === 0) planned = plan(bank.habit, bank.view); // the two poles of a trait stand next to each other
  write(
    `calibration/${persona}.jsonl`,
    planned.map(({ habit, view, question, viewFirst }) => {
      const parts = [bank.habit[habit], bank.view[view]];
      return { question, answer: (viewFirst ? parts.reverse() : parts).join(' ') };
    }),
  );
  const n = bank.trait.length;
  write(
    `knowledge/${persona}.jsonl`,
    bank.scene.map((scene, i) => {
      const passage = `${bank.trait[i % n]} ${scene}`;
      const longer = `${passage} ${bank.trait[(i + 1 + Math.floor(i / n)) % n]}`;
      return {
        id: `${persona}-k${String(i + 1).padStart(2, '0')}`,
        text: longer.split(/\s+/).length <= MOST_WORDS ? longer : passage,
      };
    }),
  );
}
write('knowledge/neutral.jsonl', neutralPassages(lines('neutral-passages'), mulberry32(NEUTRAL_SEED)));
