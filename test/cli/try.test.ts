// `bench try` with a fake engine: what reaches the engine, what is printed, and bad flags.

import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { BenchError } from '../../base/error.ts';
import type { TryOptions } from '../../cli/options.ts';
import { tryVerb } from '../../cli/try.ts';
import type { TryServices } from '../../cli/try-runtime.ts';
import type { Spec } from '../../formats/checkpoint/spec.ts';
import { DENSE, type Engine, type Sampling, type Sequence } from '../../gpu/index.ts';
import type { Persona } from '../../harness/config/resolved.ts';
import { loadText } from '../../harness/text/index.ts';
import { BOS, byteIds, EOS, TINY_VOCAB, tinyModel } from '../harness/text/tiny.ts';
import { fakeEngine } from '../support/fake.ts';
import { test } from '../support/suite.ts';

const CHAT =
  '{% for m in messages %}<{{ m.role }}>{{ m.content }}\n{% endfor %}{% if add_generation_prompt %}<me>{% endif %}';
const folder = tinyModel({ postBos: true, config: { bos_token: '<s>', eos_token: '</s>', chat_template: CHAT } });
const persona = (id: string, opposite: string): Persona => ({
  id,
  trait: 'extraversion',
  pole: id === 'shy' ? 'low' : 'high',
  opposite,
  description: id,
  prompts: { plain: `You are ${id}.`, vivid: `Others call her ${id}.` },
  items: [],
  calibration: [],
  knowledge: [],
});

interface Asked {
  readonly prompts: number[][];
  readonly samplings: Sampling[];
  readonly scored: Sequence[];
  device: string | undefined;
  personas: string | undefined;
  disposed: number;
  released: number;
}

/** An engine that answers with fixed bytes, one per token, until something stops it. */
function setUp(answer: string, more: { maxPositions?: number; logprob?: number; fail?: boolean } = {}) {
  const asked: Asked = {
    prompts: [],
    samplings: [],
    scored: [],
    device: undefined,
    personas: undefined,
    disposed: 0,
    released: 0,
  };
  let clock = 0;
  const engine: Engine = {
    ...fakeEngine(),
    spec: { vocab: TINY_VOCAB, maxPositions: more.maxPositions ?? 100 } as Spec,
    async score(sequences) {
      asked.scored.push(...sequences);
      return sequences.map(({ tokens, from }) => ({
        logprobs: Float32Array.from(tokens.subarray(from), (_, k) => more.logprob ?? -0.1 - k),
        greedy: new Uint8Array(tokens.length - from),
      }));
    },
    top: async (_, n) => Array.from({ length: n }, (_value, k) => [k + 5, Math.fround(-0.1 * (k + 1))] as const),
    async perplexity() {
      throw new Error('not asked');
    },
    async *generate(prompts, sampling) {
      asked.prompts.push(...prompts.map((p) => Array.from(p.tokens)));
      asked.samplings.push(sampling);
      clock += 40;
      try {
        for (const token of [...byteIds(answer), EOS].slice(0, sampling.maxTokens)) {
          if (sampling.stopTokens.includes(token)) return;
          if (more.fail) throw new Error('lost');
          yield { sequence: 0, token };
          clock += 2;
        }
      } finally {
        asked.released += 1;
      }
    },
    counters() {
      throw new Error('not asked');
    },
    dispose: async () => {
      asked.disposed += 1;
    },
  };
  const out: string[] = [];
  const err: string[] = [];
  const services: TryServices = {
    bundledModels: join(folder, '..'),
    fetchModel: async () => folder,
    loadEngine: async (_, device) => {
      asked.device = device;
      return { engine, device: 'SwiftShader (software)' };
    },
    loadText: (dir, vocab, chat) => loadText(dir, { vocab, chat }),
    loadPersonas: async (file) => {
      asked.personas = file;
      return [persona('shy', 'bold'), persona('bold', 'shy')];
    },
    stdout: (text) => out.push(text),
    stderr: (text) => err.push(text),
    now: () => clock,
  };
  const run = (text: string | undefined, options: Partial<TryOptions> = {}) =>
    tryVerb(text, { model: folder, ...options } as TryOptions, services);
  return { asked, out, err, run };
}

async function fails(what: Promise<unknown>, code: string, message: RegExp, hint?: RegExp): Promise<void> {
  try {
    await what;
  } catch (error) {
    assert.is((error as BenchError).code, code, (error as Error).message);
    assert.match((error as BenchError).message, message);
    if (hint) assert.match((error as BenchError).hint ?? '', hint);
    return;
  }
  throw new Error('nothing was thrown');
}

