// What sets the families apart in config.json: windows, rotations, sizes left out, and what belongs to another family.

import * as assert from 'uvu/assert';
import { readSpec } from '../../formats/checkpoint/read-spec.ts';
import { type Config, familyConfig as family, refusedSpec as refused, without } from '../support/config.ts';
import { FAMILIES } from '../support/folders.ts';
import { test } from '../support/suite.ts';

const llama = family('llama3');

test('sliding windows: Mistral has one in every layer, Qwen where it is switched on, from a layer on', () => {
  const windows = (config: Config): readonly number[] => readSpec(config, 'x').windows;
  const mistral = family('mistral');
  assert.equal(windows(mistral), [16, 16, 16]);
  assert.equal(windows({ ...mistral, sliding_window: null }), [0, 0, 0]);
  assert.equal(windows(without(mistral, 'sliding_window')), [4096, 4096, 4096]);
  const qwen = { ...family('qwen2'), num_hidden_layers: 4, sliding_window: 8 };
  assert.equal(windows(qwen), [0, 0, 0, 0]);
  assert.equal(windows({ ...qwen, use_sliding_window: true }), [0, 0, 0, 0], 'max_window_layers is 28');
  assert.equal(windows({ ...qwen, use_sliding_window: true, max_window_layers: 2 }), [0, 0, 8, 8]);
  const types = ['sliding_attention', 'full_attention', 'sliding_attention', 'full_attention'];
  assert.equal(windows({ ...qwen, use_sliding_window: true, layer_types: types }), [8, 0, 8, 0]);
  refused({ ...qwen, layer_types: types }, 'bad-model', /sliding_window/, /published/);
  refused({ ...qwen, layer_types: ['full_attention'] }, 'bad-model', /layer_types is 1.*list of 4/, /published/);
});

test('Qwen3 has its own head size, biases by choice, and norms of queries and keys', () => {
  const qwen3 = family('qwen3');
  const spec = readSpec(qwen3, 'x');
  assert.equal([spec.headSize, spec.qkNorm, spec.qkvBias, spec.outBias], [16, true, false, false]);
  assert.is(readSpec(without(qwen3, 'head_dim'), 'x').headSize, 128, "transformers' default, not hidden / heads");
  const biased = readSpec({ ...qwen3, attention_bias: true }, 'x');
  assert.equal([biased.qkvBias, biased.outBias, biased.mlpBias], [true, true, false]);
});

test('GPT-NeoX turns a part of each head, and chooses how the residuals join', () => {
  const neox = family('gpt_neox');
  const spec = readSpec(neox, 'x');
  assert.equal([spec.rope?.dims, spec.headSize, spec.parallel, spec.qkvByHead], [4, 16, true, true]);
  assert.is(readSpec(family('gpt_neox-sequential'), 'x').parallel, false);
  assert.is(readSpec({ ...neox, rotary_pct: 1 }, 'x').rope?.dims, 16);
  assert.is(readSpec(without(neox, 'rotary_pct'), 'x').rope?.dims, 4);
  assert.is(readSpec({ ...neox, rotary_emb_base: 500 }, 'x').rope?.base, 500);
  assert.equal(readSpec({ ...neox, attention_bias: false }, 'x').outBias, false);
  refused({ ...neox, rotary_pct: 0.2 }, 'bad-model', /rotary_pct is 0\.2.*3 of 16/, /published/);
  refused({ ...neox, rotary_pct: 0 }, 'bad-model', /rotary_pct is 0/, /published/);
});

test('keys and values where the config does not count them: the default of the class; null is one for each head', () => {
  const count = (config: Config): number => readSpec({ ...config, num_attention_heads: 32, head_dim: 8 }, 'x').kvHeads;
  for (const [name, absent] of [
    ['llama3', 32],
    ['mistral', 8],
    ['qwen2', 32],
    ['qwen3', 32],
  ] as const) {
    assert.is(count(without(family(name), 'num_key_value_heads')), absent, name);
    assert.is(count({ ...family(name), num_key_value_heads: null }), 32, name);
  }
  const missing = without(family('mistral'), 'num_key_value_heads');
  refused(missing, 'bad-model', /num_key_value_heads is missing.*1 to 5/, /published/);
  const twelve = { ...missing, num_attention_heads: 12 };
  refused(twelve, 'bad-model', /num_key_value_heads is missing.*divisor of num_attention_heads \(12\)/, /published/);
});

