// Group-sequential boundaries against published constants and against simulation.

import * as assert from 'uvu/assert';
import { BenchError } from '../../../base/error.ts';
import { normalQuantile } from '../../../harness/stats/normal.ts';
import { rngOf } from '../../../harness/stats/rng.ts';
import { boundaries, crossings, obrienFleming, pocock, power } from '../../../harness/stats/sequential.ts';
import { suite } from '../../support/suite.ts';

const test = suite('sequential');
const equal = (looks: number): readonly number[] => Array.from({ length: looks }, (_, k) => (k + 1) / looks);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const bad = (error: unknown) => error instanceof BenchError && error.code === 'bad-statistics';
const near = (found: number, want: number, within: number, what: string) =>
  assert.ok(Math.abs(found - want) < within, `${what}: ${found}, ${want}`);

test('the spending functions give the boundaries that Lan and DeMets published for five looks at 0.025', () => {
  const published = [
    [obrienFleming, [4.8769, 3.3569, 2.6803, 2.2898, 2.031]],
    [pocock, [2.438, 2.4268, 2.4101, 2.3966, 2.3859]],
  ] as const;
  for (const [spending, want] of published) {
    const found = boundaries(equal(5), 0.025, spending);
    found.forEach(({ z }, k) => {
      near(z, want[k]!, 2e-4, `look ${k + 1}`);
    });
    near(found.at(-1)!.spent, 0.025, 1e-12, 'all is spent at the end');
  }
});

test('the constants of Pocock and of O’Brien and Fleming are crossed with chance 0.025', () => {
  // Two-sided 0.05 (Jennison & Turnbull 2000, tables 2.1 and 2.3); of both sides crossed next to nothing.
  const constants = [
    [2, 2.178, 1.977],
    [3, 2.289, 2.004],
    [4, 2.361, 2.024],
    [5, 2.413, 2.04],
    [10, 2.555, 2.087],
  ] as const;
  for (const [looks, even, rising] of constants) {
    const t = equal(looks);
    near(
      sum(
        crossings(
          t,
          t.map(() => even),
        ),
      ),
      0.025,
      1e-4,
      `Pocock, ${looks} looks`,
    );
    near(
      sum(
        crossings(
          t,
          t.map((share) => rising / Math.sqrt(share)),
        ),
      ),
      0.025,
      1e-4,
      `O'Brien-Fleming, ${looks} looks`,
    );
  }
});

test('what is spent is what is crossed, at looks that are not equal', () => {
  const t = [0.2, 0.5, 0.55, 1];
  for (const spending of [obrienFleming, pocock, power(1.5), power(3)]) {
    const found = boundaries(t, 0.05, spending);
    const now = crossings(
      t,
      found.map(({ z }) => z),
    );
    let so = 0;
    t.forEach((share, k) => {
      so += now[k]!;
      near(so, spending(share, 0.05), 1e-9, `look ${k + 1}`);
      near(
        found[k]!.level,
        share === t[0] ? spending(share, 0.05) : found[k]!.level,
        1e-12,
        'the first look spends its own',
      );
    });
  }
  const rng = rngOf(7);
  const z = boundaries(t, 0.05, power(1.5)).map((one) => one.z);
  const rounds = 40_000;
  let crossed = 0;
  for (let round = 0; round < rounds; round++) {
    let score = 0;
    for (const [k, share] of t.entries()) {
      const step = share - (t[k - 1] ?? 0);
      score += Math.sqrt(step) * normalQuantile(rng.next() || 0.5);
      if (score / Math.sqrt(share) <= z[k]!) continue;
      crossed++;
      break;
    }
  }
  near(crossed / rounds, 0.05, 0.0035, 'drawn');
});

test('one look is the fixed test, and levels rise with alpha, as Holm needs', () => {
  const [once] = boundaries([1], 0.05, obrienFleming);
  near(once!.z, 1.6448536269514722, 1e-9, 'one look');
  const t = equal(4);
  const levels = [0.01, 0.0125, 0.025, 0.05].map((alpha) =>
    boundaries(t, alpha, obrienFleming).map((one) => one.level),
  );
  for (const [k, own] of levels.entries())
    for (const [look, level] of own.entries()) assert.ok(level > (levels[k - 1]?.[look] ?? 0), `${k}, ${look}`);
});

test('looks that do not rise, and levels that are none, are refused', () => {
  for (const t of [[], [0.5, 0.5, 1], [0.5, 1.2], [Number.NaN, 1]])
    assert.throws(() => boundaries(t, 0.05, pocock), bad);
  for (const alpha of [0, 0.5, Number.NaN]) assert.throws(() => boundaries([1], alpha, pocock), bad);
  assert.throws(() => crossings([0.5, 1], [2]), bad);
});

test.run();
