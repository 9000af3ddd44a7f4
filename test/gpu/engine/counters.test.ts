// Model counters follow from shapes and tokens, however the work is split; plan counters from the work, whatever ran
// before it.

import * as assert from 'uvu/assert';
import { GpuClock } from '../../../gpu/device/clock.ts';
import { Work } from '../../../gpu/engine/work.ts';
import { DENSE, type LoadedEngine, type LoadOptions, loadEngine, type Sequence } from '../../../gpu/index.ts';
import { closedForm, halves, scoringWork, sum } from '../../support/closed-form.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { type RandomModel, randomTokens, writeRandomModel } from '../../support/random-model.ts';
import { suite } from '../../support/suite.ts';

const test = suite('counters');

const SOME = ['full_attention', 'sliding_attention'];
const MODELS: readonly RandomModel[] = [
  { family: 'llama', seed: 3, format: 'bf16', hidden: 48, heads: 4, kvHeads: 2, ffn: 80, vocab: 131 },
  { family: 'gpt2', seed: 4, vocab: 131, tied: false, headBias: true },
  { family: 'qwen3', seed: 5, format: 'bf16', vocab: 131, headSize: 12, window: 7, layerTypes: SOME },
  { family: 'gpt_neox', seed: 6, vocab: 131, tied: false },
];
const LIMITS: readonly LoadOptions[] = [{}, { maxRows: 9 }, { maxRows: 64 }, { maxBindingBytes: 24 * 1024 }];

/** A random model, and the bytes of what a pass reads whole: vectors are held in f32, tables are looked up in. */
async function model(options: RandomModel): Promise<{ readonly folder: string; readonly passBytes: number }> {
  const folder = temporaryFolder();
  const { tensors } = await writeRandomModel(folder, options);
  let passBytes = 0;
  for (const [name, { shape, values }] of tensors) {
    const table = /wpe/.test(name) || (options.tied === false && /wte|embed_(in|tokens)/.test(name));
    const bytes = shape.length > 1 && options.format === 'bf16' ? 2 : 4;
    if (!table) passBytes += bytes * values.length;
  }
  return { folder, passBytes };
}

/** Continuations of prefixes shared at two depths, with one sequence twice and one that starts another. */
function tree(): readonly Sequence[] {
  const persona = randomTokens(1, 9, 131);
  const sequences: Sequence[] = [];
  for (let question = 0; question < 6; question++) {
    const asked = randomTokens(100 + question, 3 + question * 3, 131);
    for (let option = 0; option < 3; option++) {
      const answer = randomTokens(1000 + 3 * question + option, 1 + ((question + option) % 5), 131);
      const tokens = Uint32Array.from([...persona, ...asked, ...answer]);
      sequences.push({ tokens, from: persona.length + asked.length, variant: DENSE });
    }
  }
  return [...sequences, sequences[4]!, { ...sequences[7]!, from: 1 }, { tokens: persona, from: 5, variant: DENSE }];
}

async function generate(engine: LoadedEngine, prompts: readonly Uint32Array[], maxTokens: number): Promise<number> {
  const sampling = { maxTokens, temperature: 0, topK: 0, topP: 1, seed: 0, stopTokens: [] };
  let emitted = 0;
  const asked = prompts.map((tokens) => ({ tokens, variant: DENSE }));
  for await (const _ of engine.generate(asked, sampling)) emitted++;
  return emitted;
}

for (const options of MODELS) {
  test(`${options.family}: model counters follow from shapes and tokens, whatever the steps`, async () => {
    const { folder, passBytes } = await model(options);
    const sequences = tree();
    const prompts = [3, 14, 8].map((length, i) => randomTokens(40 + i, length, 131));
    for (const limits of LIMITS) {
      const engine = await loadEngine(folder, limits);
      try {
        const expect = (work: Parameters<typeof closedForm>[2]) => closedForm(engine.spec, passBytes, work);
        const line = (length: number) => Array.from({ length }, (_, i) => i);
        const said = JSON.stringify(limits);

        engine.resetCounters();
        await engine.score(sequences);
        assert.equal(halves(engine.counters()).model, expect(scoringWork(sequences)), `scoring ${said}`);

        engine.resetCounters();
        await engine.top(sequences[0]!.tokens, 3);
        const positions = line(sequences[0]!.tokens.length);
        assert.equal(halves(engine.counters()).model, expect({ positions, scored: 1, passes: 1 }), `top ${said}`);

        engine.resetCounters();
        assert.is(await generate(engine, prompts, 5), 15);
        const read = prompts.map(({ length }) => expect({ positions: line(length), scored: 1, passes: 1 }));
        // The last token of each is told but not fed.
        const rounds = line(4).map((round) =>
          expect({ positions: prompts.map(({ length }) => length + round), scored: 3, passes: 1 }),
        );
        assert.equal(halves(engine.counters()).model, sum([...read, ...rounds]), `generation ${said}`);
      } finally {
        await engine.dispose();
      }
    }
  });
}

test('plan counters do not depend on what ran before', async () => {
  const { folder } = await model(MODELS[0]!);
  const account = async (engine: LoadedEngine) => {
    await engine.trim();
    engine.resetCounters();
    await engine.score(tree());
    return engine.counters();
  };
  const fresh = await loadEngine(folder, { maxRows: 64 });
  const used = await loadEngine(folder, { maxRows: 64 });
  try {
    const first = await account(fresh);
    assert.ok(first.dispatches > 0 && first.submits > 0 && first.pipelines > 0 && first.readbacks > 0);
    assert.ok(first.peakBytes > fresh.weightBytes);
    // Other pipelines, and passes that are larger than what the account needs.
    await used.score([{ tokens: randomTokens(9, 120, 131), from: 1, variant: DENSE }]);
    await used.top(randomTokens(9, 100, 131), 1);
    await generate(used, [randomTokens(9, 100, 131)], 3);
    assert.equal(await account(used), first);
    assert.equal(await account(fresh), first, 'again');
  } finally {
    await fresh.dispose();
    await used.dispose();
  }
});

test('the ledger is exact, and empty after dispose', async () => {
  const { folder } = await model(MODELS[1]!);
  const engine = await loadEngine(folder);
  const lasting = engine.weightBytes + (engine.device.timestamps ? GpuClock.maxBytes : 0);
  assert.is(engine.heldBytes, lasting, 'no vector of this model is shorter than a binding');
  await engine.score(tree());
  await engine.top(randomTokens(9, 20, 131), 1);
  await generate(engine, [randomTokens(9, 10, 131)], 2);
  assert.ok(engine.heldBytes > lasting);
  await engine.trim();
  assert.is(engine.heldBytes, lasting);
  await engine.dispose();
  assert.is(engine.heldBytes, 0);
});

test('counts beyond 2^53 are the nearest number', () => {
  const spec = { layers: 1, hidden: 3, ffn: 0, heads: 1, kvHeads: 1, headSize: 3, vocab: 1, gated: false };
  const work = new Work(spec as never, 2 ** 40 + 1);
  // 36 multiply-adds per row, of which 2^52 are 1.6e17.
  work.add({ passes: 2 ** 20 + 1, rows: 2 ** 52 + 1, scored: 0, keys: 0 });
  const { flops, weightBytes } = work.counters();
  assert.is(flops, Number(72n * (2n ** 52n + 1n)));
  assert.is(weightBytes, Number((2n ** 40n + 1n) * (2n ** 20n + 1n)));
});

test.run();
