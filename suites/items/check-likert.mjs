// Verifies what README.md promises of likert.jsonl; prints the figures, exits 1 when one does not hold.
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { nearDuplicate, TRAITS, words } from './text.mjs';

const PER_KEY = 10;
const MAX_WORDS = 14;
const MAX_MEAN_DIFFERENCE = 1; // words between the two keys of a trait: no key shows by its length
const ANSWERS = 5;
const NEGATIONS = new Set(['not', 'no', 'never', 'nobody', 'nothing', 'none', 'hardly', 'rarely', 'seldom', 'cannot', 'without']);
const FUNCTION = new Set(words('you are a an and who is as would every answer question person'));

const root = new URL('../../', import.meta.url);
const jsonl = (path) =>
  readFileSync(new URL(path, root), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
const items = jsonl('suites/items/likert.jsonl');
const choices = jsonl('suites/items/big-five.jsonl');
const { personas } = parse(readFileSync(new URL('personas.yaml', root), 'utf8'));

const faults = [];
const demand = (holds, fault) => {
  if (!holds) faults.push(fault);
};
const plain = (text) => words(text).join(' ');

// Every statement by itself.
const seen = new Map();
const scale = JSON.stringify(items[0].scale);
for (const { id, trait, keying, statement, scale: own } of items) {
  demand(new RegExp(`^${trait}-l\\d\\d$`).test(id) && TRAITS.includes(trait), `${id}: id does not name the trait`);
  demand(!seen.has(id) && !seen.has(plain(statement)), `${id}: id or statement stands twice`);
  seen.set(id, id).set(plain(statement), id);
  demand(own.length === ANSWERS && JSON.stringify(own) === scale, `${id}: another scale than the first item's`);
  demand(words(statement)[0] === 'i' && statement.endsWith('.'), `${id}: no sentence in the first person`);
  demand(words(statement).length <= MAX_WORDS, `${id}: ${words(statement).length} words`);
  const negation = words(statement).find((word) => NEGATIONS.has(word) || word.endsWith("n't"));
  demand(negation === undefined, `${id}: "${negation}" turns the key`);
  const told = Object.values(personas).filter((persona) => persona.trait === trait);
  const prompts = new Set(told.flatMap((persona) => words(Object.values(persona.prompts).join(' '))).filter((word) => !FUNCTION.has(word)));
  for (const word of words(statement)) demand(!prompts.has(word), `${id}: "${word}" stands in a prompt of ${trait}`);
  demand(keying === '+' || keying === '-', `${id}: keying ${keying}`);
}

// Each trait: as many of either key, in turns, and of about the same length.
const mean = (list) => list.reduce((a, b) => a + b, 0) / list.length;
console.log('trait              +/-    words + and -');
for (const trait of TRAITS) {
  const own = items.filter((item) => item.trait === trait);
  const [plus, minus] = ['+', '-'].map((key) => own.filter(({ keying }) => keying === key));
  demand(plus.length === PER_KEY && minus.length === PER_KEY, `${trait}: ${plus.length} of key + and ${minus.length} of key -`);
  demand(own.every(({ keying }, k) => keying === '+-'[k % 2]), `${trait}: the keys do not take turns`);
  const lengths = [plus, minus].map((list) => mean(list.map(({ statement }) => words(statement).length)));
  demand(Math.abs(lengths[0] - lengths[1]) <= MAX_MEAN_DIFFERENCE, `${trait}: ${lengths.join(' and ')} words by key`);
  console.log(`${trait.padEnd(18)} ${plus.length}/${minus.length}  ${lengths.map((length) => length.toFixed(1)).join(' ')}`);
}

// Nothing is said twice, here or in the other items, and no text that a method may read holds a statement.
const plainWords = new Set(JSON.parse(readFileSync(new URL('models/recipe/lexicon.json', root), 'utf8')).function);
const bags = items.map(({ statement }) => new Set(words(statement).filter((word) => !plainWords.has(word))));
for (let i = 0; i < items.length; i++) {
  for (let j = 0; j < i; j++) {
    demand(!nearDuplicate(bags[i], bags[j]), `${items[i].id} and ${items[j].id} are near duplicates`);
  }
}
const texts = choices.flatMap(({ id, question, options }) => [question, ...options.map(({ text }) => text)].map((text) => [id, text]));
for (const folder of ['calibration', 'knowledge']) {
  for (const file of readdirSync(new URL(`suites/corpora/${folder}/`, root))) {
    for (const line of jsonl(`suites/corpora/${folder}/${file}`)) texts.push([`${folder}/${file}`, line.text ?? line.answer]);
  }
}
for (const line of jsonl('suites/corpora/neutral.jsonl')) texts.push(['neutral.jsonl', line.text]);
for (const [where, text] of texts) {
  const padded = ` ${plain(text)} `;
  for (const { id, statement } of items) demand(!padded.includes(` ${plain(statement)} `), `${where} holds ${id}`);
}
console.log(`${items.length} statements beside ${texts.length} other texts`);

if (faults.length > 0) {
  console.error(`\n${faults.length} faults:\n${faults.slice(0, 60).map((fault) => `  ${fault}`).join('\n')}`);
  process.exit(1);
}
console.log('all of it holds');
