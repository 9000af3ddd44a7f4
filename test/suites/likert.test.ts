// The bundled Likert items: what check-likert.mjs finds, that it finds planted faults, and that none is a public item.

import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { readLikert, SCALE } from '../../harness/datasets/likert.ts';
import { readMpi } from '../../harness/datasets/mpi.ts';
import { shared, temporaryFolder } from '../support/folders.ts';
import { ROOT, runNode } from '../support/node.ts';
import { suite } from '../support/suite.ts';
import { corpusRecord, LEAST_OCCURRENCES, sentences } from './corpus-record.ts';
import { plain } from './item-checks.ts';

const test = suite('bundled Likert items');
const FILE = join(ROOT, 'suites/items/likert.jsonl');
const items = await readLikert(FILE);

test('there are 100, ten of either key a trait, on the scale of five answers', () => {
  assert.is(items.length, 100);
  assert.ok(items.every(({ scale }) => JSON.stringify(scale) === JSON.stringify(SCALE)));
  for (const trait of ['extraversion', 'agreeableness', 'conscientiousness', 'neuroticism', 'openness']) {
    for (const key of ['+', '-']) {
      assert.is(items.filter((item) => item.trait === trait && item.keying === key).length, 10, `${trait} ${key}`);
    }
  }
});

test('check-likert.mjs finds nothing wrong, and finds planted faults', async () => {
  const { code, stdout, stderr } = await runNode(['suites/items/check-likert.mjs']);
  assert.is(code, 0, stderr);
  assert.match(stdout, /all of it holds/);
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'models/recipe'), { recursive: true });
  for (const name of ['suites', 'personas.yaml', 'models/recipe/lexicon.json']) {
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const rows = readFileSync(FILE, 'utf8').trim().split('\n');
  const spoil = (at: number, from: RegExp, to: string) => {
    const spoilt = rows[at]!.replace(from, to);
    assert.is.not(spoilt, rows[at]);
    rows[at] = spoilt;
  };
  spoil(0, /"keying":"\+"/, '"keying":"-"');
  spoil(2, /"I [^"]*"/, '"I never greet anyone."');
  spoil(4, /"I [^"]*"/, '"I am an outgoing friend."');
  spoil(6, /"I [^"]*"/, '"I invite half the street when I light the barbecue."');
  rows[8] = rows[6]!.replace('-l07', '-l09');
  writeFileSync(join(folder, 'suites/items/likert.jsonl'), `${rows.join('\n')}\n`);
  const spoilt = await runNode([join(folder, 'suites/items/check-likert.mjs')]);
  assert.is(spoilt.code, 1);
  for (const fault of [
    /9 of key \+ and 11 of key -/,
    /l03: "never" turns the key/,
    /l05: "outgoing" stands in a prompt of extraversion/,
    /l09: id or statement stands twice/,
    /l09 and extraversion-l07 are near duplicates/,
  ]) {
    assert.match(spoilt.stderr, fault);
  }
});

test(`persona-nano's corpus holds every content word ${LEAST_OCCURRENCES} times or more`, () => {
  const record = corpusRecord();
  const words = new Set(items.flatMap(({ statement }) => sentences(statement).flat()));
  assert.ok(words.size > 300, `${words.size} words`);
  const rare = [...words].filter(
    (word) => !record.function.has(word) && (record.counts[word] ?? 0) < LEAST_OCCURRENCES,
  );
  assert.equal(rare, []);
});

/** A statement without its subject: the MPI says "make friends", we say "I make friends.". */
const said = (statement: string) => plain(statement).replace(/^(?:i|you) /, '');

const published = shared('data/mpi/mpi_120.csv');
if (published === null) test.skip('none is a public item', '../shared/data/mpi is not on this machine');
else {
  test('none is an item of the MPI-120, or holds one or is held by one', async () => {
    const known = (await readMpi(published)).items.map(({ statement }) => said(statement));
    const equal = (statement: string) =>
      known.filter((one) => ` ${said(statement)} `.includes(` ${one} `) || ` ${one} `.includes(` ${said(statement)} `));
    assert.equal(
      items.flatMap(({ id, statement }) => equal(statement).map((one) => `${id}: ${one}`)),
      [],
    );
    assert.is(equal('I make friends easily.').length, 1);
  });
}

test.run();
