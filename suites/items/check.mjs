// Verifies what README.md promises of big-five.jsonl and the texts; prints the figures, exits 1 when one does not hold.
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { BLIND, FAIR, FIRST, MEASURES, nearDuplicate, PREFIXES, SPLITS, TRAITS, words } from './text.mjs';

const MAX_WORDS = 30; // question and both options, so that an item stays within 40 tokens
const MAX_PROMPT_WORDS = 25;
const MAX_OVERLAP = 0.6;
const CORPORA = { calibration: 128, knowledge: 24 };
const PASSAGE_WORDS = [25, 60];

const root = new URL('../../', import.meta.url);
const jsonl = (path) =>
  readFileSync(new URL(path, root), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
const items = jsonl('suites/items/big-five.jsonl');
const { personas, neutral } = parse(readFileSync(new URL('personas.yaml', root), 'utf8'));

const faults = [];
const demand = (holds, fault) => {
  if (!holds) faults.push(fault);
};
const share = (hits, n) => (n === 0 ? Number.NaN : hits / n);
const percent = (value) => `${(100 * value).toFixed(1)} %`;
const within = (value) => value >= FAIR[0] && value <= FAIR[1];
const count = (list, test) => list.filter(test).length;
const highIndex = (item) => item.options.findIndex(({ matching }) => matching === (item.keying === '+'));

// Every item by itself.
const ids = new Set();
const texts = new Map();
for (const item of items) {
  const at = item.id;
  demand(/^[a-z]+-[cte]\d{3}$/.test(at) && at.startsWith(`${item.trait}-${item.split[0]}`), `${at}: id does not name trait and split`);
  demand(!ids.has(at), `${at}: id used twice`);
  ids.add(at);
  demand(count(item.options, ({ matching }) => matching) === 1 && item.options.length === 2, `${at}: not one matching option of two`);
  const persona = personas[item.persona];
  demand(persona?.trait === item.trait && (persona.pole === 'high') === (item.keying === '+'), `${at}: persona and keying disagree`);
  const length = words([item.question, ...item.options.map(({ text }) => text)].join(' ')).length;
  demand(length <= MAX_WORDS, `${at}: ${length} words`);
  for (const text of [item.question, ...item.options.map((option) => option.text)]) {
    const key = words(text).join(' ');
    demand(!texts.has(key), `${at}: "${text}" stands in ${texts.get(key)} too`);
    texts.set(key, at);
  }
}

// Each trait and split, and the evaluation items that are asked first: numbers, keying, order, and what a blind answerer scores.
const even = (n, of) => Math.abs(2 * n - of) <= of % 2;
const first = (list) => count(list, ({ options }) => options[0].matching);
const scoresOf = (set) =>
  Object.entries(MEASURES).flatMap(([unit, measure]) =>
    Object.entries(BLIND).map(([name, choose]) => {
      const picks = set.map((item) => choose(measure, item.options[0].text, item.options[1].text));
      const matching = share(count(set, (item, i) => item.options[picks[i]].matching), set.length);
      const high = share(count(set, (item, i) => highIndex(item) === picks[i]), set.length);
      return { by: `${name} by ${unit}`, matching, high };
    }),
  );
const balance = (place, set) => {
  const positive = set.filter(({ keying }) => keying === '+');
  const negative = set.filter(({ keying }) => keying === '-');
  demand(even(positive.length, set.length), `${place}: keying ${positive.length} of ${set.length}`);
  demand(even(first(set), set.length), `${place}: matching first ${first(set)} of ${set.length}`);
  demand(Math.abs(first(positive) - first(negative)) <= 1, `${place}: order depends on keying`);
  for (const { by, matching, high } of scoresOf(set))
    demand(within(matching) && within(high), `${place}: ${by} scores ${percent(matching)} and ${percent(high)}`);
  return `${positive.length}/${negative.length}  + ${first(positive)}/${positive.length - first(positive)}  - ${first(negative)}/${negative.length - first(negative)}`;
};
const show = (set) => scoresOf(set).map(({ by, matching, high }) => `${by} ${(100 * matching).toFixed(0)} ${(100 * high).toFixed(0)}`).join(', ');
console.log('trait              split        items  +/-    matching first/second   blind answerers: matching, high pole');
for (const trait of TRAITS) {
  for (const [split, size] of Object.entries(SPLITS)) {
    const set = items.filter((item) => item.trait === trait && item.split === split);
    const place = `${trait} ${split}`;
    demand(set.length === size, `${place}: ${set.length} items, not ${size}`);
    console.log(`${trait.padEnd(18)} ${split.padEnd(12)} ${String(set.length).padEnd(6)} ${balance(place, set)}   ${show(set)}`);
    if (split === 'evaluation') for (const n of [FIRST, ...PREFIXES]) balance(`${place}, first ${n}`, set.slice(0, n));
  }
}
console.log(`the first ${[FIRST, ...PREFIXES].join(', ')} evaluation items of a trait are balanced alike; the first 36 and 48 (drawn before this was asked for):`);
for (const trait of TRAITS) {
  const set = items.filter((item) => item.trait === trait && item.split === 'evaluation');
  for (const n of [36, 48]) console.log(`${trait.padEnd(18)} first ${n}    ${show(set.slice(0, n))}`);
}
const lengths = items.map((item) => words([item.question, ...item.options.map(({ text }) => text)].join(' ')).length);
console.log(`words per item: mean ${(lengths.reduce((a, b) => a + b, 0) / lengths.length).toFixed(1)}, most ${Math.max(...lengths)}`);

// No split leaks into another.
const bags = items.map((item) => new Set(words(item.options.map(({ text }) => text).join(' '))));
let near = 0;
for (let i = 0; i < items.length; i++) {
  for (let j = 0; j < i; j++) {
    if (!nearDuplicate(bags[i], bags[j])) continue;
    near++;
    demand(items[i].split === items[j].split, `${items[i].id} and ${items[j].id} are near duplicates in two splits`);
  }
}
console.log(`pairs of items that share more than half of their option words: ${near}, all within one split`);

// The overlap answerer: reads the prompt alone, and the question with the prompt (as the harness does).
console.log('overlap answerer, pooled over the ten personas and all items (share of ties):');
for (const wording of ['plain', 'described', 'instructed']) {
  const score = { prompt: { right: 0, ties: 0, n: 0 }, 'question and prompt': { right: 0, ties: 0, n: 0 } };
  for (const [id, persona] of Object.entries(personas)) {
    const prompt = persona.prompts[wording];
    demand(words(prompt).length <= MAX_PROMPT_WORDS, `${id}.${wording}: more than ${MAX_PROMPT_WORDS} words`);
    for (const item of items.filter(({ trait }) => trait === persona.trait)) {
      const target = persona.pole === 'high' ? highIndex(item) : 1 - highIndex(item);
      for (const [reads, tally] of Object.entries(score)) {
        const said = new Set(words(reads === 'prompt' ? prompt : `${item.question} ${prompt}`));
        const shared = item.options.map(({ text }) => count([...new Set(words(text))], (word) => said.has(word)));
        tally.n++;
        if (shared[0] === shared[1]) tally.ties++;
        tally.right += shared[0] === shared[1] ? 0.5 : Number(shared[target] > shared[1 - target]);
      }
    }
  }
  for (const [reads, { right, ties, n }] of Object.entries(score)) {
    demand(right / n <= MAX_OVERLAP, `overlap (${reads}) with the ${wording} wording: ${percent(right / n)}`);
    console.log(`  ${wording.padEnd(11)} ${reads.padEnd(20)} ${percent(right / n)} (${percent(ties / n)} ties)`);
  }
}

// No option uses a word that a prompt of its own trait gains from.
const FUNCTION = new Set(words('you are a an and who is as would every answer question person'));
for (const item of items) {
  const own = Object.values(personas).filter(({ trait }) => trait === item.trait);
  const said = new Set(own.flatMap(({ prompts }) => words(Object.values(prompts).join(' '))).filter((word) => !FUNCTION.has(word)));
  for (const { text } of item.options) for (const word of words(text)) demand(!said.has(word), `${item.id}: "${word}" stands in a prompt of ${item.trait}`);
}

// The corpora: enough, distinct, and free of items.
const holdsItem = (text) => {
  const plain = ` ${words(text).join(' ')} `;
  for (const [key, id] of texts) if (plain.includes(` ${key} `)) return id;
  return undefined;
};
const passages = [
  ['neutral', jsonl(neutral.texts), 60],
  ['knowledge neutral', jsonl(neutral.knowledge), CORPORA.knowledge * Object.keys(personas).length],
];
for (const [id, persona] of Object.entries(personas))
  for (const [kind, least] of Object.entries(CORPORA)) passages.push([`${kind} ${id}`, jsonl(persona[kind]), least]);
for (const [name, lines, least] of passages) {
  demand(lines.length >= least, `${name}: ${lines.length} lines, not ${least}`);
  const bodies = lines.map((line) => line.text ?? line.answer);
  demand(new Set(bodies).size === bodies.length, `${name}: a text stands twice`);
  for (const line of lines) {
    const found = holdsItem(Object.entries(line).filter(([key]) => key !== 'id').map(([, value]) => value).join(' | '));
    demand(found === undefined, `${name}: "${line.id ?? line.question ?? line.text}" holds text of ${found}`);
    if (name.startsWith('knowledge')) {
      const n = words(line.text).length;
      demand(n >= PASSAGE_WORDS[0] && n <= PASSAGE_WORDS[1], `${name} ${line.id}: ${n} words`);
    }
  }
}
const files = ['calibration', 'knowledge'].flatMap((kind) => readdirSync(new URL(`suites/corpora/${kind}/`, root)));
console.log(`corpora: ${files.length + 1} files, ${passages.map(([, lines]) => lines.length).reduce((a, b) => a + b, 0)} texts`);

if (faults.length > 0) {
  console.error(`\n${faults.length} faults:\n${faults.slice(0, 60).map((fault) => `  ${fault}`).join('\n')}`);
  process.exit(1);
}
console.log('all of it holds');
