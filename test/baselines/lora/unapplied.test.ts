// Adapters that update the output head or the embedding, or hold whole weights: refused with the modules and the reason.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { BenchError } from '../../../base/error.ts';
import { type AdapterModel, readAdapter, readAdapterTensors } from '../../../baselines/lora/peft.ts';
import { inspectWeights } from '../../../formats/checkpoint/inspect.ts';
import { fixture, shared, temporaryFolder } from '../../support/folders.ts';
import { type Tensor, writeSafetensors } from '../../support/safetensors.ts';
import { suite } from '../../support/suite.ts';

const test = suite('what adapters hold beside updates of layers');
const ROOT = 'base_model.model.';

async function modelOf(name: string): Promise<AdapterModel> {
  const { matrices, digest: weights, family } = await inspectWeights(fixture(`families/${name}`));
  return { matrices, weights, family };
}

async function refusal(work: Promise<unknown>): Promise<BenchError> {
  const error = await work.then(
    () => assert.unreachable('it was taken'),
    (reason: unknown) => reason,
  );
  assert.is((error as BenchError).code, 'bad-adapter', `${(error as Error).stack}`);
  return error as BenchError;
}

const zeros = (...shape: number[]): Tensor => ({
  shape,
  values: new Float32Array(shape.reduce((a, b) => a * b)),
  format: 'f32',
});

/** An adapter with a sound pair on the first matrix of the model, and `more`. */
async function read(name: string, more: Record<string, Tensor>): Promise<unknown> {
  const model = await modelOf(name);
  const [info] = model.matrices;
  const prefix = name.startsWith('gpt2') ? 'transformer.' : '';
  const stem = info!.name.replace(/\.weight$/, '');
  const module = `${ROOT}${stem.startsWith(prefix) ? '' : prefix}${stem}`;
  const file = join(temporaryFolder(), 'adapter_model.safetensors');
  await writeSafetensors(
    file,
    new Map(
      Object.entries({
        [`${module}.lora_A.weight`]: zeros(4, info!.columns),
        [`${module}.lora_B.weight`]: zeros(info!.rows, 4),
        ...more,
      }),
    ),
  );
  return readAdapterTensors(file, model, 4);
}

test('updates of the head and the embedding are named, in every family', async () => {
  for (const [name, head, embedding] of [
    ['llama3', 'lm_head', 'model.embed_tokens'],
    ['gpt2', 'lm_head', 'transformer.wte'],
    ['gpt_neox', 'embed_out', 'gpt_neox.embed_in'],
  ] as const) {
    await read(name, {});
    const ofHead = await refusal(
      read(name, { [`${ROOT}${head}.lora_A.weight`]: zeros(4, 8), [`${ROOT}${head}.lora_B.weight`]: zeros(8, 4) }),
    );
    assert.match(ofHead.message, new RegExp(`it updates "${head}" \\(the output head\\), and only`));
    assert.match(ofHead.hint ?? '', /merge_and_unload/);
    const low = { [`${ROOT}${embedding}.lora_embedding_A`]: zeros(4, 8) };
    assert.match((await refusal(read(name, low))).message, new RegExp(`updates "${embedding}" \\(the embedding\\)`));
    const saved = { [`${ROOT}${embedding}.weight`]: zeros(8, 8), [`${ROOT}${head}.weight`]: zeros(8, 8) };
    const { message } = await refusal(read(name, saved));
    assert.match(message, new RegExp(`has full weights of .*"${embedding}" \\(the embedding\\)`));
    assert.match(message, new RegExp(`"${head}" \\(the output head\\)`));
  }
});

test('whole weights, trained tokens and many modules at once are told as what they are', async () => {
  const norm = { [`${ROOT}model.layers.0.input_layernorm.weight`]: zeros(8) };
  assert.match((await refusal(read('llama3', norm))).message, /full weights of "model\.layers\.0\.input_layernorm"/);
  const tokens = { [`${ROOT}model.embed_tokens.token_adapter.trainable_tokens_delta`]: zeros(2, 8) };
  assert.match((await refusal(read('llama3', tokens))).message, /updates "model\.embed_tokens" \(the embedding\)/);
  const both = { ...tokens, ...norm };
  assert.match((await refusal(read('llama3', both))).message, /it updates .* and has full weights of /);
  const many = Array.from({ length: 9 }, (_, k) => [`${ROOT}model.layers.${k}.input_layernorm.weight`, zeros(8)]);
  assert.match((await refusal(read('llama3', Object.fromEntries(many)))).message, / and 5 more,/);
  const elsewhere = { [`${ROOT}model.layers.40.self_attn.q_proj.lora_A.weight`]: zeros(4, 8), ...norm };
  assert.match((await refusal(read('llama3', elsewhere))).message, /q_proj.*updates nothing that this model has/);
});

test("an empty tensor updates nothing and stands in nobody's way", async () => {
  await read('llama3', { [`${ROOT}extra.weight`]: zeros(0) });
});

test("the adapters of the field's bug reports", async () => {
  const cases = shared('cases/lora-head');
  if (cases === null) return;
  const model = await modelOf('llama3');
  const adapter = await readAdapter(join(cases, 'control'), model);
  assert.is(adapter.tensors.size, 2);
  const head = await refusal(readAdapter(join(cases, 'adapter'), model));
  assert.match(head.message, /it updates "lm_head" \(the output head\)/);
  assert.match((await refusal(readAdapter(join(cases, 'modules-to-save'), model))).message, /"modules_to_save"/);
  // The same weights where the config does not name them, as PEFT's save_embedding_layers leaves them.
  const file = join(cases, 'modules-to-save', 'adapter_model.safetensors');
  assert.ok(readFileSync(file).length > 0);
  const saved = await refusal(readAdapterTensors(file, model, 4));
  assert.match(saved.message, /has full weights of "lm_head" \(the output head\)/);
});

test.run();
