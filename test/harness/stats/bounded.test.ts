// Intervals of means that know their range: exact coverage of right and wrong answers, simulated coverage of graded ones and of
// differences, and what no interval can do.

import * as assert from 'uvu/assert';
import { mean } from '../../../base/grouped.ts';
import { atMost, binomialPmf } from '../../../harness/stats/binomial.ts';
import { boundedInterval, type Interval, type Range } from '../../../harness/stats/bounded.ts';
import { normalQuantile } from '../../../harness/stats/normal.ts';
import { rngOf } from '../../../harness/stats/rng.ts';
import { suite } from '../../support/suite.ts';

const test = suite('bounded intervals');

const UNIT: Range = { least: 0, most: 1 };
const SIZES = [24, 60, 120, 240, 480] as const;
const MEANS = [0.9, 0.95, 0.98, 0.99, 0.995, 0.998] as const;
const near = (a: number, b: number, limit: number) => assert.ok(Math.abs(a - b) <= limit, `${a} is not ${b}`);
const rightOf = (right: number, n: number): readonly number[] =>
  Array.from({ length: n }, (_, k) => (k < right ? 1 : 0));

/** By enumeration. */
function exactCoverage(intervals: readonly Interval[], n: number, p: number): number {
  return intervals.reduce((sum, [low, high], k) => sum + (low <= p && p <= high ? binomialPmf(k, n, p) : 0), 0);
}

/** The least coverage of 93 % or more that any run of counts has at p: no interval without a coin can come closer from above. */
function leastAttainable(n: number, p: number): number {
  let best = 1;
  for (let from = 0; from <= n; from++) {
    let sum = 0;
    for (let to = from; to <= n && sum < 0.93; to++) {
      sum += binomialPmf(to, n, p);
      if (sum >= 0.93) best = Math.min(best, sum);
    }
  }
  return best;
}

test('right and wrong answers: coverage of 93 to 97 %, or the least that the counts allow', () => {
  const beyond: string[] = [];
  for (const n of SIZES) {
    const intervals = Array.from({ length: n + 1 }, (_, k) => boundedInterval(rightOf(k, n), UNIT));
    for (const p of MEANS) {
      const coverage = exactCoverage(intervals, n, p);
      // 60 answers at 95 %: 92.4 %, where 94.4 % could be had at the cost of a wider interval elsewhere.
      assert.ok(coverage >= (n === 60 && p === 0.95 ? 0.92 : 0.9285), `${n} at ${p}: ${coverage}`);
      if (coverage <= 0.97) continue;
      assert.ok(coverage <= leastAttainable(n, p) + 1e-9, `${n} at ${p}: ${coverage}`);
      beyond.push(`${n} at ${100 * p} %: ${(100 * coverage).toFixed(1)}`);
    }
    const all = Array.from({ length: 99 }, (_, k) => exactCoverage(intervals, n, 0.9 + k / 1000));
    assert.ok(mean(all) > 0.94 && mean(all) < 0.975, `${n}: ${mean(all)} in the mean`);
  }
  assert.equal(beyond, [
    '24 at 90 %: 97.2',
    '24 at 95 %: 97.0',
    '24 at 98 %: 98.8',
    '24 at 99 %: 97.6',
    '24 at 99.5 %: 99.4',
    '60 at 99 %: 97.8',
    '60 at 99.8 %: 99.3',
    '120 at 99.5 %: 97.7',
    '120 at 99.8 %: 97.6',
    '240 at 99.8 %: 98.7',
    '480 at 99.8 %: 98.3',
  ]);
});

test('it is the mid-P interval of a share, by the binomial distribution', () => {
  for (const [right, n] of [
    [20, 24],
    [50, 60],
    [110, 120],
    [150, 240],
    [476, 480],
  ] as const) {
    const [low, high] = boundedInterval(rightOf(right, n), UNIT);
    const midP = (p: number) => atMost(right, n, p) - binomialPmf(right, n, p) / 2;
    near(midP(high), 0.025, 0.004);
    near(1 - midP(low), 0.025, 0.004);
  }
  const [low, high] = boundedInterval(rightOf(24, 24), UNIT);
  near(low, 0.05 ** (1 / 24), 1e-12); // P(all right) / 2 = 0.025
  assert.is(high, 1);
});

const rng = rngOf(180_518);
const normal = () => normalQuantile(Math.min(1 - 1e-12, Math.max(1e-12, rng.next())));

/** Of the mean `centre` over draws of n values each; and how often an interval left the range. */
function coverageOf(
  draw: () => number,
  {
    n,
    centre,
    range = UNIT,
    runs = 600,
    graded = false,
  }: {
    n: number;
    centre: number;
    range?: Range;
    runs?: number;
    graded?: boolean;
  },
): { coverage: number; width: number } {
  const known = new Map<string, Interval>();
  let [hits, width] = [0, 0];
  for (let run = 0; run < runs; run++) {
    const values = Array.from({ length: n }, draw).sort((a, b) => a - b);
    const key = graded ? '' : values.join();
    const interval = known.get(key) ?? boundedInterval(values, range, { graded });
    if (!graded) known.set(key, interval);
    const [low, high] = interval;
    const average = mean(values);
    assert.ok(low >= range.least && high <= range.most, `${interval} leaves the range`);
    assert.ok(low <= average + 1e-9 && average - 1e-9 <= high, `${interval} is not around ${average}`);
    if (low - 1e-12 <= centre && centre <= high + 1e-12) hits++;
    width += (high - low) / runs;
  }
  return { coverage: hits / runs, width };
}

