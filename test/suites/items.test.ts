// The bundled items and texts: numbers, splits, balances, what answers without a model reach, length in tokens, and that
// persona-nano's corpus knows their words and not their sentences.

import { createHash } from 'node:crypto';
import { appendFileSync, cpSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { METHODS } from '../../api/methods.ts';
import { loadSpec } from '../../formats/checkpoint/read-spec.ts';
import { loadSuite } from '../../harness/config/index.ts';
import { readItems } from '../../harness/datasets/own.ts';
import type { Item } from '../../harness/datasets/types.ts';
import type { ChoiceEvaluation } from '../../harness/evaluations/choice.ts';
import { EVALUATIONS } from '../../harness/evaluations/index.ts';
import { loadText } from '../../harness/text/index.ts';
import { temporaryFolder } from '../support/folders.ts';
import { ROOT, runNode } from '../support/node.ts';
import { suite } from '../support/suite.ts';
import { corpusRecord, fiveGrams, fnv1a64, LEAST_OCCURRENCES, rareWords, sharedGrams } from './corpus-record.ts';
import {
  evaluationOf,
  imbalances,
  leaks,
  lengthFaults,
  lengthOf,
  MOST_TOKENS,
  overlapFaults,
  overlapRates,
  plain,
  prefixFaults,
  shorterFaults,
  sizeFaults,
  traitsOf,
} from './item-checks.ts';

const test = suite('items');
const FILE = join(ROOT, 'suites/items/big-five.jsonl');
const items = await readItems(FILE);
const asked = evaluationOf(items);
const bigFive = await loadSuite(join(ROOT, 'suites/big-five.yaml'), { registry: METHODS, kinds: EVALUATIONS });
const { personas, neutral } = bigFive;
const evaluation = bigFive.evaluations[0] as ChoiceEvaluation;
const nano = bigFive.models[0]!.path;
const text = await loadText(nano, { vocab: (await loadSpec(nano)).vocab });
const record = corpusRecord();

const none = (faults: readonly string[]) => assert.equal(faults, [], faults.join('\n'));

/** The items with the one of that place changed. */
const spoilt = (list: readonly Item[], at: number, change: (item: Item) => Partial<Item>): readonly Item[] =>
  list.map((item, k) => (k === at ? { ...item, ...change(item) } : item));
/** The items with every matching option shortened to one word. */
const telling = (list: readonly Item[], word: string): readonly Item[] =>
  list.map((item) => ({
    ...item,
    options: item.options.map((option) => (option.matching ? { ...option, text: word } : option)),
  }));

/** Suites and personas in a folder of their own, where check.mjs and make.mjs run as they do here. */
function copy(): string {
  const folder = temporaryFolder();
  for (const name of ['suites', 'personas.yaml']) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

test('check.mjs finds nothing wrong, and finds a planted fault', async () => {
  const { code, stdout, stderr } = await runNode(['suites/items/check.mjs']);
  assert.is(code, 0, stderr);
  assert.match(stdout, /all of it holds/);
  const folder = copy();
  const first = readFileSync(FILE, 'utf8').split('\n')[0]!;
  appendFileSync(join(folder, 'suites/items/big-five.jsonl'), `${first}\n`);
  const spoiltRun = await runNode([join(folder, 'suites/items/check.mjs')]);
  assert.is(spoiltRun.code, 1);
  assert.match(spoiltRun.stderr, /extraversion-c001: id used twice/);
});

test('make.mjs writes the items and the corpora again as they are', async () => {
  const folder = copy();
  for (const name of ['items', 'corpora']) {
    const { code, stderr } = await runNode([join(folder, `suites/${name}/make.mjs`)]);
    assert.is(code, 0, stderr);
  }
  const files = personas.flatMap(({ id }) => ['calibration', 'knowledge'].map((kind) => `corpora/${kind}/${id}.jsonl`));
  for (const name of ['items/big-five.jsonl', 'corpora/neutral.jsonl', 'corpora/knowledge/neutral.jsonl', ...files]) {
    const [made, kept] = [folder, ROOT].map((root) => readFileSync(join(root!, 'suites', name), 'utf8'));
    assert.ok(made === kept, name);
  }
});

test('every trait has at least 180 items, in splits of the right sizes', () => {
  assert.is(traitsOf(items).length, 5);
  none(sizeFaults(items));
  assert.equal(sizeFaults(items.filter(({ id }) => id !== 'openness-c001')), ['openness calibration: 19 items']);
  const half = items.filter(({ id }) => !/^openness-e0[1-6]/.test(id));
  assert.equal(sizeFaults(half), ['openness: 129 items', 'openness evaluation: 84 items']);
});

test('no id, question or option stands in two splits', () => {
  none(leaks(items));
  const last = items.length - 1;
  const [first] = items;
  assert.is(leaks(spoilt(items, last, () => ({ id: first!.id }))).length, 1);
  assert.is(leaks(spoilt(items, last, () => ({ question: first!.question.toUpperCase() }))).length, 1);
  assert.is(leaks(spoilt(items, last, () => ({ options: first!.options }))).length, 2);
});

test('keying and place of the matching option are balanced in every trait and split', () => {
  none(imbalances(items));
  const other = spoilt(items, 0, ({ keying }) => ({ keying: keying === '+' ? '-' : '+' }));
  assert.equal(imbalances(other), ['extraversion calibration: keying']);
  const turned = spoilt(items, 0, ({ options }) => ({ options: [...options].reverse() }));
  assert.equal(imbalances(turned), ['extraversion calibration: order']);
});

test('the shorter option is right in 45 to 55 % of the evaluation items: all, every trait, every persona', () => {
  none(shorterFaults(asked, personas));
  const [all, asKeyed] = shorterFaults(telling(asked, 'No.'), personas);
  assert.equal([all, asKeyed], ['all: 100.0 %', 'extraversion as keyed: 100.0 %']);
});

test('the first 72, 84, ... 144 evaluation items of a trait are balanced as all of them are', () => {
  none(prefixFaults(items, personas));
  const late = asked.findIndex(({ id }) => id === 'openness-e071');
  const faults = prefixFaults(
    spoilt(asked, late, ({ options }) => ({ options: [...options].reverse() })),
    personas,
  );
  assert.equal(
    faults,
    ['first 72', 'first 84', 'first 96', 'first 108', 'first 120', 'first 132', 'first 144'].map(
      (n) => `${n}: openness evaluation: order`,
    ),
  );
});

test('the items that persona-nano was trained beside are the first of each trait and split, as they were', () => {
  const first = items.filter(({ id }) => Number(id.slice(-3)) <= 60);
  const lines = first.map((item) => JSON.stringify([item.id, item.keying, item.question, item.options])).join('\n');
  assert.is(first.length, 525);
  assert.is(
    createHash('sha256').update(lines).digest('hex'),
    '7ea83ebf8360a0f3c28f80edba8856b142a0c8f66f181fbeb0786e3b60fe2a4a',
  );
  for (const trait of traitsOf(items)) {
    const order = asked.filter((item) => item.trait === trait).map(({ id }) => Number(id.slice(-3)));
    assert.equal(
      order,
      order.map((_, i) => i + 1),
      trait,
    );
  }
});

test('counting shared words is right in at most 60 % with every wording', () => {
  none(overlapFaults(asked, personas));
  const rates = [...overlapRates(asked, personas)].map(([name, rate]) => `${name} ${(100 * rate).toFixed(1)} %`);
  console.log(`overlap answerer on the evaluation split: ${rates.join(', ')}`);
  const keyed = asked.filter(({ keying }) => keying === '+');
  const high = personas.filter(({ pole }) => pole === 'high');
  const copied = keyed.map((item) => {
    const { prompts } = high.find(({ id }) => id === item.persona)!;
    return telling([item], Object.values(prompts).join(' '))[0]!;
  });
  assert.is(overlapFaults(copied, high).length, 3);
});

test(`question and options of an evaluation item have at most ${MOST_TOKENS} tokens of persona-nano`, () => {
  none(lengthFaults(asked, evaluation, text));
  const lengths = asked.map((item) => lengthOf(item, evaluation, text));
  const [own, message] = [lengths.map((length) => length.own), lengths.map((length) => length.message)];
  const over = message.filter((length) => length > MOST_TOKENS).length;
  console.log(
    `tokens of question and options: at most ${Math.max(...own)}; with the labels (A) and (B) and the line breaks at ` +
      `most ${Math.max(...message)}, ${over} of ${message.length} above ${MOST_TOKENS}`,
  );
  const long = asked[0]!.question.repeat(8);
  assert.is(
    lengthFaults(
      spoilt(asked, 0, () => ({ question: long })),
      evaluation,
      text,
    ).length,
    1,
  );
});

test('the record of the corpus is of these items, sorted, and hashed as it says', () => {
  assert.is(record.itemsSha256, createHash('sha256').update(readFileSync(FILE)).digest('hex'));
  assert.is(record.hashes.length, record.recorded);
  assert.ok(record.hashes.every((hash, i) => i === 0 || record.hashes[i - 1]! < hash));
  // Known values of FNV-1a.
  assert.equal(['', 'a', 'foobar'].map(fnv1a64), [0xcbf29ce484222325n, 0xaf63dc4c8601ec8cn, 0x85944171f73967e8n]);
  assert.equal(fiveGrams('So I go home. I take (A) the red bus to town, OK?'), [
    'the red bus to town',
    'red bus to town ok',
  ]);
});

test(`the corpus holds every content word of the evaluation items ${LEAST_OCCURRENCES} times or more`, () => {
  none(rareWords(asked, record));
  assert.equal(
    rareWords(
      spoilt(asked, 0, () => ({ question: 'Why the Zeppelin?' })),
      record,
    ),
    ['zeppelin: 0'],
  );
  const [scarce] = Object.entries(record.counts).find(([, count]) => count > 0 && count < LEAST_OCCURRENCES)!;
  assert.is(
    rareWords(
      spoilt(asked, 0, () => ({ question: `Is it ${scarce}?` })),
      record,
    ).length,
    1,
  );
});

test('the corpus holds no five words in a row of an evaluation item', () => {
  none(sharedGrams(asked, record));
  const grams = asked.flatMap(({ question, options }) => [question, ...options.map((option) => option.text)]);
  assert.ok(grams.flatMap(fiveGrams).length > 1000);
  // A sentence of the corpus that begins as an item does.
  const known = spoilt(asked, 0, () => ({ question: 'So: what comes to your mind?' }));
  assert.equal(sharedGrams(known, record), [`${asked[0]!.id}: "what comes to your mind"`]);
});

/** Items of which a text holds the question or an option. */
const held = (texts: readonly string[], list: readonly Item[]): readonly string[] => {
  const all = texts.map((one) => ` ${plain(one)} `).join('|');
  return list.flatMap(({ id, question, options }) =>
    [question, ...options.map((option) => option.text)]
      .filter((part) => all.includes(` ${plain(part)} `))
      .map((part) => `${id}: "${part}"`),
  );
};

test('every persona has prompts, an opposite, and enough texts of its own that hold no item', () => {
  assert.is(personas.length, 10);
  const texts: string[] = [...neutral];
  assert.ok(neutral.length >= 60);
  for (const { id, opposite, prompts, calibration, knowledge } of personas) {
    const other = personas.find((persona) => persona.id === opposite);
    assert.is(other?.opposite, id);
    assert.equal(Object.keys(prompts), ['plain', 'described', 'instructed']);
    assert.equal([calibration.length, knowledge.length], [128, 24], id);
    assert.equal(
      calibration.map(({ question }) => question),
      other!.calibration.map(({ question }) => question),
    );
    for (const list of [calibration.map(({ answer }) => answer), knowledge.map((passage) => passage.text)]) {
      assert.is(new Set(list.map(plain)).size, list.length, `${id}: a text stands twice`);
      texts.push(...list);
    }
    texts.push(...calibration.flatMap(({ question }) => question ?? []));
  }
  none(held(texts, items));
  assert.is(held([...texts, `And so: ${asked[0]!.options[0]!.text}`], items).length, 1);
});

test.run();
