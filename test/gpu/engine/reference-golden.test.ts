// The f64 reference against numbers that other implementations computed: Hugging Face's transformers for the families,
// a float32 NumPy pass for the trained models beside the checkout.

import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { openCheckpoint } from '../../../formats/checkpoint/open.ts';
import { loadSpec, readSpec } from '../../../formats/checkpoint/read-spec.ts';
import { type ReferenceModel, referenceModel } from '../../../gpu/reference/network/forward.ts';
import { FAMILIES, fixture, shared } from '../../support/folders.ts';
import { test } from '../../support/suite.ts';

interface Case {
  readonly ids: readonly number[];
  readonly logprobs: readonly number[];
  readonly top: readonly (readonly [number, number])[];
  readonly greedy: readonly number[];
}
interface TrainedCase {
  readonly ids: readonly number[];
  readonly prompt_logprobs: readonly number[];
  readonly next_top5: readonly (readonly [number, number])[];
  readonly greedy_ids: readonly number[];
}

/** transformers keeps norms and rotary angles in float32 inside its f64 run, which moves a log-prob by 2e-6 here. */
const FAMILY_TOLERANCE = 1e-5;
/** The numbers are rounded to five decimals, from a float32 pass. */
const TRAINED_TOLERANCE = 2e-5;

function meets(found: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  assert.is(found.length, expected.length);
  expected.forEach((value, k) => {
    assert.ok(Math.abs(found[k]! - value) <= tolerance, `${k}: ${found[k]} instead of ${value}`);
  });
}

function meetsTop(found: readonly (readonly [number, number])[], expected: Case['top'], tolerance: number): void {
  assert.equal(
    found.map(([id]) => id),
    expected.map(([id]) => id),
  );
  meets(
    found.map(([, value]) => value),
    expected.map(([, value]) => value),
    tolerance,
  );
}

for (const family of FAMILIES) {
  const folder = fixture(`families/${family}`);
  const cases: readonly Case[] = JSON.parse(readFileSync(`${folder}/golden.json`, 'utf8'));
  for (const config of ['config.json', 'config.v5.json']) {
    test(`${family}, ${config}: log-probabilities, top five and greedy ids of transformers`, async () => {
      const checkpoint = await openCheckpoint(folder);
      const spec = readSpec(JSON.parse(readFileSync(`${folder}/${config}`, 'utf8')), config);
      const model = await referenceModel(spec, checkpoint);
      await checkpoint.close();
      assert.is(cases.length, 4);
      for (const { ids, logprobs, top, greedy } of cases) {
        const tokens = Uint32Array.from(ids);
        meets(model.logprobs(tokens), logprobs, FAMILY_TOLERANCE);
        meetsTop(model.top(tokens, 5), top, FAMILY_TOLERANCE);
        assert.equal(model.greedy(tokens, greedy.length), greedy);
      }
    });
  }
}

/** The golden numbers of the trained models hold logits where those of the families hold log-probabilities. */
function topLogits(model: ReferenceModel, tokens: Uint32Array): readonly (readonly [number, number])[] {
  const logits = model.logits(tokens)[tokens.length - 1]!;
  return model.top(tokens, 5).map(([id]) => [id, logits[id]!] as const);
}

for (const name of ['stories260k', 'gpt2basic-chat']) {
  const folder = shared(`models/${name}`);
  if (folder === null) continue;
  test(`${name}: a trained model's log-probabilities, top five logits and greedy ids`, async () => {
    const checkpoint = await openCheckpoint(folder);
    const model = await referenceModel(await loadSpec(folder), checkpoint);
    await checkpoint.close();
    const cases: readonly TrainedCase[] = JSON.parse(readFileSync(`${folder}/golden.json`, 'utf8'));
    assert.is(cases.length, 4);
    for (const { ids, prompt_logprobs, next_top5, greedy_ids } of cases) {
      const tokens = Uint32Array.from(ids);
      meets(model.logprobs(tokens), prompt_logprobs, TRAINED_TOLERANCE);
      meetsTop(topLogits(model, tokens), next_top5, TRAINED_TOLERANCE);
      assert.equal(model.greedy(tokens, greedy_ids.length), greedy_ids);
    }
  });
}

test.run();
