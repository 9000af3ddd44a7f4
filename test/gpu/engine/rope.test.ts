// Rotary tables: frequencies by hand for each scaling, and f32 tables of f64 angles.

import * as assert from 'uvu/assert';
import { ropeFrequencies, ropeTables } from '../../../gpu/engine/forward/rope.ts';
import { test } from '../../support/suite.ts';

const near = (found: number, expected: number): void =>
  assert.ok(Math.abs(found - expected) <= 1e-12 * Math.abs(expected), `${found} instead of ${expected}`);

test('unscaled: base^(-2i/dims)', () => {
  const found = ropeFrequencies({ base: 10000, dims: 8 });
  [1, 0.1, 0.01, 0.001].forEach((expected, pair) => {
    near(found[pair]!, expected);
  });
});

test('linear: every frequency is divided', () => {
  const found = ropeFrequencies({ base: 10000, dims: 4, scale: { kind: 'linear', factor: 4 } });
  [0.25, 0.0025].forEach((expected, pair) => {
    near(found[pair]!, expected);
  });
});

test('Llama 3: short waves stay, long ones are stretched, those between blend', () => {
  const scale = {
    kind: 'llama3',
    factor: 8,
    lowFrequency: 1,
    highFrequency: 4,
    originalPositions: 100 * Math.PI,
  } as const;
  // Turns in the original context are 50 * frequency: 50 (kept), 5 (kept), 0.5 and 0.05 (stretched).
  const ends = ropeFrequencies({ base: 10000, dims: 8, scale });
  [1, 0.1, 0.01 / 8, 0.001 / 8].forEach((expected, pair) => {
    near(ends[pair]!, expected);
  });
  // base 400: pair 1 has frequency 0.05, so 2.5 turns, half way from 1 to 4.
  near(ropeFrequencies({ base: 400, dims: 4, scale })[1]!, 0.5 * 0.05 + (0.5 * 0.05) / 8);
});

test('tables are the f32 nearest to cosine and sine of position * frequency', () => {
  const { cos, sin } = ropeTables({ base: 10000, dims: 4 }, 5000);
  assert.is(cos.length, 10000);
  assert.equal([cos[0], sin[0]], [1, 0]);
  assert.is(cos[2 * 4999], Math.fround(Math.cos(4999)));
  assert.is(sin[2 * 4999 + 1], Math.fround(Math.sin(49.99)));
});

test.run();
