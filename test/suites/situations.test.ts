// The situations: what check-situations.mjs finds, that it finds planted faults, and that a word count answers them as a coin
// does where it answers the other item set nearly whole.

import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { METHODS } from '../../api/methods.ts';
import { loadEmbedder } from '../../baselines/rag/model2vec.ts';
import { loadPersonas, loadSuite } from '../../harness/config/index.ts';
import { readItems } from '../../harness/datasets/own.ts';
import type { Item } from '../../harness/datasets/types.ts';
import { EVALUATIONS } from '../../harness/evaluations/index.ts';
import { shared, temporaryFolder } from '../support/folders.ts';
import { ROOT, runNode } from '../support/node.ts';
import { suite } from '../support/suite.ts';
import { answered, polesOf, wordCount } from './word-count.ts';

const test = suite('situations');
const FILE = join(ROOT, 'suites/items/situations.jsonl');
const items = await readItems(FILE);
const { personas } = await loadSuite(join(ROOT, 'suites/real-model.yaml'), { registry: METHODS, kinds: EVALUATIONS });
const plainPersonas = await loadPersonas(join(ROOT, 'personas.yaml'));
const highs = personas.filter(({ pole }) => pole === 'high');
const CHECK = 'suites/items/check-situations.mjs';

/** Suites and personas in a folder of their own, where the scripts run as they do here. */
function copy(): string {
  const folder = temporaryFolder();
  for (const name of ['suites', 'personas.yaml']) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** What the check prints of the items changed by `change`: it exits 1. */
async function faultsOf(change: (item: Item) => Item, folder = copy()): Promise<string> {
  const rows = items.map((item) => JSON.stringify(change(item)));
  writeFileSync(join(folder, 'suites/items/situations.jsonl'), `${rows.join('\n')}\n`);
  const { code, stderr } = await runNode([join(folder, CHECK)]);
  assert.is(code, 1);
  return stderr;
}

const isAsked = ({ trait, split }: Item, of: string) => trait === of && split === 'evaluation';
const setOf = (list: readonly Item[], trait: string, split: Item['split']) =>
  list.filter((item) => item.trait === trait && item.split === split);

test('the word count is what it should be by hand', () => {
  // Three words are known; "go" is 2 of 3 for the one and 0 of 2 for the other: ln((3 / 6) / (1 / 5)).
  const score = wordCount(['Go, go!', 'Home.'], ['stay home']);
  assert.ok(Math.abs(score('GO') - Math.log(2.5)) < 1e-12);
  assert.ok(Math.abs(score('home') - Math.log(2 / 6 / (2 / 5))) < 1e-12);
  assert.is(score('elsewhere'), 0);
});

test('every trait has 24 calibration, 12 tuning and 48 evaluation items, and 24 texts a pole', () => {
  assert.is(highs.length, 5);
  for (const { trait } of highs) {
    const sizes = (['calibration', 'tuning', 'evaluation'] as const).map((split) => setOf(items, trait, split).length);
    assert.equal(sizes, [24, 12, 48], trait);
  }
  assert.equal(
    personas.map(({ calibration }) => calibration.length),
    personas.map(() => 24),
  );
});

test('the personas are those of personas.yaml with other items and texts', () => {
  const said = (list: readonly { id: string; prompts: unknown; description: string }[]) =>
    list.map(({ id, prompts, description }) => ({ id, prompts, description }));
  assert.equal(said(personas), said(plainPersonas));
});

test('a word count of the calibration texts scores at most 60 %, in each trait at most 65 %', () => {
  const shares = highs.map(({ trait, id, opposite, calibration }) => {
    const low = personas.find((one) => one.id === opposite)!;
    const texts = [calibration, low.calibration].map((list) => list.map(({ answer }) => answer));
    const asked = setOf(items, trait, 'evaluation');
    const share = answered(asked, wordCount(texts[0]!, texts[1]!));
    const tuned = setOf(items, trait, 'tuning').map(polesOf);
    const more = wordCount(
      [...texts[0]!, ...tuned.map((one) => one.high)],
      [...texts[1]!, ...tuned.map((one) => one.low)],
    );
    for (const one of [share, answered(asked, more)]) assert.ok(one <= 0.65, `${id}: ${one}`);
    return [share, answered(asked, more)] as const;
  });
  for (const k of [0, 1] as const) assert.ok(shares.reduce((sum, pair) => sum + pair[k], 0) / shares.length <= 0.6);
});

test('the same word count answers more than 90 % of the items of big-five.jsonl', () => {
  const shares = plainPersonas
    .filter(({ pole }) => pole === 'high')
    .map(({ trait, opposite, calibration, items: own }) => {
      const low = plainPersonas.find((one) => one.id === opposite)!.calibration;
      const score = wordCount(
        calibration.map(({ answer }) => answer),
        low.map(({ answer }) => answer),
      );
      return answered(setOf(own, trait, 'evaluation'), score);
    });
  assert.ok(shares.reduce((sum, share) => sum + share, 0) / 5 > 0.9, shares.join(', '));
});

const embedderFolder = shared('models/m2v-bge-64d-vq');
if (embedderFolder !== null) {
  test('the mean meaning of the calibration texts scores at most 60 %, and more than 90 % on big-five.jsonl', async () => {
    const embedder = await loadEmbedder(embedderFolder);
    const mean = (texts: readonly string[]) => {
      const vectors = texts.map((text) => embedder.embed(text));
      return Array.from(
        { length: embedder.dimensions },
        (_, i) => vectors.reduce((sum, v) => sum + v[i]!, 0) / texts.length,
      );
    };
    const shareOf = (list: typeof personas, id: string) => {
      const high = list.find((one) => one.id === id)!;
      const low = list.find((one) => one.id === high.opposite)!;
      const [plus, minus] = [high, low].map(({ calibration }) => mean(calibration.map(({ answer }) => answer)));
      const score = (text: string) => embedder.embed(text).reduce((sum, x, i) => sum + x * (plus![i]! - minus![i]!), 0);
      return answered(setOf(high.items, high.trait, 'evaluation'), score);
    };
    const [here, there] = [personas, plainPersonas].map((list) => highs.map(({ id }) => shareOf(list, id)));
    const over = (shares: readonly number[]) => shares.reduce((sum, share) => sum + share, 0) / shares.length;
    console.log(`static embedder: ${here!.map((share) => (100 * share).toFixed(1)).join(', ')}`);
    assert.ok(over(here!) <= 0.6 && here!.every((share) => share <= 0.65), here!.join(', '));
    assert.ok(over(there!) > 0.9, there!.join(', '));
  });
}

test('the other evaluation items of a trait do not give an item away', () => {
  for (const { trait } of highs) {
    const asked = setOf(items, trait, 'evaluation');
    const right = asked.map((item) => {
      const others = asked.filter((other) => other !== item).map(polesOf);
      const score = wordCount(
        others.map(({ high }) => high),
        others.map(({ low }) => low),
      );
      return answered([item], score);
    });
    const share = right.reduce((sum, one) => sum + one, 0) / asked.length;
    assert.ok(share <= 0.65, `${trait}: ${share}`);
  }
});

test('check-situations.mjs finds nothing wrong, and make-situations.mjs writes the files again as they are', async () => {
  const { code, stdout, stderr } = await runNode([CHECK]);
  assert.is(code, 0, stderr);
  assert.match(stdout, /all of it holds/);
  const folder = copy();
  const made = await runNode([join(folder, 'suites/items/make-situations.mjs')]);
  assert.is(made.code, 0, made.stderr);
  for (const name of ['items/situations.jsonl', ...personas.map(({ id }) => `corpora/situations/${id}.jsonl`)]) {
    const [again, kept] = [folder, ROOT].map((root) => readFileSync(join(root, 'suites', name), 'utf8'));
    assert.ok(again === kept, name);
  }
});

test('check-situations.mjs finds words that give the pole away', async () => {
  const gladly = await faultsOf((item) => {
    if (!isAsked(item, 'openness')) return item;
    const { high } = polesOf(item);
    return {
      ...item,
      options: item.options.map((one) => ({ ...one, text: `${one.text} ${one.text === high ? 'Gladly' : 'Hardly'}.` })),
    };
  });
  assert.match(gladly, /openness: unigrams of all other evaluation items score 100\.0 %/);
  assert.match(gladly, /openness: "fewer negations" takes the high pole in 100\.0 %/);
  assert.not.match(gladly, /extraversion/);
});

test('check-situations.mjs finds a doubled id, near duplicates, words of a prompt, and the long option', async () => {
  const first = setOf(items, 'neuroticism', 'tuning')[0]!;
  const asked = setOf(items, 'neuroticism', 'evaluation');
  const spoilt = await faultsOf((item) => {
    if (item === asked[0]) return { ...item, id: asked[1]!.id };
    if (item === asked[2]) return { ...item, question: `Well: ${first.question}`, options: first.options };
    if (item === asked[3])
      return { ...item, options: item.options.map((one, k) => (k ? one : { ...one, text: 'I am anxious.' })) };
    if (!isAsked(item, 'agreeableness')) return item;
    return {
      ...item,
      options: item.options.map((one) => (one.matching ? { ...one, text: `${one.text} So it is.` } : one)),
    };
  });
  assert.match(spoilt, new RegExp(`${asked[1]!.id}: id or situation stands in`));
  assert.match(
    spoilt,
    new RegExp(`(${asked[2]!.id} and ${first.id}|${first.id} and ${asked[2]!.id}) are near duplicates`),
  );
  assert.match(spoilt, new RegExp(`${asked[3]!.id}: "anxious" stands in a prompt of neuroticism`));
  assert.match(spoilt, /agreeableness evaluation: longer by words scores \d+\.\d %/);
});

test.run();
