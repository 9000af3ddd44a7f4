// Vectors of a contrast: against closed forms, and the control that has only their size.

import * as assert from 'uvu/assert';
import { firstComponent, meanDifference, randomLike, requireContrast } from '../../../baselines/steering/vectors.ts';
import { normals } from '../../support/random-model.ts';
import { test } from '../../support/suite.ts';

const HIDDEN = 5;
const LAYERS = 2;
const normal = normals(3);
const states = (count: number): readonly Float32Array[] =>
  Array.from({ length: count }, () => Float32Array.from({ length: LAYERS * HIDDEN }, normal));
const norm = (vector: ArrayLike<number>): number => Math.hypot(...Array.from(vector));
const cosine = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, value, i) => sum + value * b[i]!, 0) / (norm(a) * norm(b));

test('the mean difference is that of the means, whatever the counts', () => {
  const [a, b] = [states(7), states(4)];
  const found = meanDifference(a, b, HIDDEN);
  assert.is(found.length, LAYERS);
  for (const [layer, vector] of found.entries()) {
    for (const [i, value] of vector.entries()) {
      const mean = (all: readonly Float32Array[]) =>
        all.reduce((sum, one) => sum + one[layer * HIDDEN + i]! / all.length, 0);
      assert.ok(Math.abs(value - (mean(a) - mean(b))) < 1e-6);
    }
  }
});

test('the first component finds the direction in which pairs differ, with the sign of most and the size of the mean', () => {
  const direction = Float64Array.from([3, 0, -4, 0, 0], (value) => value / 5);
  const base = states(40);
  const shifted = base.map((one, pair) =>
    one.map((value, at) => {
      // Two pairs in ten go the other way; a little noise stays.
      const along = (pair % 10 < 2 ? -1 : 1) * (1 + pair / 40) * direction[at % HIDDEN]!;
      return value + along + 0.01 * normal();
    }),
  );
  const means = meanDifference(shifted, base, HIDDEN);
  firstComponent(shifted, base, HIDDEN).forEach((vector, layer) => {
    const expected = Float32Array.from(direction);
    assert.ok(cosine(vector, expected) > 0.999, `${cosine(vector, expected)}`);
    assert.ok(Math.abs(norm(vector) - norm(means[layer]!)) < 1e-5);
  });
  const turned = firstComponent(base, shifted, HIDDEN);
  assert.ok(cosine(turned[0]!, Float32Array.from(direction)) < -0.999);
});

test('a random vector has the norms and nothing else, and follows from its seed', () => {
  const like = meanDifference(states(3), states(3), 5).map((vector) => vector);
  const [one, again, other] = [randomLike(like, 4), randomLike(like, 4), randomLike(like, 5)];
  assert.equal(one, again);
  assert.not.equal(one, other);
  for (const [layer, vector] of one.entries()) assert.ok(Math.abs(norm(vector) - norm(like[layer]!)) < 1e-5);
  const wide = [Float32Array.from({ length: 4096 }, normal)];
  assert.ok(Math.abs(cosine(randomLike(wide, 1)[0]!, wide[0]!)) < 0.08);
});

test('poles without a contrast are an error', () => {
  const same = states(3);
  assert.throws(
    () => requireContrast(meanDifference(same, same, HIDDEN), 'personas.x'),
    (error: { code: string; where: string; hint: string }) =>
      error.code === 'no-contrast' && error.where === 'personas.x' && error.hint.length > 0,
  );
});

test.run();
