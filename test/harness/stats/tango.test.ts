// Tango's score interval against his published example, maximum likelihood by SciPy (test/fixtures/stats/make.py), and its
// coverage with few changed items, counted over all outcomes.

import * as assert from 'uvu/assert';
import { binomialPmf } from '../../../harness/stats/binomial.ts';
import { type TangoInterval, tangoInterval, tangoScore } from '../../../harness/stats/tango.ts';
import fixtures from '../../fixtures/stats/values.json' with { type: 'json' };
import { test } from '../../support/suite.ts';

const near = (got: number, want: number, within: number, what: string) =>
  assert.ok(Math.abs(got - want) <= within, `${what}: ${got} is not within ${within} of ${want}`);

test('contact lenses: none gained, one lost of 44, margin 0.1: z = 1.709, lower bound -0.096 (Tango 1998)', () => {
  near(tangoScore({ up: 0, down: 1, n: 44 }, 0.1), 1.709, 5e-4, 'z');
  near(tangoInterval({ up: 0, down: 1, n: 44 }).lowerBound, -0.096, 5e-4, 'lower bound');
});

test('the score with the likelihood maximised numerically', () => {
  for (const [up, down, n, margin, want] of fixtures.tango as [number, number, number, number, number][]) {
    near(tangoScore({ up, down, n }, margin), want, 1e-6, `${up}, ${down} of ${n}`);
  }
});

test('at no margin the score is that of McNemar', () => {
  near(tangoScore({ up: 12, down: 5, n: 100 }, 0), 7 / Math.sqrt(17), 1e-12, 'z');
  assert.is(tangoScore({ up: 0, down: 0, n: 100 }, 0), 0);
});

test('exchanging the sides mirrors the interval; nothing changed is not nothing known', () => {
  const [one, other] = [tangoInterval({ up: 9, down: 2, n: 60 }), tangoInterval({ up: 2, down: 9, n: 60 })];
  near(one.low, -other.high, 1e-12, 'low');
  near(one.lowerBound, -other.upperBound, 1e-12, 'lower bound');
  // Without a change the score is z = sqrt(n margin / (1 - margin)), so the bound is z^2 / (n + z^2).
  const z2 = 1.6448536269514722 ** 2;
  near(tangoInterval({ up: 0, down: 0, n: 60 }).upperBound, z2 / (60 + z2), 1e-12, 'none changed');
  assert.is(tangoInterval({ up: 60, down: 0, n: 60 }).high, 1);
  near(tangoInterval({ up: 0, down: 60, n: 60 }).low, -1, 1e-12, 'all lost');
});

test('95 % intervals of 60 items cover 93 to 98 % even where 3 change on average', () => {
  const n = 60;
  const cached = new Map<string, TangoInterval>();
  for (const [discordance, drop] of [
    [0.05, 0],
    [0.07, 0.03],
    [0.1, 0.05],
    [0.16, 0.04],
    [0.3, 0.1],
  ] as const) {
    let covered = 0;
    for (let changed = 0; changed <= n; changed++) {
      const chance = binomialPmf(changed, n, discordance);
      if (chance < 1e-7) continue;
      for (let down = 0; down <= changed; down++) {
        const key = `${changed} ${down}`;
        const found = cached.get(key) ?? tangoInterval({ up: changed - down, down, n });
        cached.set(key, found);
        if (found.low <= -drop && -drop <= found.high) {
          covered += chance * binomialPmf(down, changed, (1 + drop / discordance) / 2);
        }
      }
    }
    assert.ok(covered > 0.93 && covered < 0.98, `${discordance}, ${drop}: ${covered}`);
  }
});

test('counts that do not fit are an error', () => {
  const bad = (e: { code: string }) => e.code === 'bad-statistics';
  for (const [up, down, n] of [
    [-1, 0, 5],
    [3, 3, 5],
    [0, 0, 0],
    [Number.NaN, 0, 5],
  ] as const) {
    assert.throws(() => tangoInterval({ up, down, n }), bad);
  }
  assert.throws(() => tangoInterval({ up: 0, down: 0, n: 5 }, 1), bad);
});

test.run();
