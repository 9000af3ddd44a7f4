// config.json -> Spec: both spellings, published configs, and everything that must be refused by name.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { BenchError } from '../../base/error.ts';
import { loadSpec, readSpec } from '../../formats/checkpoint/read-spec.ts';
import { type Config, familyConfig as family, readConfig, refusedSpec as refused, without } from '../support/config.ts';
import { FAMILIES, fixture, temporaryFolder } from '../support/folders.ts';
import { test } from '../support/suite.ts';

const llama = family('llama3');
const gpt2 = family('gpt2');

for (const name of FAMILIES) {
  test(`${name}: the spelling of transformers 5 reads as that of 4`, async () => {
    const old = await loadSpec(fixture(`families/${name}`));
    assert.equal(readSpec(readConfig(fixture(`families/${name}/config.v5.json`)), 'v5'), old);
  });
}

test('llama3: every field', () => {
  assert.equal(readSpec(llama, 'x'), {
    family: 'llama',
    layers: 2,
    hidden: 48,
    heads: 4,
    kvHeads: 2,
    headSize: 12,
    ffn: 80,
    vocab: 128,
    maxPositions: 128,
    norm: 'rms',
    normEps: 1e-5,
    activation: 'silu',
    gated: true,
    parallel: false,
    rope: {
      base: 10000,
      dims: 12,
      scale: { kind: 'llama3', factor: 8, lowFrequency: 1, highFrequency: 4, originalPositions: 32 },
    },
    learnedPositions: false,
    qkvBias: false,
    outBias: false,
    mlpBias: false,
    qkNorm: false,
    qkvByHead: false,
    tied: false,
    headBias: false,
    windows: [0, 0],
  });
});

test('GPT-2 as first published leaves out n_inner, tie_word_embeddings and the activation', () => {
  const published = {
    model_type: 'gpt2',
    n_ctx: 1024,
    n_embd: 768,
    n_head: 12,
    n_layer: 12,
    n_positions: 1024,
    vocab_size: 50257,
  };
  const spec = readSpec(published, 'x');
  assert.equal(
    [spec.ffn, spec.tied, spec.activation, spec.headSize, spec.kvHeads, spec.normEps, spec.rope, spec.qkvBias],
    [3072, true, 'gelu-tanh', 64, 12, 1e-5, null, true],
  );
});

test('Llama 2 as first published leaves out the newer fields', () => {
  const config = {
    model_type: 'llama',
    ...{
      hidden_size: 4096,
      num_hidden_layers: 32,
      num_attention_heads: 32,
      intermediate_size: 11008,
      vocab_size: 32000,
    },
  };
  const spec = readSpec(config, 'x');
  assert.equal(
    [spec.kvHeads, spec.headSize, spec.normEps, spec.maxPositions, spec.tied, spec.rope, spec.outBias],
    [32, 128, 1e-6, 2048, false, { base: 10000, dims: 128 }, false],
  );
});

test('attention_bias is on q, k, v and o, mlp_bias on the MLP', () => {
  const attention = readSpec({ ...llama, attention_bias: true }, 'x');
  assert.equal([attention.qkvBias, attention.outBias, attention.mlpBias], [true, true, false]);
  const mlp = readSpec({ ...llama, mlp_bias: true }, 'x');
  assert.equal([mlp.qkvBias, mlp.outBias, mlp.mlpBias], [false, false, true]);
});

test('head size from the config need not be hidden / heads', () => {
  assert.is(readSpec({ ...llama, head_dim: 20 }, 'x').headSize, 20);
});

test('linear scaling, in the old and the new spelling', () => {
  const old = readSpec({ ...llama, rope_theta: 5e5, rope_scaling: { type: 'linear', factor: 2 } }, 'x');
  const now = { ...without(without(llama, 'rope_scaling'), 'rope_theta') };
  const v5 = readSpec({ ...now, rope_parameters: { rope_type: 'linear', factor: 2, rope_theta: 5e5 } }, 'x');
  assert.equal(old.rope, { base: 5e5, dims: 12, scale: { kind: 'linear', factor: 2 } });
  assert.equal(v5.rope, old.rope);
});

test('what the engine cannot run is refused with what it can', () => {
  const bad = (patch: Config, message: RegExp, hint: RegExp, base = llama): void =>
    refused({ ...base, ...patch }, 'unsupported-model', message, hint);
  bad({ model_type: 'mamba' }, /model_type "mamba"/, /llama, mistral, qwen2, qwen3, gpt2, gpt_neox/);
  bad({ architectures: ['LlamaForSequenceClassification'] }, /LlamaForSequenceClassification/, /LlamaForCausalLM/);
  bad({ hidden_act: 'relu' }, /hidden_act "relu"/, /silu.*gelu_new/);
  bad({ rope_scaling: { rope_type: 'yarn', factor: 4 } }, /rope_scaling\.rope_type "yarn"/, /default, linear, llama3/);
  bad({ rope_parameters: { rope_type: 'dynamic' } }, /rope_parameters\.rope_type "dynamic"/, /default, linear, llama3/);
  bad({ partial_rotary_factor: 0.5 }, /partial_rotary_factor 0\.5/, /1/);
  bad({ quantization_config: { bits: 4 } }, /quantization_config/, /F32, F16 or BF16/);
  bad({ scale_attn_weights: false }, /scale_attn_weights false/, /true/, gpt2);
  bad({ scale_attn_by_inverse_layer_idx: true }, /scale_attn_by_inverse_layer_idx true/, /false/, gpt2);
  bad({ add_cross_attention: true }, /add_cross_attention true/, /false/, gpt2);
  bad(
    { layer_types: ['full_attention', 'sliding_attention'] },
    /layer_types "sliding_attention"/,
    /^supported: full_attention$/,
  );
  bad(
    { layer_types: ['full_attention', 'linear_attention'] },
    /"linear_attention"/,
    /sliding_attention/,
    family('qwen3'),
  );
});

