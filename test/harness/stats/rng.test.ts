// The seeded source: the same numbers for a seed, other ones for another, within their bounds.

import * as assert from 'uvu/assert';
import { rngOf } from '../../../harness/stats/rng.ts';
import { test } from '../../support/suite.ts';

test('a seed repeats itself, another differs', () => {
  const draw = (seed: number): number[] => {
    const rng = rngOf(seed);
    return Array.from({ length: 50 }, () => rng.next());
  };
  assert.equal(draw(3), draw(3));
  assert.not.equal(draw(3), draw(4));
  assert.ok(draw(0).every((x) => x >= 0 && x < 1));
  assert.is(new Set(draw(0)).size, 50);
});

test('below(n) reaches 0 and n - 1, and nothing else', () => {
  const rng = rngOf(1);
  const seen = new Set(Array.from({ length: 200 }, () => rng.below(3)));
  assert.equal([...seen].sort(), [0, 1, 2]);
  assert.is(rng.below(1), 0);
});

test.run();
