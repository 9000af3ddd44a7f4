// What sets two personas apart: z of Eq. 8, the ratio, and the refusal where nothing does.

import * as assert from 'uvu/assert';
import type { TapSums } from '../../../gpu/index.ts';
import { RATIO_FLOOR, softplus, standardised } from '../../../harness/subnetworks/contrast.ts';
import { optionsOf } from '../../../harness/subnetworks/options.ts';
import { type Statistics, scoresOf } from '../../../harness/subnetworks/scores.ts';
import { suite } from '../../support/suite.ts';
import {
  activations,
  f32,
  type Given,
  llama,
  OPPOSITE,
  one,
  PERSONA,
  refused,
  scaled,
  sumsOf,
  vectors,
} from './shared.ts';

const test = suite('contrast');

test('contrastive-wanda is relu of z, and wanda where it is 0', () => {
  // z: (4-2)/sqrt(1+1), 0, (1-4)/eps.
  const score = one({ score: 'contrastive-wanda' });
  const fill = vectors(one({}))[0]!;
  assert.equal(score, { kind: 'filled', by: f32(1, 0, 0), fill });
  // With the sides swapped the signs are: z = -sqrt(2), 0, 3/eps.
  const swapped = one({ score: 'contrastive-wanda' }, { persona: [OPPOSITE], opposite: [PERSONA] }, 'low');
  const other = vectors(one({}, { persona: [OPPOSITE] }))[0]!;
  assert.equal(swapped, { kind: 'filled', by: f32(0, 0, 1), fill: other });
});

test("epsilon stands beside the root in the paper's z, under it in the code's", () => {
  // Means 4, 2, 3 against 2, 1, 2, variances 1 + 1, 0 + 0, 1 + 0: differences 2, 1, 1.
  const persona = [sumsOf([[[3, 2, 2]], [[5, 2, 4]]])];
  const opposite = [sumsOf([[[1, 1, 2]], [[3, 1, 2]]])];
  const z = (epsilon: string) => vectors(one({ score: 'contrastive-wanda', epsilon }, { persona, opposite }))[0]!;
  const eps = 1e-6 * 4; // of the greatest mean
  const paper = [2 / (Math.SQRT2 + eps), 1 / eps, 1 / (1 + eps)];
  assert.equal(z('paper'), f32(...paper.map((value) => value / paper[1]!)));
  const code = [2 / Math.sqrt(2 + 1e-6), 1 / 1e-3, 1 / Math.sqrt(1 + 1e-6)];
  const found = z('code');
  for (const [j, value] of code.entries()) assert.ok(Math.abs(found[j]! - value / 1000) < 1e-7, `${j}: ${found[j]}`);
});

/** Each sample says the same token so many times. */
const repeated = (...samples: readonly (readonly [token: readonly number[], times: number])[]) => [
  sumsOf(samples.map(([token, times]) => Array.from({ length: times }, () => token))),
];

test('texts of another length with the same activations per token have no contrast; the norms of the code have', () => {
  const short = repeated([[1, 2, 4], 2], [[3, 1, 2], 2]);
  const long = repeated([[1, 2, 4], 7], [[3, 1, 2], 7]);
  for (const statistic of ['rms', 'wanda', 'mean-abs'])
    for (const activation of ['relu', 'softplus']) {
      const contrast = { score: 'contrastive-wanda', statistic, activation };
      refused(() => one(contrast, { persona: long, opposite: short }), 'no-contrast', /same activations/);
    }
  // Norms of 7 tokens are sqrt(7/2) times those of 2: every channel is the longer side's, and none the shorter's.
  const code = { score: 'contrastive-wanda', statistic: 'code-l2' };
  assert.ok(vectors(one(code, { persona: long, opposite: short }))[0]!.every((value) => value > 0));
  assert.equal(vectors(one(code, { persona: short, opposite: long }))[0], f32(0, 0, 0));
});

test('z goes by what differs per token, whatever the lengths', () => {
  // Channel 0 is 1 or 3 on both sides, of 2 tokens against 7: z = 0. Channel 1 is 2, 4 against 1, 3: z = 1 / sqrt(1 + 1).
  // Channel 2 is 4, 2 against 6, 4: z = -2 / sqrt(1 + 1). Per token and by the root mean square alike.
  const persona = repeated([[1, 2, 4], 2], [[3, 4, 2], 2]);
  const opposite = repeated([[1, 1, 6], 7], [[3, 3, 4], 7]);
  for (const statistic of ['rms', 'mean-abs'] as const) {
    const z = (own: readonly TapSums[], other: readonly TapSums[]) =>
      standardised(own[0]!, other[0]!, statistic, 'paper');
    const [found, swapped] = [z(persona, opposite), z(opposite, persona)];
    const eps = 1e-6 * 5; // of the largest mean
    const wanted = [0, 1 / (Math.SQRT2 + eps), -2 / (Math.SQRT2 + eps)];
    wanted.forEach((value, j) => {
      assert.ok(Math.abs(found[j]! - value) < 1e-9, `${statistic}, channel ${j}: ${found[j]}`);
      assert.ok(Math.abs(swapped[j]! + value) < 1e-9);
    });
  }
});