test('chat: the template around the text, the answer as it comes, one line of timings', async () => {
  const { asked, out, err, run } = setUp('hé!');
  assert.is(await run('Hi?'), 0);
  assert.equal(asked.prompts, [[BOS, ...byteIds('<user>Hi?\n<me>')]]);
  assert.equal(out, ['h', 'é', '!', '\n']);
  assert.equal(err, ['prefill 40.0 ms \u00b7 2.00 ms/token \u00b7 4 tokens \u00b7 SwiftShader (software)\n']);
  assert.equal(asked.samplings[0], {
    maxTokens: 85,
    temperature: 0,
    topK: 0,
    topP: 1,
    seed: 0,
    stopTokens: [EOS],
  });
  assert.is(asked.disposed, 1);
  assert.is(asked.scored.length, 0, 'nothing is scored without --json');
});

test('what a model writes steers no terminal, and is in the document as it is', async () => {
  const answer = 'a\x1b[31mb\x07\nc\x7f\u009bd';
  const { out, run } = setUp(answer);
  assert.is(await run('x'), 0);
  assert.is(out.join(''), 'a\\u001b[31mb\\u0007\nc\\u007f\\u009bd\n');
  const written = setUp(answer);
  await written.run('x', { json: true });
  assert.not.match(written.out.join(''), /[^\P{Cc}\n]/u);
  assert.is(JSON.parse(written.out.join('')).generated.text, answer);
});

test('a persona is applied by prompting, in its first wording or the one named', async () => {
  const first = setUp('x');
  await first.run('Hi?', { persona: 'shy', personas: 'mine.yaml' });
  assert.equal(first.asked.prompts, [[BOS, ...byteIds('<system>You are shy.\n<user>Hi?\n<me>')]]);
  assert.is(first.asked.personas, 'mine.yaml');
  const second = setUp('x');
  await second.run('Hi?', { persona: 'bold', wording: 'vivid', method: 'prompting' });
  assert.equal(second.asked.prompts, [[BOS, ...byteIds('<system>Others call her bold.\n<user>Hi?\n<me>')]]);
});

test('raw text goes in as it is, with BOS, and may not carry a persona', async () => {
  const { asked, run } = setUp('x');
  await run('Once upon', { raw: true });
  assert.equal(asked.prompts, [[BOS, ...byteIds('Once upon')]]);
  await fails(run('Once', { raw: true, persona: 'shy' }), 'usage', /--rawleaves the prompt unchanged/, /leave out/);
  assert.is(asked.disposed, 2);
});

test('stop strings end the answer across tokens and release the engine', async () => {
  const { asked, out, run } = setUp('one\n\ntwo');
  await run('Hi?', { stop: ['\n\n'] });
  assert.is(out.join(''), 'one\n');
  assert.is(asked.released, 1);
  assert.is(asked.disposed, 1);
});

test('sampling flags reach the engine, and the seed is said', async () => {
  const { asked, err, run } = setUp('x');
  await run('Hi?', { maxTokens: 3, temperature: 0.7, topK: 40, topP: 0.9, seed: 11, device: 'swiftshader' });
  assert.equal(asked.samplings[0], {
    maxTokens: 3,
    temperature: 0.7,
    topK: 40,
    topP: 0.9,
    seed: 11,
    stopTokens: [EOS],
  });
  assert.is(asked.device, 'swiftshader');
  assert.match(err[0] ?? '', /seed 11/);
});

test('--json is one document with the numbers as they are', async () => {
  const { asked, out, err, run } = setUp('hé!');
  await run('ab', { raw: true, json: true, maxTokens: 4 });
  assert.is(out.length, 1);
  assert.equal(err, []);
  const document = JSON.parse(out[0] ?? '');
  assert.equal(Object.keys(document), ['ids', 'logprobs', 'top', 'generated', 'timings']);
  assert.equal(document.ids, [BOS, ...byteIds('ab')]);
  assert.equal(document.logprobs, [Math.fround(-0.1), Math.fround(-1.1)]);
  assert.equal(document.top[0], [5, Math.fround(-0.1)]);
  assert.is(document.top.length, 5);
  assert.equal(document.generated, { ids: byteIds('hé!'), text: 'hé!' });
  assert.equal(document.timings, { loadMs: 0, setupMs: 0, prefillMs: 40, decodeMsPerToken: 2 });
  assert.equal(asked.scored[0], { tokens: Uint32Array.from(document.ids), from: 1, variant: DENSE });
});

