// Tied embeddings as files store them: under either name, under both, and with a head that differs from the embedding.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { BenchError } from '../../../base/error.ts';
import { inspectModel, modelNotes } from '../../../formats/checkpoint/inspect.ts';
import { openCheckpoint } from '../../../formats/checkpoint/open.ts';
import { loadSpec } from '../../../formats/checkpoint/read-spec.ts';
import { DENSE, loadEngine } from '../../../gpu/index.ts';
import { referenceModel } from '../../../gpu/reference/network/forward.ts';
import { shared, temporaryFolder } from '../../support/folders.ts';
import { type RandomModel, randomTokens, writeRandomModel } from '../../support/random-model.ts';
import { type Tensor, writeSafetensors } from '../../support/safetensors.ts';
import { test } from '../../support/suite.ts';

const IDS = randomTokens(5, 12, 97);

async function logprobs(folder: string, ids: Uint32Array = IDS): Promise<readonly number[]> {
  const engine = await loadEngine(folder);
  try {
    const [scored] = await engine.score([{ tokens: ids, from: 1, variant: DENSE }]);
    return Array.from(scored!.logprobs);
  } finally {
    await engine.dispose();
  }
}

/** A folder with the model's tensors as `change` leaves them. */
async function stored(
  model: RandomModel,
  change: (tensors: Map<string, Tensor>) => void,
  config: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const folder = temporaryFolder();
  const made = await writeRandomModel(folder, model);
  const tensors = new Map(made.tensors);
  change(tensors);
  await writeSafetensors(join(folder, 'model.safetensors'), tensors);
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...made.config, ...config }));
  return folder;
}

const FAMILIES: readonly (readonly [RandomModel, embedding: string, head: string])[] = [
  [{ family: 'llama', seed: 11 }, 'model.embed_tokens.weight', 'lm_head.weight'],
  [{ family: 'llama', seed: 11, prefix: false }, 'embed_tokens.weight', 'lm_head.weight'],
  [{ family: 'gpt2', seed: 12 }, 'transformer.wte.weight', 'lm_head.weight'],
  [{ family: 'gpt2', seed: 12, prefix: false }, 'wte.weight', 'lm_head.weight'],
  [{ family: 'gpt_neox', seed: 13, tied: true }, 'gpt_neox.embed_in.weight', 'embed_out.weight'],
];

for (const [model, embedding, head] of FAMILIES) {
  const name = `${model.family}${model.prefix === false ? ' without a prefix' : ''}`;

  test(`${name}: one tensor for embedding and head is taken under either name, and under both`, async () => {
    const expected = await logprobs(await stored(model, () => {}));
    const renamed = await stored(model, (tensors) => {
      tensors.set(head, tensors.get(embedding)!);
      tensors.delete(embedding);
    });
    assert.equal(await logprobs(renamed), expected);
    const both = await stored(model, (tensors) => tensors.set(head, tensors.get(embedding)!));
    assert.equal(await logprobs(both), expected);
    assert.equal(await modelNotes(both), []);
    assert.equal(await modelNotes(renamed), []);
  });

  test(`${name}: a stored head that differs in one number is the head, and is told`, async () => {
    const differing = (tensors: Map<string, Tensor>): void => {
      const own = tensors.get(embedding)!;
      const values = Float32Array.from(own.values);
      values[values.length - 1]! += 0.5;
      tensors.set(head, { ...own, values });
    };
    const tied = await stored(model, differing);
    const untied = await stored(model, differing, { tie_word_embeddings: false });
    assert.equal(await logprobs(tied), await logprobs(untied));
    assert.not.equal(await logprobs(tied), await logprobs(await stored(model, () => {})));
    const [note, ...more] = await modelNotes(tied);
    assert.match(note ?? '', new RegExp(`store ${head} that differs.*the stored head is used`));
    assert.equal([more, await modelNotes(untied)], [[], []]);
    const checkpoint = await openCheckpoint(tied);
    const twin = await referenceModel(await loadSpec(tied), checkpoint);
    await checkpoint.close();
    const one = twin.logprobs(IDS);
    (await logprobs(tied)).forEach((value, i) => {
      assert.ok(Math.abs(value - one[i]!) < 1e-4, `${value} and ${one[i]}`);
    });
  });
}

test('an equal head in another format is the embedding, and a differing one is not', async () => {
  const model: RandomModel = { family: 'llama', seed: 11, format: 'bf16' };
  const asF32 = (change: number) => (tensors: Map<string, Tensor>) => {
    const own = tensors.get('model.embed_tokens.weight')!;
    // What bf16 keeps of a number is the upper half of its bits.
    const values = Float32Array.from(own.values);
    const bits = new Uint32Array(values.buffer);
    for (let i = 0; i < bits.length; i++) bits[i]! &= 0xffff0000;
    tensors.set('model.embed_tokens.weight', { ...own, values });
    const head = Float32Array.from(values);
    head[40]! += change;
    tensors.set('lm_head.weight', { shape: own.shape, format: 'f32', values: head });
  };
  assert.equal(await modelNotes(await stored(model, asF32(0))), []);
  assert.is((await modelNotes(await stored(model, asF32(0.25)))).length, 1);
});

test('neither of the two, a head of another shape, and an untied model without its head are refused', async () => {
  const refused = async (folder: string, message: RegExp): Promise<void> => {
    const error = await inspectModel(folder).then(
      () => assert.unreachable(),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof BenchError);
    assert.match(error.message, message);
  };
  const model: RandomModel = { family: 'llama', seed: 11 };
  await refused(
    await stored(model, (tensors) => tensors.delete('model.embed_tokens.weight')),
    /embed_tokens\.weight is missing/,
  );
  await refused(
    await stored(model, (tensors) =>
      tensors.set('lm_head.weight', { shape: [96, 32], format: 'f32', values: new Float32Array(96 * 32) }),
    ),
    /lm_head\.weight has shape \[96, 32\]/,
  );
  await refused(await stored(model, () => {}, { tie_word_embeddings: false }), /lm_head\.weight is missing/);
});

test('a merged adapter with a trained head gives the values of transformers', async () => {
  const folder = shared('cases/tied-head');
  if (folder === null) return;
  const ids = Uint32Array.of(1, 400, 364, 352);
  const found = await logprobs(join(folder, 'model'), ids);
  [-25.7935, -17.0266, -25.8999].forEach((value, i) => {
    assert.ok(Math.abs(found[i]! - value) < 1e-4, `${found[i]} and ${value}`);
  });
  assert.equal(found, await logprobs(join(folder, 'untied'), ids));
});

test('empty tensors that no part needs change nothing', async () => {
  const folder = shared('cases/empty-tensor');
  if (folder === null) return;
  for (const name of ['gpt2', 'gpt2-2d']) {
    const engine = await loadEngine(join(folder, name));
    const found: number[] = [];
    const sampling = { maxTokens: 3, temperature: 0, topK: 0, topP: 1, seed: 0, stopTokens: [] };
    for await (const { token } of engine.generate([{ tokens: Uint32Array.of(1, 40, 36), variant: DENSE }], sampling))
      found.push(token);
    await engine.dispose();
    assert.equal(found, [17, 17, 49], name);
  }
});

test.run();
