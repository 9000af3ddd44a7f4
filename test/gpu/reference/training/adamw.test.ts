// The f64 gradients and AdamW against ten training steps that PEFT and PyTorch took in f64 (test/fixtures/families), and
// AdamW by hand.

import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { openCheckpoint } from '../../../../formats/checkpoint/open.ts';
import { loadSpec } from '../../../../formats/checkpoint/read-spec.ts';
import { headerLength, parseHeader } from '../../../../formats/safetensors/header.ts';
import { type Gradients, gradients, readNetwork } from '../../../../gpu/reference/network/gradients.ts';
import { type AdamWState, adamw } from '../../../../gpu/reference/training/adamw.ts';
import { dot, gap } from '../../../support/differences.ts';
import { fixture } from '../../../support/folders.ts';
import { test } from '../../../support/suite.ts';

interface Golden {
  readonly r: number;
  readonly lora_alpha: number;
  readonly optimizer: {
    readonly lr: number;
    readonly betas: readonly [number, number];
    readonly eps: number;
    readonly weight_decay: number;
  };
  readonly sequences: readonly (readonly number[])[];
  readonly target_positions: readonly (readonly number[])[];
  readonly losses: readonly number[];
  readonly loss_after_step_10: number;
  readonly grad_norms_step_1: Readonly<Record<string, number>>;
  readonly grad_norms_step_10: Readonly<Record<string, number>>;
}

/** Losses have six decimals; transformers works out norms and rotary angles in f32, which moves a log-prob by 2e-6. */
const LOSS_TOLERANCE = 2e-6;
const NORM_TOLERANCE = 1e-5;
/** The final tensors are f32, and a f32 rerun of theirs moved an element by 3.6e-6. */
const TENSOR_TOLERANCE = 1e-5;

type Tensors = Map<string, { readonly a: Float64Array; readonly b: Float64Array }>;
const WHICH = { A: 'a', B: 'b' } as const;

const nameOf = (key: string): readonly [name: string, which: 'a' | 'b'] => {
  const [, weight, letter] = /^base_model\.model\.(.*)\.lora_([AB])\.weight$/.exec(key)!;
  return [`${weight}.weight`, WHICH[letter as 'A' | 'B']];
};

/** An adapter as PEFT writes it, in f32. */
function readAdapter(path: string): Tensors {
  const bytes = readFileSync(path);
  const length = headerLength(bytes, bytes.length, path);
  const parts = new Map<string, { a?: Float64Array; b?: Float64Array }>();
  const { entries } = parseHeader(bytes.subarray(8, 8 + length), bytes.length - 8 - length, path);
  for (const { name: key, dtype, begin, end } of entries) {
    assert.is(dtype, 'F32');
    const [name, which] = nameOf(key);
    const data = Uint8Array.from(bytes.subarray(8 + length + begin, 8 + length + end));
    parts.set(name, { ...parts.get(name), [which]: Float64Array.from(new Float32Array(data.buffer)) });
  }
  return parts as Tensors;
}

function meetsNorms(found: Gradients['tensors'], golden: Readonly<Record<string, number>>): void {
  assert.is(Object.keys(golden).length, 2 * found.size);
  for (const [key, norm] of Object.entries(golden)) {
    const [name, which] = nameOf(key);
    const gradient = found.get(name)![which];
    const mine = Math.sqrt(dot(gradient, gradient));
    assert.ok(Math.abs(mine - norm) <= NORM_TOLERANCE * norm, `${key}: norm ${mine} instead of ${norm}`);
  }
}

test('ten steps of AdamW on llama3: loss before each, gradient norms of the first and the last, and what they leave', async () => {
  const golden: Golden = JSON.parse(readFileSync(fixture('families/adapters/training.json'), 'utf8'));
  const folder = fixture('families/llama3');
  const spec = await loadSpec(folder);
  const checkpoint = await openCheckpoint(folder);
  const network = await readNetwork(spec, checkpoint);
  await checkpoint.close();
  const samples = golden.sequences.map((ids, s) => {
    const positions = golden.target_positions[s]!;
    const from = positions[0]!;
    assert.equal(
      positions,
      Array.from(positions, (_, i) => from + i),
    );
    return { tokens: Uint32Array.from(ids), from, to: from + positions.length };
  });
  const { lr: rate, betas, eps, weight_decay: decay } = golden.optimizer;
  const [beta1, beta2] = betas;
  const { r: rank, lora_alpha: alpha } = golden;

  let tensors = readAdapter(fixture('families/adapters/training_init.safetensors'));
  const states = new Map<string, AdamWState>();
  const at = (): Gradients => gradients(spec, network, { rank, alpha, tensors }, samples);
  assert.is(golden.losses.length, 10);
  for (const [index, expected] of golden.losses.entries()) {
    const step = index + 1;
    const { loss, tensors: found } = at();
    assert.ok(Math.abs(loss - expected) <= LOSS_TOLERANCE, `step ${step}: loss ${loss} instead of ${expected}`);
    if (step === 1) meetsNorms(found, golden.grad_norms_step_1);
    if (step === 10) meetsNorms(found, golden.grad_norms_step_10);
    const move = (name: string, which: 'a' | 'b', from: Float64Array): Float64Array => {
      const key = `${name} ${which}`;
      const state = states.get(key) ?? { first: new Float64Array(from.length), second: new Float64Array(from.length) };
      const hyper = { rate, beta1, beta2, eps, decay, step };
      const moved = adamw(from, found.get(name)![which], state, hyper);
      states.set(key, moved.state);
      return moved.parameter;
    };
    tensors = new Map([...tensors].map(([name, { a, b }]) => [name, { a: move(name, 'a', a), b: move(name, 'b', b) }]));
  }
  const { loss } = at();
  assert.ok(Math.abs(loss - golden.loss_after_step_10) <= LOSS_TOLERANCE, `loss ${loss} at the end`);
  const final = readAdapter(fixture('families/adapters/training_step10.safetensors'));
  assert.is(final.size, tensors.size);
  for (const [name, expected] of final) {
    for (const which of ['a', 'b'] as const) {
      const off = gap(tensors.get(name)![which], expected[which]);
      assert.ok(off < TENSOR_TOLERANCE, `${name} ${which}: off by ${off}`);
    }
  }
});

test('two steps of AdamW by hand', () => {
  const options = { rate: 0.1, beta1: 0.5, beta2: 0.75, eps: 1, decay: 0.2 };
  const none = { first: [0], second: [0] };
  const one = adamw([2], [4], none, { ...options, step: 1 });
  // m = 2 and v = 4 become 4 and 16: 2 - 0.1 * 0.2 * 2 - 0.1 * 4 / (4 + 1).
  assert.equal([one.state.first[0], one.state.second[0]], [2, 4]);
  assert.ok(Math.abs(one.parameter[0]! - 1.88) < 1e-15);
  const two = adamw(one.parameter, [0], one.state, { ...options, step: 2 });
  // m = 1 over 3/4 and v = 3 over 7/16.
  const moved = 1.88 * 0.98 - (0.1 * 4) / 3 / (Math.sqrt(48 / 7) + 1);
  assert.ok(Math.abs(two.parameter[0]! - moved) < 1e-15);
  // Without a gradient only the decay moves a parameter.
  assert.equal(adamw([1], [0], none, { ...options, step: 1 }).parameter, Float64Array.of(0.98));
});

test.run();
