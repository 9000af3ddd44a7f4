// The items of a draw: a third, of every trait, persona and keying alike; groups of role replies whole.

import * as assert from 'uvu/assert';
import type { Item } from '../../../harness/datasets/types.ts';
import { leanOf } from '../../../harness/plan/lean.ts';
import { fakeItems } from '../../support/fake.ts';
import { test } from '../../support/suite.ts';

const ids = (items: ReadonlySet<Item>) => [...items].map(({ id }) => id);

test('a third, spread evenly over the list', () => {
  const items = fakeItems('warm', 'warmth', '+', 24);
  assert.equal(
    ids(leanOf(items)),
    [0, 3, 6, 9, 12, 15, 18, 21].map((k) => `warm-${k}`),
  );
  assert.is(leanOf(fakeItems('warm', 'warmth', '+', 25)).size, 9);
});

test('of few items, four or all', () => {
  for (const [of, asked] of [
    [1, 1],
    [3, 3],
    [4, 4],
    [6, 4],
    [12, 4],
    [13, 5],
  ] as const)
    assert.is(leanOf(fakeItems('warm', 'warmth', '+', of)).size, asked, `of ${of}`);
  assert.is(leanOf([]).size, 0);
});

test('each trait, persona and keying by itself, in whatever order they come', () => {
  const items = [
    ...fakeItems('warm', 'warmth', '+', 18),
    ...fakeItems('cold', 'warmth', '-', 12),
    ...fakeItems('loud', 'noise', '+', 30),
  ];
  const count = (all: Iterable<Item>) =>
    ['warm', 'cold', 'loud'].map((id) => [...all].filter(({ persona }) => persona === id).length);
  assert.equal(count(leanOf(items)), [6, 4, 10]);
  const turns = items.map((_, k) => items[(k * 7) % items.length]!);
  assert.equal(count(leanOf(turns)), [6, 4, 10]);
});

test('groups are asked whole, and a third of them', () => {
  const [item] = fakeItems('role', 'role', '+', 1);
  const grouped = Array.from({ length: 30 }, (_, k) => ({ ...item!, id: `${k}`, group: `question ${k % 15}` }));
  const chosen = leanOf(grouped);
  const groups = new Set([...chosen].map(({ group }) => group));
  assert.equal([groups.size, chosen.size], [5, 10]);
});

test.run();