test('no other contrast goes by length: shares of rows, the code’s standardised means, the ratio', () => {
  const short = repeated([[1, 2, 4], 2], [[3, 1, 2], 2]);
  const long = repeated([[1, 2, 4], 7], [[3, 1, 2], 7]);
  for (const given of [
    { score: 'contrastive-sparse' },
    { score: 'contrastive-sparse', statistic: 'mean-abs' },
    { score: 'contrastive-sparse', statistic: 'code-l2' }, // a common factor is no share
    { score: 'contrastive-sparse', rule: 'code' },
    { score: 'contrastive-ratio' },
    { score: 'contrastive-ratio', statistic: 'wanda' },
    { score: 'contrastive-ratio', statistic: 'mean-abs' },
  ])
    refused(() => one(given, { persona: long, opposite: short }), 'no-contrast', /same activations/);
});

test('softplus leaves no channel at 0', () => {
  const z = [Math.SQRT2, 0, -3 / 4e-6];
  const wanted = [Math.log1p(Math.exp(z[0]! / 2)), Math.LN2, Math.exp(-30)];
  const [by] = vectors(one({ score: 'contrastive-wanda', activation: 'softplus' }));
  for (const [j, value] of wanted.entries())
    assert.ok(Math.abs(by![j]! / (value / wanted[0]!) - 1) < 1e-5, `${j}: ${by![j]}`);
  assert.is(one({ score: 'contrastive-wanda', activation: 'softplus' }).kind, 'product');
  assert.is(softplus(0), Math.LN2);
  assert.is(softplus(800), 800);
  assert.ok(softplus(-800) > 0);
});

test('contrastive-ratio multiplies the size with its ratio to the opposite', () => {
  const of = (beta: number, more: Partial<Statistics> = {}) =>
    vectors(one({ score: 'contrastive-ratio', statistic: 'mean-abs', beta }, more))[0];
  // 4, 2, 1 over 2, 2, 4: A (A/B)^beta = 8, 2, 1/4 and 16, 2, 1/16.
  assert.equal(of(1), f32(1, 0.25, 1 / 32));
  assert.equal(of(2), f32(1, 0.125, 1 / 256));
  assert.equal(of(0), f32(1, 0.5, 0.25));
  // A silent channel of the opposite counts as a thousandth of its mean: 4 / (0.001 x 2).
  const silent = sumsOf([[[0, 2, 4]]]);
  const floor = RATIO_FLOOR * 2;
  const wanted = [16 / floor, 2, 0.25];
  assert.equal(of(1, { opposite: [silent] }), f32(...wanted.map((value) => value / wanted[0]!)));
  assert.equal(of(1, { opposite: [sumsOf([[[0, 0, 0]]])] }), f32(1, 0.5, 0.25));
});

test('a persona against itself is refused, not masked by the order of ties', () => {
  const cases: readonly Given[] = [
    { score: 'contrastive-wanda' },
    { score: 'contrastive-wanda', activation: 'softplus' },
    { score: 'contrastive-wanda', epsilon: 'code' },
    { score: 'contrastive-sparse' },
    { score: 'contrastive-sparse', rule: 'code' },
    { score: 'contrastive-ratio' },
  ];
  const matrices = llama(2, 4, 301);
  const persona = activations(1, matrices);
  for (const given of cases) {
    const against = (opposite: readonly TapSums[]) => () =>
      scoresOf(optionsOf(given), matrices, { persona, opposite }, 'high');
    refused(against(persona), 'no-contrast', /texts of their own/);
    // Nor does the rounding of another order of the same texts make a contrast, or each text given twice.
    const nudge = (values: Float64Array) => values.map((value, j) => value * (1 + 1e-14 * ((j % 3) - 1)));
    const rounded = persona.map((tap) => ({
      ...tap,
      sum: nudge(tap.sum),
      squares: nudge(tap.squares),
      norms: nudge(tap.norms),
      rms: nudge(tap.rms),
    }));
    refused(against(rounded), 'no-contrast', /texts of their own/);
    // One tap that differs is enough.
    const moved = persona.map((tap, k) => (k === 5 ? activations(2, matrices)[k]! : tap));
    against(moved)();
  }
  refused(() => one({ score: 'set-difference' }, { generic: [OPPOSITE] }), 'no-contrast', /same activations/);
});

test('where the sizes differ by a factor alone, shares of rows cannot tell them apart', () => {
  const opposite = [scaled(PERSONA, 3)];
  refused(() => one({ score: 'contrastive-sparse' }, { opposite }), 'no-contrast', /same/);
  assert.is(one({ score: 'contrastive-wanda' }, { opposite }).kind, 'filled');
});

test('sums of another model are refused by the name of the matrix', () => {
  refused(
    () => one({}, { persona: [sumsOf([[[1, 2]]])] }),
    'bad-statistics',
    /q_proj\.weight needs sums of 3 channels: there are those of 2/,
  );
  refused(() => one({}, { persona: [] }), 'bad-statistics', /there are none/);
  refused(() => one({}, { persona: [{ ...PERSONA, tokens: 0 }] }), 'no-tokens', /tokens: all/);
});

test.run();