test('a field that is missing, of the wrong type or out of range is named with its value', () => {
  const bad = (patch: Config, message: RegExp): void =>
    refused({ ...llama, ...patch }, 'bad-model', message, /published/);
  refused(without(llama, 'vocab_size'), 'bad-model', /vocab_size is missing.*integer from 1/, /published/);
  refused(without(llama, 'model_type'), 'bad-model', /model_type is missing.*llama, mistral/, /published/);
  bad({ hidden_size: null }, /hidden_size is missing/);
  bad({ hidden_size: '48' }, /hidden_size is "48"/);
  bad({ hidden_size: 2 ** 40 }, /hidden_size is 1099511627776.*131072/);
  bad({ num_hidden_layers: 0 }, /num_hidden_layers is 0/);
  bad({ num_hidden_layers: 1e9 }, /num_hidden_layers is 1000000000/);
  bad({ num_hidden_layers: 2.5 }, /num_hidden_layers is 2\.5/);
  bad({ vocab_size: -1 }, /vocab_size is -1/);
  bad({ vocab_size: 2 ** 31 }, /vocab_size is 2147483648/);
  bad({ max_position_embeddings: 2 ** 40 }, /max_position_embeddings is 1099511627776/);
  bad({ num_key_value_heads: 3 }, /num_key_value_heads is 3.*divisor of num_attention_heads \(4\)/);
  bad({ num_key_value_heads: 8 }, /num_key_value_heads is 8/);
  bad(
    { head_dim: null, num_attention_heads: 5, num_key_value_heads: 5 },
    /num_attention_heads is 5.*divisor of hidden_size/,
  );
  bad({ head_dim: 13 }, /head_dim is 13.*even/);
  bad({ head_dim: 2 ** 20 }, /head_dim is 1048576/);
  bad(
    { head_dim: null, hidden_size: 2 ** 17, num_attention_heads: 1, num_key_value_heads: 1 },
    /num_attention_heads is 1,/,
  );
  bad({ rms_norm_eps: -1 }, /rms_norm_eps is -1/);
  bad({ rms_norm_eps: 'tiny' }, /rms_norm_eps is "tiny"/);
  bad({ tie_word_embeddings: 1 }, /tie_word_embeddings is 1/);
  bad({ attention_bias: 'no' }, /attention_bias is "no"/);
  bad({ rope_theta: 0 }, /rope_theta is 0/);
  bad({ rope_scaling: [] }, /rope_scaling is \[\].*object/);
  bad({ rope_scaling: { rope_type: 'linear' } }, /rope_scaling\.factor is missing/);
  const scaling = llama.rope_scaling as Config;
  bad({ rope_scaling: { ...scaling, high_freq_factor: 1 } }, /high_freq_factor is 1.*above low_freq_factor/);
  bad(
    { rope_scaling: without(scaling, 'original_max_position_embeddings') },
    /original_max_position_embeddings is missing/,
  );
  bad({ architectures: 'LlamaForCausalLM' }, /architectures is "LlamaForCausalLM".*list/);
});

test('a config that is no object', () => {
  for (const config of [null, [], 7, 'llama']) {
    assert.throws(
      () => readSpec(config, 'x'),
      (error: unknown) =>
        error instanceof BenchError && error.code === 'bad-model' && /must be an object/.test(error.message),
    );
  }
});

test('inherited names are no families', () => {
  refused({ ...llama, model_type: 'constructor' }, 'unsupported-model', /"constructor"/, /llama, mistral/);
});

test('config.json that is no JSON, not UTF-8, or too long', async () => {
  for (const [content, message] of [
    [Buffer.from('{"model_type": '), /cannot be read as JSON/],
    [Buffer.of(0x22, 0xff, 0x22), /not UTF-8/],
    [Buffer.alloc(2 ** 24 + 1, ' '), /16777217 bytes long, and 16777216 are allowed/],
  ] as const) {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'config.json'), content);
    const error = await loadSpec(folder).catch((reason: unknown) => reason);
    assert.ok(error instanceof BenchError);
    assert.is(error.code, 'bad-model');
    assert.match(error.message, message);
    assert.is(error.where, join(folder, 'config.json'));
  }
});

test.run();
