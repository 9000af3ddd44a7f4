// Whole models on the device: golden numbers of trained models, the f64 network, and the promise that a result depends on
// nothing but its own sequence.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { openCheckpoint } from '../../../formats/checkpoint/open.ts';
import { loadSpec } from '../../../formats/checkpoint/read-spec.ts';
import { DENSE, type LoadedEngine, loadEngine, type Sampling, type Scored, type Sequence } from '../../../gpu/index.ts';
import { referenceModel } from '../../../gpu/reference/network/forward.ts';
import { shared, temporaryFolder } from '../../support/folders.ts';
import { randomTokens, writeRandomModel } from '../../support/random-model.ts';
import { suite } from '../../support/suite.ts';

/** Against goldens rounded to five decimals, and against the f64 network of random weights. */
const LOOSE = 1e-4;

const GREEDY: Sampling = { maxTokens: 12, temperature: 0, topK: 0, topP: 1, seed: 0, stopTokens: [] };

interface GoldenCase {
  readonly ids: readonly number[];
  readonly logprobs: readonly number[];
  readonly top: readonly (readonly [number, number])[];
  readonly greedy: readonly number[];
}

function goldens(folder: string): readonly GoldenCase[] {
  const cases = JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8')) as readonly Record<string, never>[];
  return cases.map((one) => ({
    ids: one.ids!,
    logprobs: one.prompt_logprobs!,
    top: one.next_top5!,
    greedy: one.greedy_ids!,
  }));
}

async function generated(
  engine: LoadedEngine,
  prompts: readonly Uint32Array[],
  sampling: Sampling,
): Promise<number[][]> {
  const out: number[][] = prompts.map(() => []);
  const asked = prompts.map((tokens) => ({ tokens, variant: DENSE }));
  for await (const { sequence, token } of engine.generate(asked, sampling)) out[sequence]!.push(token);
  return out;
}

async function meets(folder: string): Promise<void> {
  const engine = await loadEngine(folder);
  try {
    let worst = 0;
    for (const { ids, logprobs, top, greedy } of goldens(folder)) {
      const tokens = Uint32Array.from(ids);
      if (ids.length > 1) {
        const [scored] = await engine.score([{ tokens, from: 1, variant: DENSE }]);
        logprobs.forEach((value, i) => {
          worst = Math.max(worst, Math.abs(scored!.logprobs[i]! - value));
        });
      }
      const found = await engine.top(tokens, 5);
      assert.equal(
        found.map(([id]) => id),
        top.map(([id]) => id),
      );
      assert.equal((await generated(engine, [tokens], { ...GREEDY, maxTokens: greedy.length }))[0], [...greedy]);
    }
    console.log(`${folder}: largest difference ${worst.toExponential(1)}`);
    assert.ok(worst <= LOOSE, `log-probabilities differ by ${worst}`);
  } finally {
    await engine.dispose();
  }
}

const test = suite('engine');
let folder: string;
let llama: LoadedEngine;
test.before(async () => {
  folder = temporaryFolder();
  await writeRandomModel(folder, {
    family: 'llama',
    seed: 3,
    format: 'bf16',
    hidden: 48,
    heads: 4,
    kvHeads: 2,
    ffn: 80,
    vocab: 131,
  });
  llama = await loadEngine(folder);
});
test.after(() => llama.dispose());

for (const name of ['stories260k', 'gpt2basic-chat']) {
  const place = shared(`models/${name}`);
  if (place === null) test.skip(name, '../shared/models is not on this machine');
  else test(`${name} meets its golden numbers`, () => meets(place));
}

const sliding = (...layers: readonly boolean[]): readonly string[] =>
  layers.map((one) => (one ? 'sliding_attention' : 'full_attention'));

test('random models of every family meet the f64 network, in every format and at odd sizes', async () => {
  for (const [family, format, more] of [
    ['llama', 'f32', { attentionBias: true, mlpBias: true, tied: false, headSize: 6, kvHeads: 1 }],
    ['llama', 'f16', { hidden: 30, heads: 3, headSize: 10, ffn: 63 }],
    ['gpt2', 'bf16', { headBias: true, tied: false, activation: 'gelu' }],
    ['mistral', 'bf16', { hidden: 36, heads: 6, kvHeads: 2, headSize: 10, window: 7 }],
    ['qwen2', 'f16', { layers: 3, window: 9, layerTypes: sliding(false, true, false), kvHeads: 2, tied: false }],
    ['qwen2', 'f32', { layers: 3, window: 9, layerTypes: sliding(true, false, true), hidden: 42, heads: 7 }],
    ['qwen3', 'bf16', { hidden: 30, heads: 3, kvHeads: 1, headSize: 14, tied: false, attentionBias: true }],
    ['qwen3', 'f32', { headSize: 20, window: 12, layerTypes: sliding(true, true) }],
    ['gpt_neox', 'f16', { hidden: 33, heads: 3, rotaryShare: 0.4, ffn: 63, tied: false, headBias: true }],
    ['gpt_neox', 'bf16', { parallel: false, rotaryShare: 1, attentionBias: false, activation: 'gelu_fast' }],
    ['gpt_neox', 'f32', { rotaryShare: 0.5, ropeScaling: { type: 'linear', factor: 4 } }],
  ] as const) {
    const place = temporaryFolder();
    await writeRandomModel(place, { family, seed: 8, format, ...more });
    const checkpoint = await openCheckpoint(place);
    const reference = await referenceModel(await loadSpec(place), checkpoint);
    await checkpoint.close();
    const engine = await loadEngine(place);
    try {
      const tokens = randomTokens(4, 50, engine.spec.vocab);
      const [scored] = await engine.score([{ tokens, from: 1, variant: DENSE }]);
      const expected = reference.logprobs(tokens);
      const worst = scored!.logprobs.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
      console.log(`${family} ${format}: largest difference from f64 ${worst.toExponential(1)}`);
      assert.ok(worst <= LOOSE, `${family} ${format}: ${worst}`);
      assert.equal(
        (await engine.top(tokens, 5)).map(([id]) => id),
        reference.top(tokens, 5).map(([id]) => id),
      );
    } finally {
      await engine.dispose();
    }
  }
});

