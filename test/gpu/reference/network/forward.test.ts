// The reference of the whole network: packing does not change it, storage and configuration change it as they should.

import * as assert from 'uvu/assert';
import { openCheckpoint } from '../../../../formats/checkpoint/open.ts';
import { loadSpec } from '../../../../formats/checkpoint/read-spec.ts';
import { pack, slotOffsets } from '../../../../gpu/engine/forward/pack.ts';
import { DENSE, type Sequence } from '../../../../gpu/index.ts';
import { type ReferenceModel, referenceModel } from '../../../../gpu/reference/network/forward.ts';
import { gatherRows } from '../../../../gpu/reference/network/gather-rows.ts';
import { temporaryFolder } from '../../../support/folders.ts';
import { type RandomModel, randomTokens, writeRandomModel } from '../../../support/random-model.ts';
import { test } from '../../../support/suite.ts';

async function build(options: RandomModel): Promise<ReferenceModel> {
  const folder = temporaryFolder();
  await writeRandomModel(folder, options);
  const checkpoint = await openCheckpoint(folder);
  const model = await referenceModel(await loadSpec(folder), checkpoint);
  await checkpoint.close();
  return model;
}

const GROUPED = { kvHeads: 2 } as const;
/** Each with what sets it apart; the window is shorter than the stem that the packed sequences share. */
const MODELS = {
  llama: GROUPED,
  mistral: { ...GROUPED, window: 4 },
  qwen2: { ...GROUPED, window: 5, layerTypes: ['sliding_attention', 'full_attention'] },
  qwen3: { ...GROUPED, headSize: 6 },
  gpt_neox: { rotaryShare: 0.5 },
  gpt2: {},
} as const;
const FAMILY_NAMES = Object.keys(MODELS) as (keyof typeof MODELS)[];

const small = { layers: 2, hidden: 16, heads: 4, vocab: 31, seed: 5 } as const;
const tokens = randomTokens(1, 20, 31);

function greatestGap(a: ArrayLike<number>, b: ArrayLike<number>): number {
  assert.is(a.length, b.length);
  return Array.from(a).reduce((most, value, k) => Math.max(most, Math.abs(value - b[k]!)), 0);
}

for (const family of FAMILY_NAMES) {
  test(`${family}: hidden states of packed rows are those of each sequence alone, to the bit`, async () => {
    const model = await build({ ...small, ...MODELS[family], family });
    const stem = Array.from(randomTokens(2, 7, 31));
    const sequences: Sequence[] = [[], [1], [1, 2, 3], [4, 5], [1, 2, 9, 8]].map((rest) => ({
      tokens: Uint32Array.from([...stem, ...rest, 6]),
      from: 1,
      variant: DENSE,
    }));
    const offsets = slotOffsets(sequences);
    for (const maxTokens of [11, 14, 100]) {
      for (const batch of pack(sequences, maxTokens)) {
        const scored = gatherRows(model.hidden(batch), batch.scored, 16);
        batch.slots.forEach((slot, p) => {
          const index = sequences.findIndex((_, k) => offsets[k + 1]! > slot);
          const length = slot - offsets[index]! + sequences[index]!.from;
          const [alone] = pack(
            [{ tokens: sequences[index]!.tokens.subarray(0, length + 1), from: length, variant: DENSE }],
            100,
          );
          assert.equal(scored.subarray(p * 16, (p + 1) * 16), model.hidden(alone!).subarray(-16), `slot ${slot}`);
        });
      }
    }
  });

  test(`${family}: log-probabilities are those of the logits`, async () => {
    const model = await build({ ...small, ...MODELS[family], family });
    const logits = model.logits(tokens);
    assert.is(logits.length, 20);
    const expected = Array.from(tokens.subarray(1), (target, t) => {
      const row = logits[t]!;
      return row[target]! - Math.log(row.reduce((total, logit) => total + Math.exp(logit), 0));
    });
    assert.ok(greatestGap(model.logprobs(tokens), expected) < 1e-12);
    assert.is(model.logprobs(tokens.subarray(0, 1)).length, 0);
    const best = logits[19]!.indexOf(Math.max(...logits[19]!));
    assert.is(model.top(tokens, 1)[0]![0], best);
    assert.is(model.greedy(tokens, 1)[0], best);
  });

  test(`${family}: a bias of the head is added to the logits`, async () => {
    const plain = await build({ ...small, ...MODELS[family], family });
    const folder = temporaryFolder();
    const { tensors } = await writeRandomModel(folder, { ...small, ...MODELS[family], family, headBias: true });
    const bias = tensors.get(family === 'gpt_neox' ? 'embed_out.bias' : 'lm_head.bias')!.values;
    const checkpoint = await openCheckpoint(folder);
    const model = await referenceModel(await loadSpec(folder), checkpoint);
    await checkpoint.close();
    const expected = Array.from(plain.logits(tokens)[19]!, (logit, id) => logit + bias[id]!);
    assert.ok(greatestGap(model.logits(tokens)[19]!, expected) < 1e-12);
  });

  test(`${family}: names without prefix and weights in shards change nothing`, async () => {
    const model = await build({ ...small, ...MODELS[family], family });
    const other = await build({ ...small, ...MODELS[family], family, prefix: false, shards: 2 });
    assert.equal(other.logprobs(tokens), model.logprobs(tokens));
  });

  test(`${family}: 16-bit weights change a little, and bf16 more than f16`, async () => {
    const exact = (await build({ ...small, ...MODELS[family], family })).logprobs(tokens);
    const f16 = greatestGap(
      (await build({ ...small, ...MODELS[family], family, format: 'f16' })).logprobs(tokens),
      exact,
    );
    const bf16 = greatestGap(
      (await build({ ...small, ...MODELS[family], family, format: 'bf16' })).logprobs(tokens),
      exact,
    );
    assert.ok(f16 > 0 && f16 < 0.02, `f16 ${f16}`);
    assert.ok(bf16 > f16 && bf16 < 0.2, `bf16 ${bf16}`);
  });
}

