// Verifies what README.md promises of roles.json; prints the figures, exits 1 when one does not hold.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { nearDuplicate, words } from './text.mjs';

const PER_PERSONA = 3; // questions
const MAX_WORDS = 20;
const MAX_DIFFERENCE = 5; // words between the replies of a question
const MAX_OVERLAP = 0.5; // of an answerer that takes the reply with most words of the asker

const root = new URL('../../', import.meta.url);
const read = (path) => readFileSync(new URL(path, root), 'utf8');
const rows = JSON.parse(read('suites/items/roles.json'));
const { personas } = parse(read('personas.yaml'));
const plain = new Set(JSON.parse(read('models/recipe/lexicon.json')).function);
const content = (text) => words(text).filter((word) => !plain.has(word));

const faults = [];
const demand = (holds, fault) => {
  if (!holds) faults.push(fault);
};

const groups = new Map();
for (const row of rows) {
  const key = `${row.target_role}: ${row.question}`;
  groups.set(key, [...(groups.get(key) ?? []), row]);
}

// Every question by itself.
const replies = [];
let overlap = 0;
for (const [key, group] of groups) {
  const [{ target_role: persona, multi_choices: choices, question }] = group;
  demand(persona in personas, `${key}: there is no such persona`);
  demand(group.every((row) => JSON.stringify(row.multi_choices) === JSON.stringify(choices)), `${key}: other replies`);
  const right = new Set(group.map((row) => row.gt_answer));
  demand(right.size === choices.length && group.length === choices.length, `${key}: not every reply is right once`);
  const texts = choices.map((choice) => choice.slice(3));
  const lengths = texts.map((text) => words(text).length);
  demand(Math.max(...lengths) <= MAX_WORDS, `${key}: ${Math.max(...lengths)} words`);
  demand(Math.max(...lengths) - Math.min(...lengths) <= MAX_DIFFERENCE, `${key}: ${lengths.join(', ')} words`);
  const own = Object.values(personas[persona]?.prompts ?? {}).join(' ');
  for (const text of texts) {
    const told = content(own).find((word) => words(text).includes(word));
    demand(told === undefined, `${key}: "${told}" stands in a prompt of ${persona}`);
    replies.push({ key, bag: new Set(content(text)) });
  }
  for (const { source_role: asker, gt_answer } of group) {
    const named = new Set(words(`${asker} ${question}`));
    const shared = texts.map((text) => [...new Set(words(text))].filter((word) => named.has(word)).length);
    const best = shared.flatMap((n, k) => (n === Math.max(...shared) ? [k] : []));
    overlap += best.includes('ABC'.indexOf(gt_answer)) ? 1 / best.length : 0;
    const said = content(asker).find((word) => texts.some((text) => words(text).includes(word)));
    demand(said === undefined, `${key}: a reply names "${said}", who asks`);
  }
}
const chance = groups.size / rows.length;
for (const persona of Object.keys(personas)) {
  const own = [...groups.values()].filter(([row]) => row.target_role === persona).length;
  demand(own === PER_PERSONA, `${persona}: ${own} questions`);
}
for (let i = 0; i < replies.length; i++) {
  for (let j = 0; j < i; j++) {
    if (replies[i].key === replies[j].key) continue;
    demand(!nearDuplicate(replies[i].bag, replies[j].bag), `${replies[i].key} and ${replies[j].key} are near duplicates`);
  }
}
demand(overlap / rows.length <= chance + MAX_OVERLAP * (1 - chance), `overlap takes ${overlap} of ${rows.length}`);
console.log(`${rows.length} rows of ${groups.size} questions; chance ${(100 * chance).toFixed(1)} %, overlap ${((100 * overlap) / rows.length).toFixed(1)} %`);

if (faults.length > 0) {
  console.error(`\n${faults.length} faults:\n${faults.slice(0, 60).map((fault) => `  ${fault}`).join('\n')}`);
  process.exit(1);
}
console.log('all of it holds');