/** Continuations of shared prefixes at several depths, as options of questions under personas are. */
function tree(): Sequence[] {
  const sequences: Sequence[] = [];
  const persona = randomTokens(1, 9, 131);
  for (let question = 0; question < 12; question++) {
    const asked = randomTokens(100 + question, 3 + question * 3, 131);
    for (let option = 0; option < 3; option++) {
      const answer = randomTokens(1000 + 3 * question + option, 1 + ((question + option) % 7), 131);
      const tokens = Uint32Array.from([...persona, ...asked, ...answer]);
      sequences.push({ tokens, from: persona.length + asked.length, variant: DENSE });
    }
  }
  return sequences;
}

const bits = ({ logprobs, greedy }: Scored): readonly unknown[] => [new Uint32Array(logprobs.buffer.slice(0)), greedy];

test('a score is the same to the bit alone, in any batch, in any order, and at any batch size', async () => {
  const sequences = tree();
  const together = (await llama.score(sequences)).map(bits);
  for (const [i, sequence] of sequences.entries()) {
    assert.equal(bits((await llama.score([sequence]))[0]!), together[i], `sequence ${i} alone`);
  }
  const shuffled = [...sequences.keys()].sort((a, b) => ((a * 17) % 36) - ((b * 17) % 36));
  const found = await llama.score(shuffled.map((i) => sequences[i]!));
  for (const [at, i] of shuffled.entries()) assert.equal(bits(found[at]!), together[i], `sequence ${i} shuffled`);
  for (const maxRows of [1, 60, 100]) {
    const small = await loadEngine(folder, { maxRows });
    try {
      const again = (await small.score(sequences)).map(bits);
      for (const [i, one] of again.entries()) assert.equal(one, together[i], `${maxRows} rows, ${i}`);
    } finally {
      await small.dispose();
    }
  }
});

test('a decode step and a scoring pass give one token the same log-probability', async () => {
  const tokens = randomTokens(5, 20, 131);
  const [found] = await generated(llama, [tokens], { ...GREEDY, maxTokens: 10 });
  const all = Uint32Array.from([...tokens, ...found!]);
  const [scored] = await llama.score([{ tokens: all, from: tokens.length, variant: DENSE }]);
  assert.equal(Array.from(scored!.greedy), new Array(10).fill(1));
});

test('generation does not depend on batch mates, greedy or sampled, and stops where it is told', async () => {
  const prompts = [7, 1, 15, 4].map((length, i) => randomTokens(40 + i, length, 131));
  for (const sampling of [GREEDY, { ...GREEDY, temperature: 0.9, topK: 40, topP: 0.95, seed: 11 }]) {
    const together = await generated(llama, prompts, sampling);
    assert.ok(together.every(({ length }) => length === 12));
    for (const [i, prompt] of prompts.entries()) {
      assert.equal((await generated(llama, [prompt], sampling))[0], together[i], `prompt ${i} alone`);
    }
    assert.equal(
      (await generated(llama, prompts.slice().reverse(), sampling)).slice().reverse(),
      together,
      'in another order',
    );
    assert.equal(await generated(llama, prompts, sampling), together);
    const stop = together[2]![5]!;
    const cut = await generated(llama, prompts, { ...sampling, stopTokens: [stop] });
    assert.equal(cut[2], together[2]!.slice(0, together[2]!.indexOf(stop)));
  }
});

