// A checkpoint that holds more of the network than config.json describes.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { BenchError } from '../../base/error.ts';
import { loadEngine } from '../../gpu/index.ts';
import { temporaryFolder } from '../support/folders.ts';
import { type RandomModel, writeRandomModel } from '../support/random-model.ts';
import { type Tensor, writeSafetensors } from '../support/safetensors.ts';

/** Loads a model with `extra` tensors under a config with `changed` fields; null, or what was refused. */
async function load(
  model: RandomModel,
  { extra = {}, changed = {} }: { extra?: Record<string, readonly number[]>; changed?: Record<string, unknown> },
): Promise<BenchError | null> {
  const folder = temporaryFolder();
  const { config, tensors } = await writeRandomModel(folder, model);
  const more = Object.entries(extra).map(([name, shape]): [string, Tensor] => [
    name,
    { shape, format: 'f32', values: new Float32Array(shape.reduce((product, n) => product * n, 1)) },
  ]);
  await writeSafetensors(join(folder, 'model.safetensors'), new Map([...tensors, ...more]));
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, ...changed }));
  try {
    await (await loadEngine(folder)).dispose();
    return null;
  } catch (error) {
    assert.ok(error instanceof BenchError, String(error));
    assert.is(error.code, 'bad-weights');
    assert.match(error.where ?? '', /model\.safetensors$/);
    assert.match(error.hint ?? '', /one model/);
    return error;
  }
}

const LLAMA: RandomModel = { family: 'llama', seed: 1 };
const GPT2: RandomModel = { family: 'gpt2', seed: 1 };

test('a config with fewer layers than the weights', async () => {
  const error = await load(LLAMA, { changed: { num_hidden_layers: 1 } });
  assert.match(error!.message, /model\.layers\.1\.\S+ belongs to layer 1, and config\.json describes 1 layers/);
  assert.match((await load(GPT2, { changed: { n_layer: 1 } }))!.message, /transformer\.h\.1\.\S+ belongs to layer 1/);
});

test('biases and norms that the config does not know of', async () => {
  for (const [name, shape] of [
    ['model.layers.0.self_attn.q_proj.bias', [32]],
    ['model.layers.1.self_attn.q_norm.weight', [8]],
    ['model.layers.1.mlp.experts.weight', [4, 4]],
    ['model.norm.bias', [32]],
    ['lm_head.bias', [97]],
  ] as const) {
    const error = await load(LLAMA, { extra: { [name]: shape } });
    assert.ok(error!.message.includes(`tensor ${name} is stored, and the network`), error!.message);
  }
  for (const [model, name, shape] of [
    [{ family: 'mistral', seed: 1 }, 'model.layers.0.self_attn.sinks', [4]],
    [{ family: 'qwen2', seed: 1 }, 'model.layers.0.self_attn.q_norm.weight', [8]],
    [{ family: 'qwen2', seed: 1 }, 'model.layers.0.self_attn.o_proj.bias', [32]],
    [{ family: 'qwen3', seed: 1 }, 'model.layers.1.self_attn.k_proj.bias', [32]],
    [{ family: 'gpt_neox', seed: 1, attentionBias: false }, 'gpt_neox.layers.0.attention.dense.bias', [32]],
  ] as const) {
    const error = await load(model, { extra: { [name]: shape } });
    assert.ok(error!.message.includes(`tensor ${name} is stored, and the network`), error!.message);
  }
  const untied = { ...LLAMA, tied: false };
  assert.match((await load(untied, { extra: { 'lm_head.bias': [97] } }))!.message, /lm_head\.bias is stored/);
});

test('what is no part of the network is ignored: tables, masks, other heads, a copy of a tied head', async () => {
  const tables = { 'model.layers.0.self_attn.rotary_emb.inv_freq': [4], 'score.weight': [2, 32] };
  assert.is(await load(LLAMA, { extra: { ...tables, 'lm_head.weight': [97, 32] } }), null);
  const sequential: RandomModel = { family: 'gpt_neox', seed: 1, parallel: false };
  const bools = { 'gpt_neox.layers.0.attention.bias': [1, 1, 128, 128] };
  const angles = {
    'gpt_neox.layers.1.attention.rotary_emb.inv_freq': [1],
    'gpt_neox.layers.1.attention.masked_bias': [],
  };
  assert.is(await load(sequential, { extra: { ...bools, ...angles } }), null);
  const masks = { 'transformer.h.0.attn.bias': [1, 1, 128, 128], 'transformer.h.0.attn.masked_bias': [1] };
  assert.is(await load(GPT2, { extra: masks }), null);
});

test('an empty tensor holds nothing that could be left out', async () => {
  for (const name of ['model.layers.0.self_attn.q_proj.bias', 'model.layers.7.extra', 'lm_head.bias']) {
    assert.is(await load(LLAMA, { extra: { [name]: [0] } }), null, name);
  }
});

test.run();
