// A suite, methods and an engine without a model: log-probabilities are hashes of what is asked, so that runs can be
// compared to the bit. Every call into the engine is counted.

import { createHash } from 'node:crypto';
import type { Spec } from '../../formats/checkpoint/spec.ts';
import type { Counters, Diverged, Engine, Scored, Sequence } from '../../gpu/index.ts';
import type { Persona, Suite } from '../../harness/config/resolved.ts';
import type { Item } from '../../harness/datasets/types.ts';
import type { ChoiceEvaluation } from '../../harness/evaluations/choice.ts';
import type { Method, MethodRegistry } from '../../harness/method/method.ts';
import type { Outcome } from '../../harness/method/outcome.ts';
import type { ModelDigests } from '../../harness/plan/identity.ts';
import type { DeviceInfo } from '../../harness/record/run-record.ts';
import type { Evaluate, LoadedModel } from '../../harness/run/ports.ts';
import { CHAT_DEFAULTS, type TextModel } from '../../harness/text/index.ts';

export const DEVICE: DeviceInfo = {
  name: 'fake device',
  software: true,
  deviceClass: 'fake-1',
  testbed: { name: 'fake device', driver: '1' },
  timestamps: false,
};

export const DIGESTS: ModelDigests = { config: 'c0', weights: 'f00d', tokenizer: 'beef', template: 'cafe' };

/** A number in [0, 1) that depends on the text alone. */
export function pseudo(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32LE(0) / 2 ** 32;
}

export function fakeItems(persona: string, trait: string, keying: '+' | '-', count: number): readonly Item[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `${persona}-${i}`,
    persona,
    trait,
    keying,
    split: 'evaluation' as const,
    question: `How does ${persona} take case ${i}?`,
    options: [
      { text: `as ${persona} would, ${i}`, matching: i % 2 === 0 },
      { text: `the other way, ${i}`, matching: i % 2 === 1 },
    ],
  }));
}

export function fakePersona(id: string, opposite: string, trait: string, pole: 'high' | 'low', items = 6): Persona {
  return {
    id,
    trait,
    pole,
    opposite,
    description: `someone of ${id}`,
    prompts: { plain: `You are ${id}.`, vivid: `Everyone calls you ${id}.` },
    items: [
      ...fakeItems(id, trait, pole === 'high' ? '+' : '-', items),
      { ...(fakeItems(id, trait, '+', 1)[0] as Item), id: `${id}-tuning`, split: 'tuning', question: `Tune ${id}?` },
    ],
    calibration: [{ answer: `I speak as ${id}.` }],
    knowledge: [{ id: `${id}-k`, text: `${id} is a way to be.` }],
  };
}

export const EVALUATION: ChoiceEvaluation = {
  id: 'choice',
  kind: 'choice',
  scorer: 'per-token',
  show: true,
  orders: 'both',
  template: '{question}\n{options}',
  itemsPerTrait: null,
  tuningPerTrait: 16,
};

export function fakeSuite(changes: Partial<Suite> = {}): Suite {
  return {
    name: 'fake',
    file: '/suites/fake.yaml',
    notes: ['A fake fixture: it tests the harness.'],
    models: [{ id: 'tiny', path: '/models/tiny', template: null }],
    personas: [
      fakePersona('extraversion', 'introversion', 'extraversion', 'high'),
      fakePersona('introversion', 'extraversion', 'extraversion', 'low'),
    ],
    personasFile: '/suites/personas.yaml',
    neutral: ['The kettle is on.'],
    library: [],
    evaluations: [EVALUATION],
    methods: [
      { id: 'none', method: 'none', control: true, options: {} },
      { id: 'prompting', method: 'prompting', control: false, options: { place: 'system' } },
    ],
    controls: { random: 0, magnitude: false, 'generic-text': false, opposite: false, shuffled: false, draws: 20 },
    sparsity: [{ label: 'low', value: 0.3 }],
    seeds: [0],
    latency: null,
    gate: null,
    ...changes,
  };
}

const free = { artefactBytes: 0, trainedParameters: 0 };

const none: Method = {
  name: 'none',
  title: 'the bare question',
  options: {},
  axes: [],
  reads: [],
  prepare: async () => ({
    variant: { id: 'dense' },
    wrap: async ({ text }) => ({ messages: [{ role: 'user', content: text }] }),
    cost: free,
    artefacts: [],
    release: () => {},
  }),
};

const prompting: Method = {
  name: 'prompting',
  title: 'a system message',
  options: {},
  axes: ['persona', 'wording'],
  reads: [],
  wordings: (persona) => Object.keys(persona.prompts),
  prepare: async ({ persona, wording }) => ({
    variant: { id: 'dense' },
    wrap: async ({ text }) => ({
      messages: [
        { role: 'system', content: persona?.prompts[wording ?? ''] ?? '' },
        { role: 'user', content: text },
      ],
    }),
    cost: free,
    artefacts: [{ name: 'note.txt', bytes: Buffer.from('made on the way') }],
    release: () => {},
  }),
};