test('a rotation that the config states twice must be one', () => {
  const neox = family('gpt_neox');
  const both = { rope_theta: 10000, rope_type: 'default', partial_rotary_factor: 0.25 };
  assert.equal(readSpec({ ...neox, partial_rotary_factor: 0.25, rope_parameters: both }, 'x'), readSpec(neox, 'x'));
  const bad = (config: Config, message: RegExp): void => refused(config, 'bad-model', message, /published/);
  bad(
    { ...neox, rope_parameters: { ...both, partial_rotary_factor: 0.5 } },
    /rotary_pct is 0\.25.*0\.5, as partial_rotary_factor is/,
  );
  bad({ ...neox, rotary_emb_base: 500, rope_theta: 1e4 }, /rotary_emb_base is 500.*10000, as rope_theta is/);
  bad(
    { ...neox, rotary_pct: null, rope_parameters: { partial_rotary_factor: 0.1 } },
    /rope_parameters\.partial_rotary/,
  );
  bad({ ...family('mistral'), rope_parameters: { rope_theta: 5e5 } }, /rope_theta is 10000.*500000, as rope_theta is/);
  bad({ ...llama, rope_parameters: { rope_type: 'default' } }, /rope_scaling is .*the scaling of rope_parameters/);
  assert.equal(readSpec({ ...llama, rope_parameters: llama.rope_scaling }, 'x').rope, readSpec(llama, 'x').rope);
});

test('what another family would do is refused, not ignored', () => {
  const bad = (name: string, patch: Config, message: RegExp, hint: RegExp): void =>
    refused({ ...family(name), ...patch }, 'unsupported-model', message, hint);
  for (const name of FAMILIES) {
    bad(name, { attn_logit_softcapping: 50 }, /attn_logit_softcapping 50 is not supported/, /without it/);
    bad(name, { final_logit_softcapping: 30.5 }, /final_logit_softcapping 30\.5/, /without it/);
    bad(name, { attention_sink: true }, /attention_sink true/, /without it/);
    bad(name, { residual_multiplier: 0.22 }, /residual_multiplier 0\.22/, /^supported: 1, or/);
    bad(name, { num_local_experts: 8 }, /num_local_experts 8/, /^supported: 0, or/);
    const plain = { attn_logit_softcapping: null, residual_multiplier: 1, num_experts: 0, use_mrope: false };
    assert.equal(readSpec({ ...family(name), ...plain }, 'x'), readSpec(family(name), 'x'));
  }
  for (const name of ['llama3', 'gpt2', 'gpt_neox']) {
    bad(name, { sliding_window: 16 }, /sliding_window 16/, /without it/);
    assert.equal(readSpec({ ...family(name), sliding_window: null, use_sliding_window: false }, 'x').windows.at(-1), 0);
  }
  bad('qwen2', { dual_chunk_attention_config: { chunk_size: 1 } }, /dual_chunk_attention_config \{/, /without it/);
});

test('scalings of positions that the engine does not follow, in every family that turns', () => {
  for (const name of FAMILIES.filter((one) => one !== 'gpt2')) {
    for (const type of ['yarn', 'dynamic', 'longrope', 'su', 'mrope']) {
      const base = without(without(family(name), 'rope_scaling'), 'rope_theta');
      const message = new RegExp(`rope_(type|scaling\\.type) "${type}"`);
      const supported = /^supported: default, linear, llama3$/;
      refused({ ...base, rope_scaling: { type, factor: 4 } }, 'unsupported-model', message, supported);
      refused({ ...base, rope_parameters: { rope_type: type } }, 'unsupported-model', message, supported);
    }
    const perKind = { full_attention: { rope_type: 'default' }, sliding_attention: { rope_type: 'linear', factor: 8 } };
    const base = without(family(name), 'rope_scaling');
    refused(
      { ...base, rope_parameters: perKind },
      'unsupported-model',
      /rope_parameters\.full_attention/,
      /all layers/,
    );
    refused(
      { ...base, rope_scaling: { mrope_section: [1] } },
      'unsupported-model',
      /mrope_section \[1\]/,
      /all layers/,
    );
  }
});

test('a head of an odd size is named by the field that makes it odd', () => {
  const bad = (config: Config, message: RegExp): void => refused(config, 'bad-model', message, /published/);
  for (const name of ['llama3', 'mistral', 'qwen2', 'qwen3']) {
    bad({ ...family(name), head_dim: 13 }, /head_dim is 13, and must be such that an even number/);
  }
  for (const name of ['llama3', 'mistral', 'qwen2']) {
    const sizes = { num_attention_heads: 4, num_key_value_heads: 4, hidden_size: 52 };
    const absent = { ...without(family(name), 'head_dim'), ...sizes };
    bad(absent, /num_attention_heads is 4, and must be such that an even number of dimensions is rotated \(13 of 13/);
    bad({ ...absent, hidden_size: 50 }, /num_attention_heads is 4, and must be a divisor of hidden_size \(50\)/);
  }
  bad({ ...family('gpt_neox'), hidden_size: 51, rotary_pct: 1 }, /num_attention_heads is 3.*17 of 17/);
  bad({ ...family('gpt_neox'), hidden_size: 50 }, /num_attention_heads is 3.*divisor of hidden_size/);
  assert.is(readSpec({ ...family('gpt_neox'), hidden_size: 51 }, 'x').rope?.dims, 4, 'an even part of an odd head');
});

test.run();