test('perplexity scores every token once, and equals scoring where the window holds all', async () => {
  const tokens = randomTokens(6, 100, 131);
  const whole = await llama.perplexity(tokens, { window: 128, stride: 64 });
  const [scored] = await llama.score([{ tokens, from: 1, variant: DENSE }]);
  assert.is(
    whole.nll,
    scored!.logprobs.reduce((sum, value) => sum - value, 0),
  );
  assert.is(whole.tokens, 99);
  const sliding = await llama.perplexity(tokens, { window: 40, stride: 15 });
  assert.is(sliding.tokens, 99);
  const windows: Sequence[] = [{ tokens: tokens.subarray(0, 40), from: 1, variant: DENSE }];
  for (let end = 55; end <= 100; end += 15)
    windows.push({ tokens: tokens.subarray(end - 40, end), from: 25, variant: DENSE });
  let expected = 0;
  for (const { logprobs } of await llama.score(windows)) for (const value of logprobs) expected -= value;
  assert.is(sliding.nll, expected);
  assert.is(sliding.perplexity, Math.exp(expected / 99));
});

test('counters are exact', async () => {
  llama.resetCounters();
  const tokens = randomTokens(7, 11, 131);
  await llama.score([{ tokens, from: 10, variant: DENSE }]);
  // 10 rows; per layer qkv 48 x 96, o 48 x 48, three MLP matrices 48 x 80; 55 query-key pairs of 48; one row of the head.
  const flops = 2 * (2 * (10 * (48 * 96 + 48 * 48 + 3 * 48 * 80) + 2 * 55 * 48) + 48 * 131);
  const { pipelines, peakBytes, ...exact } = llama.counters();
  assert.equal(exact, { tokens: 10, flops, weightBytes: llama.weightBytes, dispatches: 20, submits: 1, readbacks: 1 });
  assert.ok(pipelines > 0 && peakBytes > llama.weightBytes);
});

async function refuses(work: () => Promise<unknown>, code: string, text: RegExp): Promise<void> {
  try {
    await work();
  } catch (error) {
    const { code: found, message, hint } = error as { code: string; message: string; hint?: string };
    assert.is(found, code);
    assert.match(message, text);
    assert.ok(hint, 'a next step');
    return;
  }
  assert.unreachable(`${code} was not thrown`);
}

test('what the model cannot do is refused with a reason', async () => {
  const tokens = Uint32Array.of(1, 2, 3);
  const ask = (sequence: Partial<Sequence>) => () => llama.score([{ tokens, from: 1, variant: DENSE, ...sequence }]);
  await refuses(ask({ tokens: Uint32Array.of(1, 131) }), 'bad-token', /token 131 at position 1 .* 131/);
  await refuses(ask({ tokens: new Uint32Array(200) }), 'sequence-too-long', /200 .* 128 positions/);
  // The last token of a scored sequence takes no position of its own; one whose successor is asked for does.
  assert.is((await llama.score([{ tokens: new Uint32Array(129), from: 1, variant: DENSE }]))[0]!.logprobs.length, 128);
  await refuses(ask({ tokens: new Uint32Array(130) }), 'sequence-too-long', /130 .* 128 positions/);
  assert.is((await llama.top(new Uint32Array(128), 3)).length, 3);
  await refuses(() => llama.top(new Uint32Array(129), 3), 'sequence-too-long', /129 .* 128 positions/);
  await refuses(() => llama.perplexity(tokens.subarray(0, 1), { window: 4, stride: 2 }), 'bad-sequence', /2 .* has 1/);
  await refuses(ask({ from: 3 }), 'bad-sequence', /starts at token 3/);
  await refuses(ask({ tokens: new Uint32Array(0), from: 0 }), 'bad-sequence', /empty/);
  await refuses(() => llama.perplexity(tokens, { window: 4, stride: 4 }), 'bad-window', /stride 4/);
  await refuses(() => generated(llama, [new Uint32Array(120)], GREEDY), 'sequence-too-long', /12 more/);
  // The engine still answers.
  assert.is((await llama.score([{ tokens, from: 1, variant: DENSE }]))[0]!.logprobs.length, 2);
});

test('weights that overflow are an error, not a uniform distribution', async () => {
  for (const huge of [1e30, Number.NaN, Number.POSITIVE_INFINITY]) {
    const place = temporaryFolder();
    await writeRandomModel(place, { family: 'llama', seed: 5, vocab: 97 });
    const file = join(place, 'model.safetensors');
    const bytes = readFileSync(file);
    const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE())).toString());
    const [start] = header['model.layers.0.mlp.down_proj.weight'].data_offsets as [number];
    bytes.writeFloatLE(huge, 8 + Number(bytes.readBigUInt64LE()) + start);
    writeFileSync(file, bytes);
    const engine = await loadEngine(place);
    const tokens = randomTokens(9, 12, 97);
    try {
      await refuses(() => engine.score([{ tokens, from: 1, variant: DENSE }]), 'not-finite', /log-probability/);
      await refuses(() => engine.top(tokens, 3), 'not-finite', /logit/);
    } finally {
      await engine.dispose();
    }
  }
});

test('a model that was disposed of holds no memory and its process can open another', async () => {
  for (let round = 0; round < 3; round++) {
    const engine = await loadEngine(folder);
    await engine.score(tree());
    await engine.dispose();
    await engine.dispose();
  }
});

test.run();