export const METHODS: MethodRegistry = new Map([
  ['none', none],
  ['prompting', prompting],
]);

export interface Calls {
  loads: number;
  evaluations: number;
}

/** Outcomes that depend on the wrapped prompt and the options alone; `delayMs` makes a cell slow enough to be killed in. */
export function fakeEvaluate(calls: Calls, delayMs = 0): Evaluate {
  return async ({ evaluation, items, prepared, signal }) => {
    calls.evaluations++;
    const outcomes: Outcome[] = [];
    for (const item of items) {
      if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
      signal?.throwIfAborted();
      const prompt = JSON.stringify(await prepared.wrap({ item, text: item.question }));
      const orders = [
        [0, 1],
        [1, 0],
      ].map((order) => {
        const options = item.options.map(({ text }, i) => {
          const sum = -1 - 8 * pseudo(`${prompt}|${order}|${text}|${i}`);
          return { sum, tokens: 4, bytes: text.length, greedy: false, score: sum / 4 };
        });
        const weights = options.map(({ score }) => Math.exp(score));
        const matching = item.options.findIndex((option) => option.matching);
        return { order, options, p: (weights[matching] ?? 0) / weights.reduce((a, b) => a + b, 0) };
      });
      const p = orders.reduce((sum, order) => sum + order.p, 0) / orders.length;
      outcomes.push({
        item: item.id,
        orders,
        p,
        promptTokens: prompt.length,
        addedTokens: 'show' in evaluation && evaluation.show === true ? 3 : 0,
      });
    }
    return outcomes;
  };
}

const COUNTERS: Counters = {
  tokens: 100,
  flops: 1000,
  weightBytes: 10,
  dispatches: 5,
  submits: 1,
  pipelines: 1,
  readbacks: 1,
  peakBytes: 4096,
};

export function fakeLoad(calls: Calls, device: DeviceInfo = DEVICE): (model: string) => Promise<LoadedModel> {
  return async () => {
    calls.loads++;
    return { engine: fakeEngine(), text: fakeText(), device };
  };
}

export function fakeEngine(): Engine {
  return {
    spec: { maxPositions: 4096, vocab: 256 } as Spec,
    weightsDigest: DIGESTS.weights,
    parameters: 1,
    weightBytes: 4,
    matrices: [],
    score: async (sequences: readonly Sequence[]) =>
      sequences.map(
        ({ tokens, from }): Scored => ({
          logprobs: Float32Array.from(tokens.slice(from), (id, i) => -1 - pseudo(`${id}:${i}`)),
          greedy: new Uint8Array(tokens.length - from),
        }),
      ),
    divergence: async (sequences: readonly Sequence[]) =>
      sequences.map(({ tokens, from, variant }): Diverged => {
        const values = (salt: string) =>
          Float32Array.from(tokens.slice(from), (id, i) => -1 - pseudo(`${salt}${id}:${i}`));
        const dense = values('');
        const same = variant.id === 'dense';
        const other = same ? dense : values(variant.id);
        return { dense, variant: other, divergence: dense.map((value, i) => (value - other[i]!) ** 2) };
      }),
    top: async () => [[1, -0.5]],
    perplexity: async (tokens) => ({ nll: 1, tokens: tokens.length, perplexity: 2 }),
    generate: async function* (prompts, { maxTokens }) {
      for (let i = 0; i < maxTokens; i++) for (let s = 0; s < prompts.length; s++) yield { sequence: s, token: i };
    },
    collect: async () => [],
    collectEach: async () => ({ bytes: 0, addedUp: () => [] }),
    states: async () => [],
    trainer: async () => {
      throw new Error('this engine trains nothing');
    },
    select: async () => ({ tensors: new Map(), filled: 0 }),
    counters: () => COUNTERS,
    resetCounters: () => {},
    gpuMs: () => null,
    trace: async (work) => {
      await work();
      return [];
    },
    peaks: async () => ({ gflops: 100, gbPerSecond: 10 }),
    trim: async () => {},
    dispose: async () => {},
  };
}

export function fakeText(): TextModel {
  const encode = (text: string) => Uint32Array.from(Buffer.from(text, 'utf8'));
  return {
    tokenizerDigest: DIGESTS.tokenizer,
    templateDigest: DIGESTS.template,
    chat: CHAT_DEFAULTS,
    facts: {
      answer: 'rendered',
      between: '',
      system: { inserted: null, emptied: true, forced: null },
      content: 'text',
      thinks: false,
      dated: false,
    },
    template: 'plain',
    system: 'native',
    merges: false,
    bos: null,
    eos: [],
    vocabulary: 256,
    render: (prompt) => {
      const text = 'text' in prompt ? prompt.text : prompt.messages.map((m) => `${m.role}: ${m.content}\n`).join('');
      return { text, tokens: encode(text), separator: ' ' };
    },
    continuation: (_, answer) => encode(answer),
    prepare() {},
    encode,
    decode: (tokens) => Buffer.from(tokens).toString('utf8'),
  };
}
