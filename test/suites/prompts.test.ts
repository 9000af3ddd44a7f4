// The bundled open questions: six a trait, and none that a method has read, was tuned on, or is asked elsewhere.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { readQuestions } from '../../harness/datasets/own.ts';
import { ROOT } from '../support/node.ts';
import { suite } from '../support/suite.ts';
import { plain } from './item-checks.ts';

const test = suite('bundled open questions');
const questions = await readQuestions(join(ROOT, 'suites/items/prompts.jsonl'));
const jsonl = (file: string): readonly Record<string, string>[] =>
  readFileSync(join(ROOT, file), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

test('there are six of each trait, none twice', () => {
  assert.is(new Set(questions.map(({ question }) => plain(question))).size, 30);
  for (const trait of ['extraversion', 'agreeableness', 'conscientiousness', 'neuroticism', 'openness']) {
    assert.is(questions.filter((one) => one.trait === trait).length, 6, trait);
  }
});

test('none is a question of the items, of the calibration texts or in the knowledge', () => {
  const read = ['big-five.jsonl', 'roles.json'].flatMap((name) =>
    name.endsWith('.json')
      ? (JSON.parse(readFileSync(join(ROOT, 'suites/items', name), 'utf8')) as Record<string, string>[])
      : jsonl(`suites/items/${name}`),
  );
  const folders = ['calibration', 'knowledge'].flatMap((folder) =>
    readdirSync(join(ROOT, 'suites/corpora', folder)).flatMap((name) => jsonl(`suites/corpora/${folder}/${name}`)),
  );
  const known = [...read, ...folders].map((row) => plain(row.question ?? row.text ?? ''));
  for (const { id, question } of questions) {
    const asked = plain(question);
    assert.not.ok(
      known.some((text) => text.includes(asked)),
      id,
    );
  }
});

test.run();
