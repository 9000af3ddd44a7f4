// Trivial answerers: by hand, and the shorter-option counts of the BiPO files (docs/method.md#answerers-without-a-model).

import { parse } from 'csv-parse/sync';
import * as assert from 'uvu/assert';
import type { Item } from '../../../harness/datasets/types.ts';
import { choose, credit, trivialAnswerers } from '../../../harness/score/index.ts';
import { test } from '../../support/suite.ts';
import { haveShared, sharedText } from '../text/shared.ts';
import { item } from './fakes.ts';

test('shorter, longer and first', () => {
  const one = item('a', ['long answer', 'short']);
  assert.equal(choose('shorter', one, ''), [1]);
  assert.equal(choose('longer', one, ''), [0]);
  assert.equal(choose('first', one, ''), [0]);
  const equal = item('b', ['🦙🦙', 'ab']);
  assert.equal(choose('shorter', equal, ''), [1], 'characters, not code units; equal lengths count as the second');
  assert.equal(choose('longer', equal, ''), [1]);
});

test('overlap: distinct lower-cased words, ties count half', () => {
  const one = item('a', ['go to the party', 'read a book']);
  assert.equal(choose('overlap', one, 'A quiet BOOK, a quiet book.'), [1]);
  assert.equal(choose('overlap', one, 'the the the book a'), [1], 'a word counts once');
  assert.equal(choose('overlap', one, 'nothing shared'), [0, 1]);
  const chinese = item('a', ['我想在家看书。', '我想去参加聚会。']);
  assert.equal(choose('overlap', chinese, '周末聚会让人开心'), [1], 'words without spaces between them');
  assert.is(credit([0, 1], 1), 0.5);
  assert.is(credit([0], 1), 0);
});

test('accuracies keyed to a persona and to its opposite', () => {
  const items = [
    item('a', ['go to the party', 'read']),
    item('b', ['party', 'stay at home']),
    item('c', ['dance', 'sleep']),
    item('d', ['party on', 'no']),
  ];
  const own = trivialAnswerers(items, 'extraversion', () => 'You love a party.');
  assert.equal(
    own.map((t) => [t.answerer, t.accuracy]),
    [
      ['shorter', 0.25],
      ['longer', 0.5],
      ['first', 1],
      ['overlap', 0.875],
      ['yes', 0.5],
      ['negation', 0.625],
    ],
  );
  assert.ok(own.every((t) => t.n === 4 && t.chance === 0.5));
  const opposite = trivialAnswerers(items, 'introversion', () => 'You love a party.');
  assert.equal(
    opposite.map((t) => t.accuracy),
    [0.75, 0.5, 0, 0.125, 0.5, 0.375],
  );
  assert.is(trivialAnswerers(items, null)[2]?.accuracy, 1);
  assert.throws(
    () => trivialAnswerers([], null),
    (error: { code: string }) => error.code === 'no-items',
  );
});

if (haveShared('shorter-option counts of BiPO')) {
  test('known counts: the shorter option is right in 196 and 102 of 200', () => {
    for (const [file, wanted] of [
      ['hallucination_test', 196],
      ['power_test', 102],
    ] as const) {
      const rows = parse(sharedText(`data/bipo/${file}.csv`), { columns: true, bom: true }) as Record<string, string>[];
      const items = rows.map((row, k): Item => {
        const options = ['A', 'B'].map((label) => ({ text: row[label] ?? '', matching: row.matching === label }));
        return { ...item(`${k}`, ['-']), question: row.question ?? '', options };
      });
      const shorter = trivialAnswerers(items, null)[0];
      assert.is(shorter?.n, 200);
      assert.is(Math.round((shorter?.accuracy ?? 0) * 200), wanted, file);
    }
  });
}

test.run();