test('--ids needs no tokenizer: generated text is null and nothing stops early', async () => {
  const bare = mkdtempSync(join(tmpdir(), 'bench-try-'));
  const { asked, out, run } = setUp('ab');
  await run(undefined, { model: bare, ids: '5, 7,9', json: true, maxTokens: 3 });
  const document = JSON.parse(out[0] ?? '');
  assert.equal(document.ids, [5, 7, 9]);
  assert.is(document.logprobs.length, 2);
  assert.equal(document.generated, { ids: [...byteIds('ab'), EOS], text: null });
  assert.equal(asked.samplings[0]?.stopTokens, []);
  const plain = setUp('ab');
  await plain.run(undefined, { model: bare, ids: '5', maxTokens: 2 });
  assert.is(plain.out.join(''), `${byteIds('ab').join(',')}\n`);
  const one = setUp('ab');
  await one.run(undefined, { model: bare, ids: '5', json: true, maxTokens: 0 });
  const alone = JSON.parse(one.out[0] ?? '');
  assert.equal(alone.logprobs, []);
  assert.equal(alone.generated, { ids: [], text: null });
  assert.is(alone.timings.prefillMs, null);
});

test('bad flags', async () => {
  const { asked, run } = setUp('x');
  const usage = (text: string | undefined, options: Partial<TryOptions>, message: RegExp, hint?: RegExp) =>
    fails(run(text, options), 'usage', message, hint);
  await usage(undefined, {}, /the prompt is missing/, /write one/);
  await usage('  ', {}, /the prompt is missing/);
  await usage('x', { ids: '5' }, /--ids replaces the text/);
  await usage('x', { chat: true, raw: true }, /exclude each other/);
  for (const ids of ['', '5,', '5 7', '-1', '1.5', '5,x', '99999999999']) {
    await usage(undefined, { ids }, /--ids has/, /5,7,9/);
  }
  await usage(undefined, { ids: `5,${TINY_VOCAB}` }, /outside this model's vocabulary/, /from 0 to 262/);
  await usage(undefined, { ids: '5', stop: ['a'] }, /--stop needs a tokenizer/);
  await usage(undefined, { ids: '5', persona: 'shy' }, /--idsleaves the prompt unchanged/);
  await usage('x', { stop: ['a', ''] }, /--stop is empty/);
  await usage('x', { maxTokens: -1 }, /--max-tokens is -1/);
  await usage('x', { maxTokens: Number.NaN }, /--max-tokens is NaN/);
  await usage('x', { temperature: -0.5 }, /--temperature/);
  await usage('x', { topP: 0 }, /--top-p/);
  await usage('x', { topK: 1.5 }, /--top-k/);
  await usage('x', { seed: 2 ** 40 }, /--seed/);
  await usage('x', { persona: 'loud' }, /no persona "loud"/, /shy, bold/);
  await usage('x', { persona: 'shy', wording: 'w' }, /no wording "w"/, /plain, vivid/);
  await usage('x', { wording: 'plain' }, /no wording "plain"/, /has no wordings/);
  await usage('x', { method: 'magic' }, /no method "magic"/, /none, prompting/);
  await usage('x', { method: 'prompting' }, /needs a persona/);
  await usage('x', { method: 'none', persona: 'shy' }, /uses no persona/);
  await fails(run('x', { model: '/nowhere' }), 'bad-model', /no such model/, /persona-nano/);
  await fails(run('x', { model: join(folder, 'tokenizer.json') }), 'bad-model', /a model is a folder/);
  assert.is(asked.prompts.length, 0);
});

test('a prompt too long for the model', async () => {
  const { run, asked } = setUp('abc', { maxPositions: 8 });
  await fails(run('123456789', { raw: true }), 'usage', /10 tokens, and this model has 8/, /shorten it$/);
  await fails(run('1234567', { raw: true }), 'usage', /8 tokens/, /--max-tokens 0/);
  await run('1234567', { raw: true, maxTokens: 0 });
  await run('123456', { raw: true });
  assert.equal(
    asked.samplings.map((s) => s.maxTokens),
    [1],
  );
});

test('numbers that are not finite fail, and the engine is freed whatever happens', async () => {
  const broken = setUp('x', { logprob: Number.NaN });
  await fails(broken.run('abc', { raw: true, json: true }), 'not-finite', /is NaN/);
  assert.is(broken.asked.disposed, 1);
  assert.equal(broken.out, []);
  const lost = setUp('x', { fail: true });
  let thrown = '';
  await lost.run('abc').catch((error: Error) => {
    thrown = error.message;
  });
  assert.is(thrown, 'lost');
  assert.is(lost.asked.disposed, 1);
});

test('a bundled model is found by its name before a local folder', async () => {
  const { run, asked } = setUp('x');
  const name = folder.split('/').at(-1) ?? '';
  await run('Hi?', { model: name });
  assert.is(asked.prompts.length, 1);
  mkdirSync(join(folder, 'sub'), { recursive: true });
  await fails(run('x', { model: '..' }), 'no-tokenizer', /no tokenizer\.json/);
});

test.run();
