// `bench try --json` on the real engine: against numbers from other implementations, within 5e-5 of a log-probability.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import type { TryOptions } from '../../cli/options.ts';
import { tryVerb } from '../../cli/try.ts';
import { loadEngine } from '../../gpu/engine/load.ts';
import type { Engine } from '../../gpu/index.ts';
import { loadText } from '../../harness/text/index.ts';
import { haveShared, sharedPath } from '../harness/text/shared.ts';
import { test } from '../support/suite.ts';

/** Ten times what float32 costs the reference library itself on these models (test/fixtures/families/README.md). */
const TOLERANCE = 5e-5;

interface Document {
  readonly ids: number[];
  readonly logprobs: number[];
  readonly top: [number, number][];
  readonly generated: { readonly ids: number[]; readonly text: string | null };
  readonly timings: Record<string, number | null>;
}

/** Loaded once for all tests, since a device and its pipelines take seconds on a software driver. */
const engines = new Map<string, Promise<Engine>>();

async function keptEngine(folder: string): Promise<Engine> {
  const loading = engines.get(folder) ?? loadEngine(folder);
  engines.set(folder, loading);
  const engine = await loading;
  return {
    spec: engine.spec,
    weightsDigest: engine.weightsDigest,
    parameters: engine.parameters,
    weightBytes: engine.weightBytes,

    matrices: [],
    collect: async () => [],
    collectEach: async () => ({ bytes: 0, addedUp: () => [] }),
    states: async () => [],
    trainer: async () => {
      throw new Error('this engine trains nothing');
    },
    select: async () => ({ tensors: new Map(), filled: 0 }),
    score: (sequences) => engine.score(sequences),
    divergence: (sequences) => engine.divergence(sequences),
    top: (tokens, n, variant) => engine.top(tokens, n, variant),
    perplexity: (tokens, options) => engine.perplexity(tokens, options),
    generate: (prompts, sampling) => engine.generate(prompts, sampling),
    counters: () => engine.counters(),
    resetCounters: () => engine.resetCounters(),
    gpuMs: () => null,
    trace: async () => [],
    peaks: async () => ({ gflops: 1, gbPerSecond: 1 }),
    trim: () => engine.trim(),
    dispose: async () => {},
  };
}
test.after(async () => {
  for (const engine of engines.values()) await (await engine).dispose();
});

async function run(text: string | undefined, options: Partial<TryOptions>): Promise<{ out: string; err: string }> {
  let out = '';
  let err = '';
  const code = await tryVerb(text, options as TryOptions, {
    bundledModels: '',
    fetchModel: async () => '',
    loadEngine: async (folder) => ({ engine: await keptEngine(folder), device: 'a device' }),
    loadText: (folder, vocab, chat) => loadText(folder, { vocab, chat }),
    loadPersonas: async () => [],
    stdout: (piece) => {
      out += piece;
    },
    stderr: (piece) => {
      err += piece;
    },
    now: () => performance.now(),
  });
  assert.is(code, 0);
  return { out, err };
}
const asJson = async (text: string | undefined, options: Partial<TryOptions>): Promise<Document> =>
  JSON.parse((await run(text, { ...options, json: true })).out);

function close(got: readonly number[], want: readonly number[], what: string): void {
  assert.is(got.length, want.length, what);
  const worst = Math.max(0, ...want.map((value, k) => Math.abs(value - (got[k] ?? Number.NaN))));
  assert.ok(worst <= TOLERANCE, `${what}: off by ${worst}`);
}

for (const family of ['llama3', 'gpt2']) {
  test(`--ids on ${family} against Hugging Face's transformers`, async () => {
    const model = fileURLToPath(new URL(`../fixtures/families/${family}`, import.meta.url));
    for (const golden of JSON.parse(readFileSync(join(model, 'golden.json'), 'utf8'))) {
      const options = { model, ids: golden.ids.join(','), maxTokens: golden.greedy.length };
      const document = await asJson(undefined, options);
      const what = `${family}, ${golden.ids.length} tokens`;
      assert.equal(document.ids, golden.ids);
      close(document.logprobs, golden.logprobs, what);
      assert.equal(
        document.top.map(([id]) => id),
        golden.top.map(([id]: [number]) => id),
        what,
      );
      close(
        document.top.map(([, logprob]) => logprob),
        golden.top.map(([, logprob]: [number, number]) => logprob),
        `${what}, top`,
      );
      assert.equal(document.generated, { ids: golden.greedy, text: null }, what);
    }
  });
}

if (haveShared('bench try on stories260k')) {
  const model = sharedPath('models/stories260k');
  const goldens = JSON.parse(readFileSync(join(model, 'golden.json'), 'utf8'));

  test('--raw on stories260k: ids, log-probabilities, the five likeliest and the greedy text', async () => {
    for (const golden of goldens) {
      const document = await asJson(golden.prompt, { model, raw: true, maxTokens: golden.greedy_ids.length });
      assert.equal(document.ids, golden.ids);
      close(document.logprobs, golden.prompt_logprobs, golden.prompt);
      // golden.json has logits, which log-probabilities equal up to one constant.
      const [[, first]] = golden.next_top5;
      const shift = (document.top[0]?.[1] ?? Number.NaN) - first;
      close(
        document.top.map(([, logprob]) => logprob - shift),
        golden.next_top5.map(([, logit]: [number, number]) => logit),
        'top',
      );
      assert.equal(document.generated.ids, golden.greedy_ids);
      assert.is(golden.prompt + document.generated.text, golden.greedy_text);
      assert.ok((document.timings.prefillMs ?? 0) > 0 && (document.timings.decodeMsPerToken ?? 0) > 0);
    }
  });

  test('the streamed text, a stop string, and a seed that repeats itself', async () => {
    const [golden] = goldens;
    const { out, err } = await run(golden.prompt, { model, raw: true, maxTokens: golden.greedy_ids.length });
    assert.is(`${golden.prompt}${out}`, `${golden.greedy_text}\n`);
    assert.match(err, /^prefill [\d.]+ ms .* ms\/token .* 48 tokens .* a device/);
    const stopped = await run(golden.prompt, { model, raw: true, stop: [' Lily'] });
    assert.is(stopped.out, ', there was a little girl named\n');
    const sampled = { model, raw: true, temperature: 1, maxTokens: 20 };
    const one = await run(golden.prompt, { ...sampled, seed: 5 });
    assert.is((await run(golden.prompt, { ...sampled, seed: 5 })).out, one.out);
    assert.is.not((await run(golden.prompt, { ...sampled, seed: 6 })).out, one.out);
  });
}

test.run();