test('llama: each setting of the config reaches the arithmetic', async () => {
  const base = await build({ ...small, family: 'llama' });
  const variants: readonly (readonly [string, Partial<RandomModel>])[] = [
    ['attention bias', { attentionBias: true }],
    ['MLP bias', { mlpBias: true }],
    ['own head', { tied: false }],
    ['activation', { activation: 'gelu' }],
    ['linear scaling', { ropeScaling: { type: 'linear', factor: 4 } }],
  ];
  for (const [name, patch] of variants) {
    const model = await build({ ...small, family: 'llama', ...patch });
    assert.ok(greatestGap(model.logprobs(tokens), base.logprobs(tokens)) > 1e-3, name);
  }
});

test('what sets the other families apart reaches the arithmetic, and a window only from its size on', async () => {
  const types = (first: string, second: string): readonly string[] => [`${first}_attention`, `${second}_attention`];
  const neox: RandomModel = { ...small, family: 'gpt_neox', rotaryShare: 0.5 };
  const pairs: readonly (readonly [string, RandomModel, RandomModel])[] = [
    ['window', { ...small, family: 'mistral' }, { ...small, family: 'mistral', window: 6 }],
    [
      'which layer has the window',
      { ...small, family: 'qwen2', window: 6, layerTypes: types('sliding', 'full') },
      { ...small, family: 'qwen2', window: 6, layerTypes: types('full', 'sliding') },
    ],
    ['norms of q and k', { ...small, family: 'qwen3' }, { ...small, family: 'llama' }],
    ['share that turns', neox, { ...neox, rotaryShare: 1 }],
    ['residuals', neox, { ...neox, parallel: false }],
    ['biases', neox, { ...neox, attentionBias: false }],
  ];
  for (const [name, one, other] of pairs) {
    const [a, b] = [(await build(one)).logprobs(tokens), (await build(other)).logprobs(tokens)];
    assert.ok(greatestGap(a, b) > 1e-3, name);
    if (name === 'window') assert.equal(a.subarray(0, 6), b.subarray(0, 6));
  }
});

test('gpt2: the erf and the tanh form differ, by little', async () => {
  const tanh = await build({ ...small, family: 'gpt2' });
  const erf = await build({ ...small, family: 'gpt2', activation: 'gelu' });
  const gap = greatestGap(erf.logprobs(tokens), tanh.logprobs(tokens));
  assert.ok(gap > 1e-6 && gap < 0.05, `${gap}`);
});

test.run();
