// The exact twin of power, and deciding n, against sums over all outcomes (test/fixtures/stats/make.py), simulation and closed forms.

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { mcnemar } from '../../../harness/stats/mcnemar.ts';
import { itemsToDecide, itemsToDecideGraded, itemsToReject } from '../../../harness/stats/power.ts';
import { rngOf } from '../../../harness/stats/rng.ts';
import { tQuantile } from '../../../harness/stats/t.ts';
import { tangoInterval } from '../../../harness/stats/tango.ts';
import fixtures from '../../fixtures/stats/values.json' with { type: 'json' };
import { mcnemarPower } from '../../support/exact-power.ts';
import { test } from '../../support/suite.ts';

const near = (got: number, want: number, within: number, what: string) =>
  assert.ok(Math.abs(got - want) <= within, `${what}: ${got} is not within ${within} of ${want}`);
const bad = (e: { code: string }) => e.code === 'bad-statistics';

test('the sum over every outcome of n items', () => {
  for (const [n, discordance, drop, alpha, margin, want] of fixtures.power as [
    number,
    number,
    number,
    number,
    number,
    number,
  ][]) {
    near(mcnemarPower({ n, discordance, drop, alpha, margin }), want, 1e-9, `${n}, ${discordance}, ${drop}`);
  }
});

test('simulated: 240 items, a tenth change, 5 points are lost, with and without a margin', () => {
  const rng = rngOf(8);
  const rounds = 4000;
  let [found, beyond] = [0, 0];
  for (let round = 0; round < rounds; round++) {
    let [up, down] = [0, 0];
    for (let item = 0; item < 240; item++) {
      const u = rng.next();
      if (u < 0.025) up++;
      else if (u < 0.1) down++;
    }
    const significant = mcnemar({ up, down }).less < 0.05;
    if (significant) found++;
    if (significant && down - up >= 12) beyond++;
  }
  const design = { n: 240, discordance: 0.1, drop: 0.05 };
  near(mcnemarPower(design), found / rounds, 0.02, 'power');
  near(mcnemarPower({ ...design, margin: 0.05 }), beyond / rounds, 0.02, 'power with a margin');
});

test('property: power rises with the drop and is below alpha without one', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 5, max: 200 }),
      fc.double({ min: 0.02, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (n, discordance, share) => {
        const at = (drop: number) => mcnemarPower({ n, discordance, drop });
        assert.ok(at(0) < 0.05);
        assert.ok(at(share * discordance) >= at(share * 0.9 * discordance) - 1e-12);
      },
    ),
    { seed: 3, numRuns: 60 },
  );
});

test("the deciding n is the least at which Tango's bound clears the margin", () => {
  for (const [up, down, n, margin, decides] of [
    [10, 12, 240, 0.02, 'above'],
    [3, 9, 240, 0.02, 'below'],
    [0, 0, 10, 0.05, 'above'],
    [20, 8, 240, 0, 'above'],
  ] as const) {
    const found = itemsToDecide({ up, down, n }, { margin })!;
    assert.is(found.decides, decides);
    const clears = (items: number) => {
      const scale = items / n;
      const { lowerBound, upperBound } = tangoInterval({ up: up * scale, down: down * scale, n: items });
      return decides === 'above' ? lowerBound > -margin : upperBound < -margin;
    };
    assert.ok(clears(found.n), `${found.n}`);
    assert.not(clears(found.n - 1), `${found.n - 1}`);
  }
});

test('on the margin, or beyond the bound, no n decides', () => {
  assert.is(itemsToDecide({ up: 2, down: 4, n: 100 }, { margin: 0.02 }), null);
  assert.is(itemsToDecide({ up: 10, down: 12, n: 240 }, { margin: 0.02, most: 100 }), null);
  assert.is(itemsToDecide({ up: 0, down: 0, n: 100 }, { margin: 0 }), null);
  assert.is(itemsToDecideGraded({ mean: -0.02, sd: 0.3 }, { margin: 0.02 }), null);
});

test('graded: the least n whose t bound clears the margin', () => {
  const found = itemsToDecideGraded({ mean: 0.01, sd: 0.25 }, { margin: 0.02 })!;
  const half = (n: number) => (tQuantile(0.95, n - 1) * 0.25) / Math.sqrt(n);
  assert.is(found.decides, 'above');
  assert.ok(half(found.n) < 0.03 && half(found.n - 1) >= 0.03, `${found.n}`);
  // (z s / excess)^2 = 187.9, and one or two for t.
  near(found.n, 189, 2, 'near the normal formula');
  assert.is(itemsToDecideGraded({ mean: -0.2, sd: 0.25 }, { margin: 0.02 })!.decides, 'below');
  assert.is(itemsToDecideGraded({ mean: 0.1, sd: 0 }, { margin: 0.02 })!.n, 5);
});

test('designs that make no sense are errors', () => {
  assert.throws(() => itemsToDecide({ up: 3, down: 3, n: 5 }, { margin: 0 }), bad);
  assert.throws(() => itemsToDecide({ up: 1, down: 1, n: 5 }, { margin: 0, alpha: 0.6 }), bad);
  assert.throws(() => itemsToDecideGraded({ mean: 0, sd: -1 }, { margin: 0 }), bad);
});

test('so many items that the exact test rejects: one fewer, and it does not', () => {
  // Of 3 lost and none won in 60, five lost are p = 1/32.
  assert.is(itemsToReject({ up: 0, down: 3, n: 60 }, { alpha: 0.05 }), 100);
  const changed = { up: 2, down: 8, n: 240 };
  const n = itemsToReject(changed, { alpha: 0.05 })!;
  const at = (items: number) => mcnemar({ up: Math.ceil((2 * items) / 240), down: Math.floor((8 * items) / 240) }).less;
  assert.ok(at(n) < 0.05 && at(n - 1) >= 0.05, `${n}`);
  assert.is(itemsToReject({ up: 3, down: 3, n: 60 }, { alpha: 0.05 }), null);
});

test.run();