/** An item asked of both poles, `repeats` times each: the mean of answers that its own difficulty makes alike. */
const item = (p: number, answers: number, alike: number) => (): number => {
  const shared = normal() * Math.sqrt(alike);
  const cut = normalQuantile(p);
  let right = 0;
  for (let k = 0; k < answers; k++) right += shared + normal() * Math.sqrt(1 - alike) < cut ? 1 : 0;
  return right / answers;
};

test('poles, wordings and orders averaged: not below 93 % near the ceiling, where a t interval covers 8 to 90 %', () => {
  for (const [answers, alike] of [
    [2, 0],
    [2, 0.5],
    [4, 0.3],
    [6, 0.6],
  ] as const) {
    for (const n of [24, 60, 240]) {
      for (const p of [0.9, 0.95, 0.99, 0.998]) {
        const { coverage } = coverageOf(item(p, answers, alike), { n, centre: p, runs: 300 });
        // 300 runs of 95 %: a standard error of 1.3 points.
        assert.ok(coverage >= 0.915, `${answers} answers alike by ${alike}, ${n} at ${p}: ${coverage}`);
      }
    }
  }
});

test('differences to a constant, with few changed answers or many: within -c and 1 - c', () => {
  for (const n of [24, 60, 240, 480]) {
    for (const [up, down] of [
      [0.02, 0],
      [0.1, 0.02],
      [0.3, 0.05],
      [0.95, 0.01],
    ] as const) {
      const draw = () => {
        const u = rng.next();
        return u < up ? 0.5 : u < up + down ? -0.5 : 0;
      };
      const range = { least: -0.5, most: 0.5 };
      const { coverage } = coverageOf(draw, { n, centre: (up - down) / 2, range, runs: 400 });
      assert.ok(coverage >= 0.915, `${n}, ${up} up and ${down} down: ${coverage}`);
    }
  }
});

test('graded values: 93 to 97 % of them far from the ends, without the width of an end that none is near', () => {
  const logistic = (centre: number, spread: number) => () => 1 / (1 + Math.exp(-(centre + spread * normal())));
  for (const [n, centre, spread, least, most] of [
    [24, 0, 0.2, 0.93, 0.985],
    [60, 0, 0.2, 0.93, 0.975],
    [240, 0, 0.2, 0.93, 0.97],
    [60, 0, 2, 0.93, 0.975],
    [60, 3, 1, 0.93, 0.975],
    [240, 3, 1, 0.93, 0.98],
    [240, 5, 1, 0.93, 0.98],
  ] as const) {
    const draw = logistic(centre, spread);
    const truth = mean(Array.from({ length: 200_000 }, draw));
    const { coverage, width } = coverageOf(draw, { n, centre: truth, runs: 500, graded: true });
    const name = `${n} of ${truth.toFixed(3)}, spread ${spread}`;
    assert.ok(coverage >= least - 0.02 && coverage <= most + 0.01, `${name}: ${coverage}`);
    if (spread === 0.2) {
      // 2 x 1.96 standard errors of values with a standard deviation of 0.05.
      assert.ok(width < (1.45 * 2 * 1.96 * 0.05) / Math.sqrt(n), `${name}: ${width} wide`);
    }
  }
});

test('by hand: all alike, one value, mirror images; wider at another level', () => {
  const alike = boundedInterval(new Array(24).fill(0.5), UNIT);
  near(alike[0], 1 - alike[1], 1e-12);
  near(alike[1], 0.5 + 0.5 * (1 - 0.05 ** (1 / 24)), 1e-12); // one of 24 to the end would not be rejected
  near(boundedInterval([1], UNIT)[0], 0.05, 1e-12);
  const values = [0, 0.5, 0.5, 1, 1, 1, 1, 0.25, 1, 1];
  const [low, high] = boundedInterval(values, UNIT);
  const mirrored = boundedInterval(
    values.map((value) => 1 - value),
    UNIT,
  );
  near(mirrored[0], 1 - high, 1e-8);
  near(mirrored[1], 1 - low, 1e-8);
  const shifted = boundedInterval(
    values.map((value) => value - 0.5),
    { least: -0.5, most: 0.5 },
  );
  near(shifted[0], low - 0.5, 1e-8);
  const wide = boundedInterval(values, UNIT, { alpha: 0.01 });
  assert.ok(wide[0] < low && wide[1] > high);
  const shuffled = [...values].reverse();
  assert.equal(boundedInterval(shuffled, UNIT), [low, high], 'the order of the values does not matter');
});

test('what is no mean of a range is refused', () => {
  const refused = (values: readonly number[], range: Range, alpha?: number) =>
    assert.throws(
      () => boundedInterval(values, range, alpha === undefined ? {} : { alpha }),
      (error: { code: string }) => error.code === 'bad-statistics',
    );
  refused([], UNIT);
  refused([0.5, 1.1], UNIT);
  refused([Number.NaN], UNIT);
  refused([0.5], { least: 1, most: 1 });
  refused([0.5], UNIT, 0);
});

test.run();
