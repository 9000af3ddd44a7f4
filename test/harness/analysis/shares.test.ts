// Shares: what n counts, what the interval counts, and what has none.

import * as assert from 'uvu/assert';
import { type Judged, shareOf } from '../../../harness/analysis/shares.ts';
import { boundedInterval } from '../../../harness/stats/bounded.ts';
import { suite } from '../../support/suite.ts';

const test = suite('shares');

const UNIT = { least: 0, most: 1 };
/** Items that are asked of both poles, with what each is worth to either. */
const poles = (...worth: readonly (readonly [number, number])[]): readonly Judged[] =>
  worth.flatMap((values, item) => values.map((value) => ({ unit: `i${item}`, value, chance: 0.5 })));
const times = <T>(n: number, value: T): readonly T[] => new Array<T>(n).fill(value);

test('n counts answers, and the interval items: poles of one item are no two observations', () => {
  const both = [...times(20, [1, 1] as const), ...times(10, [1, 0] as const), ...times(6, [0, 0] as const)];
  const share = shareOf(poles(...both));
  assert.is(share.n, 72);
  assert.is(share.value, 50 / 72);
  const [low, high] = boundedInterval([...times(20, 1), ...times(10, 0.5), ...times(6, 0)], UNIT);
  assert.equal([share.low, share.high], [low, high]);
  // Alike poles say less than independent ones, and opposed ones more.
  const width = (all: readonly Judged[]) => shareOf(all).high! - shareOf(all).low!;
  const alike = poles(...times(18, [1, 1] as const), ...times(18, [0, 0] as const));
  const opposed = poles(...times(17, [1, 0] as const), ...times(18, [0, 1] as const), [1, 1], [0, 0]);
  assert.ok(width(alike) > 3 * width(opposed), `${width(alike)} and ${width(opposed)}`);
});

test('what is 50 % by construction has no interval; what only happens to be has one', () => {
  const mirrored = poles(...times(10, [1, 0] as const), ...times(14, [0, 1] as const));
  assert.equal(shareOf(mirrored, { free: true }), { n: 48, value: 0.5, low: null, high: null });
  const stated = shareOf(mirrored);
  assert.ok(stated.low! < 0.5 && stated.high! > 0.5, 'poles that were stated could have been answered otherwise');
  const one = [...poles(...times(10, [1, 0] as const)), { unit: 'x', value: 1, chance: 0.5 }];
  assert.ok(shareOf(one, { free: true }).low !== null, 'an item of one pole is a test');
  const graded = poles([0.3, 0.7], [0.55, 0.45]);
  assert.is(shareOf(graded, { graded: true, free: true }).low, null);
});

test('items of unequal numbers of answers weigh by them, and the interval stays within 0 and 1', () => {
  const uneven = [
    ...poles(...times(12, [1, 1] as const)),
    ...times(6, 0).map((_, k) => ({ unit: `u${k}`, value: 1, chance: 0.5 })),
  ];
  const share = shareOf(uneven);
  assert.is(share.value, 1);
  assert.is(share.high, 1);
  assert.ok(share.low! > 0.7 && share.low! < 1);
  const mixed = shareOf([...uneven, { unit: 'v', value: 0, chance: 0.5 }]);
  assert.ok(mixed.low! < mixed.value && mixed.value < mixed.high! && mixed.high! <= 1);
});

test('graded answers have an interval of their mean, which is narrow where they are alike', () => {
  const answers = Array.from({ length: 100 }, (_, k) => ({
    unit: `i${k}`,
    value: 0.5 + 0.03 * Math.sin(k),
    chance: 0.5,
  }));
  const graded = shareOf(answers, { graded: true });
  assert.ok(graded.high! - graded.low! < 0.02, `${graded.low} to ${graded.high}`);
  // As right and wrong answers, which they are not, they would span 20 points.
});

test.run();
