// The method `lora`: what it asks the engine for, what it never trains on, its artefacts, and a run in which it diverges.

import { Ajv } from 'ajv';
import * as assert from 'uvu/assert';
import { lora } from '../../../baselines/lora/method.ts';
import { contentOf, OPTIONS, optionsOf, targetsOf } from '../../../baselines/lora/options.ts';
import { CONFIG, WEIGHTS } from '../../../baselines/lora/peft.ts';
import type { MatrixInfo } from '../../../formats/checkpoint/matrices.ts';
import type { Spec } from '../../../formats/checkpoint/spec.ts';
import type { Engine, Sample, Trainer, TrainerOptions } from '../../../gpu/index.ts';
import type { Item } from '../../../harness/datasets/types.ts';
import { axesOf, type Context, reads } from '../../../harness/method/method.ts';
import { rngOf } from '../../../harness/stats/rng.ts';
import { DEVICE, fakeEngine, fakeItems, fakePersona, fakeText, METHODS } from '../../support/fake.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { runFake } from '../../support/session.ts';
import { suite } from '../../support/suite.ts';

const test = suite('lora');
const info = (role: MatrixInfo['role'], module: MatrixInfo['module'], tap: MatrixInfo['tap']): MatrixInfo => ({
  name: `model.layers.0.${module}.${role}.weight`,
  ...{ layer: 0, module, role, tap, rows: 4, columns: 4 },
});
const MATRICES = [info('q', 'attention', 'qkv'), info('o', 'attention', 'o'), info('down', 'mlp', 'down')];

interface Fake {
  readonly engine: Engine;
  readonly asked: TrainerOptions[];
  readonly trained: Sample[][];
  disposed: number;
}

/** An engine whose trainer learns nothing: the adapter holds the number of its steps. */
function trainable(loss: (step: number) => number = () => 1): Fake {
  const fake: Fake = {
    asked: [],
    trained: [],
    disposed: 0,
    engine: {
      ...fakeEngine(),
      spec: { family: 'llama', maxPositions: 64 } as Spec,
      matrices: MATRICES,
      trainer: async (options): Promise<Trainer> => {
        fake.asked.push(options);
        const { rank, alpha, targets } = options;
        const values = () => new Float32Array(4 * rank).fill(fake.trained.length);
        return {
          parameters: 8 * rank * targets.length,
          step: async (batch) => {
            fake.trained.push([...batch]);
            return { loss: loss(fake.trained.length), gradientNorm: 2 };
          },
          gradients: async () => ({ loss: 0, gradientNorm: 0, tensors: new Map() }),
          adapter: async (id) => ({
            id,
            rank,
            alpha,
            tensors: new Map(targets.map((name) => [name, { a: values(), b: values() }])),
          }),
          dispose: () => {
            fake.disposed++;
          },
        };
      },
    },
  };
  return fake;
}

const persona = {
  ...fakePersona('extraversion', 'introversion', 'extraversion', 'high'),
  calibration: Array.from({ length: 30 }, (_, i) => ({ question: `Why ${i}?`, answer: `Because of ${i}.` })),
};
const tuning = fakeItems('extraversion', 'extraversion', '+', 5).map((item): Item => ({ ...item, split: 'tuning' }));
function context(engine: Engine, more: Partial<Context> = {}): Context {
  return {
    engine,
    persona,
    opposite: null,
    wording: null,
    sparsity: null,
    options: { 'batch-tokens': 100, steps: 8, 'evaluate-every': 2 },
    calibration: persona.calibration,
    neutral: [],
    library: [],
    tuning,
    text: fakeText(),
    statistics: { of: async () => ({ sums: [], spentMs: 0, reused: false }) },
    evaluate: async () => [],
    tune: async () => ({ n: 5, alignment: 0.5, meanP: 0.5 }),
    phrase: (item) => ({ question: item.question, answer: (option) => item.options[option]?.text ?? '' }),
    seed: 3,
    rng: rngOf(3),
    ...more,
  };
}
const said = (fake: Fake): string[] => fake.trained.flat().map(({ tokens }) => Buffer.from(tokens).toString());

test('it trains on the calibration texts of the persona alone, within the tokens of a batch', async () => {
  const fake = trainable();
  await lora.prepare(context(fake.engine));
  const known = new Set(persona.calibration.map(({ question, answer }) => `user: ${question}\n${answer}`));
  assert.ok(said(fake).length >= 20 && said(fake).every((text) => known.has(text)));
  for (const { question, options } of [...tuning, ...persona.items]) {
    for (const text of [question, ...options.map((option) => option.text)]) {
      assert.not.ok(
        said(fake).some((sample) => sample.includes(text)),
        text,
      );
    }
  }
  assert.ok(fake.trained.every((batch) => batch.reduce((sum, { to }) => sum + to, 0) <= 100));
  assert.is(fake.disposed, 1);
});

test('items of the calibration split are trained on as they are asked, in both orders, with the answer of the persona', async () => {
  const fake = trainable();
  const own = fakeItems('introversion', 'extraversion', '-', 6).map(
    (item, i): Item => ({
      ...item,
      id: `own-${i}`,
      question: `Own ${i}?`,
      split: (['calibration', 'tuning', 'evaluation'] as const)[i % 3]!,
    }),
  );
  const phrase: Context['phrase'] = (item, order) => ({
    question: `${item.question} ${order.join('')}`,
    answer: (option) => item.options[option]!.text,
  });
  const more = {
    persona: { ...persona, items: own },
    phrase,
    options: { from: 'items', steps: 9, 'evaluate-every': 0 },
  };
  await lora.prepare(context(fake.engine, more));
  const answer = (i: number) => own[i]!.options.find(({ matching }) => !matching)!.text;
  const expected = [0, 3].flatMap((i) => ['01', '10'].map((order) => `user: Own ${i}? ${order}\n${answer(i)}`));
  assert.equal([...new Set(said(fake))].sort(), expected.sort());
});

test('the engine is asked for what the options say, and a sample is cut to what goes through at once', async () => {
  const fake = trainable();
  const options = { rank: 2, alpha: 6, dropout: 0.1, targets: ['q', 'down'], 'weight-decay': 0.2, clip: 3 };
  const rows = { 'batch-tokens': 300, 'pass-tokens': 20, steps: 2, samples: 7 };
  await lora.prepare(context(fake.engine, { options: { ...options, ...rows } }));
  assert.equal(fake.asked, [
    {
      ...{
        rank: 2,
        alpha: 6,
        dropout: 0.1,
        seed: 3,
        beta1: 0.9,
        beta2: 0.999,
        eps: 1e-8,
        decay: 0.2,
        clip: 3,
        rows: 20,
      },
      targets: [MATRICES[0]!.name, MATRICES[2]!.name],
    },
  ]);
  assert.ok(fake.trained.flat().every(({ to }) => to <= 20));
  assert.is(new Set(said(fake)).size, 7);
});

test('steps and epochs both end it, and a seed draws the same batches again', async () => {
  const of = async (options: object, seed = 3) => {
    const fake = trainable();
    await lora.prepare(context(fake.engine, { options: { 'batch-tokens': 100, ...options }, tuning: [], seed }));
    return fake;
  };
  assert.is((await of({ steps: 3 })).trained.length, 3);
  const two = await of({ steps: 1000, epochs: 2 });
  assert.is(said(two).length, 60);
  assert.equal(new Set(said(two).slice(0, 30)), new Set(said(two).slice(30)));
  assert.not.equal(said(two).slice(0, 30), said(two).slice(30), 'each pass has an order of its own');
  assert.equal(said(await of({ steps: 1000, epochs: 2 })), said(two));
  assert.not.equal(said(await of({ steps: 1000, epochs: 2 }, 4)), said(two));
});

test('the variant is the adapter that was best on the tuning items, and the question stands alone', async () => {
  const fake = trainable();
  const asked: (readonly Item[] | undefined)[] = [];
  const prepared = await lora.prepare(
    context(fake.engine, {
      options: { 'batch-tokens': 100, steps: 8, 'evaluate-every': 2, 'tuning-items': 3 },
      tune: async ({ variant, wrap }, items) => {
        asked.push(items);
        const question = await wrap({ item: tuning[0]!, text: 'Hm?' });
        assert.equal(question, { messages: [{ role: 'user', content: 'Hm?' }] });
        const step = variant.adapter!.tensors.values().next().value!.a[0];
        return { n: 3, alignment: step === 4 ? 0.9 : 0.1, meanP: 0.5 };
      },
    }),
  );
  assert.is(prepared.variant.adapter!.tensors.get(MATRICES[0]!.name)!.a[0], 4);
  assert.is(prepared.variant.id, `lora ${prepared.variant.adapter!.id}`);
  assert.ok(asked.length === 4 && asked.every((items) => items?.length === 3));
  const names = prepared.artefacts.map(({ name }) => name);
  assert.equal(names, [CONFIG, WEIGHTS, 'lora.json']);
  const record = JSON.parse(Buffer.from(prepared.artefacts[2]!.bytes).toString());
  assert.equal([record.best, record.steps, record.losses.length, record.tuning.length], [4, 8, 8, 4]);
  assert.is(
    record.tokens,
    fake.trained.flat().reduce((sum, { to }) => sum + to, 0),
  );
  for (const name of ['trainingSeconds', 'peakBytes', 'trainedParameters', 'artefactBytes', 'samples']) {
    assert.ok(Number.isFinite(record[name]), name);
  }
  assert.equal(prepared.cost, { artefactBytes: prepared.artefacts[1]!.bytes.length, trainedParameters: 8 * 8 * 3 });
});

test('without tuning items, or with evaluate-every 0, nothing is asked and the last adapter is taken', async () => {
  const never = async () => assert.unreachable() as never;
  for (const more of [{ tuning: [] }, { options: { 'batch-tokens': 100, steps: 5, 'evaluate-every': 0 } }]) {
    const fake = trainable();
    const { variant } = await lora.prepare(context(fake.engine, { ...more, tune: never }));
    assert.is(variant.adapter!.tensors.get(MATRICES[0]!.name)!.a[0], fake.trained.length);
  }
});

test('without a persona, a tokenizer, texts or the matrices asked for it is an error, and nothing stays open', async () => {
  const fake = trainable((step) => (step === 2 ? Number.NaN : 1));
  for (const [more, code] of [
    [{ persona: null }, 'no-persona'],
    [{ text: null }, 'no-tokenizer'],
    [{ calibration: [] }, 'no-calibration'],
    [{ options: { targets: ['gate'] } }, 'bad-options'],
    [{}, 'diverged'],
  ] as const) {
    await lora.prepare(context(fake.engine, more)).then(
      () => assert.unreachable(code),
      (error) => assert.is(error.code, code),
    );
  }
  assert.equal([fake.asked.length, fake.disposed], [1, 1]);
});

test('targets are named by module or by role', () => {
  const of = (targets: unknown) => targetsOf(optionsOf({ targets }), MATRICES).map((name) => name.split('.').at(-2));
  assert.equal(of('all'), ['q', 'o', 'down']);
  assert.equal(of('attention'), ['q', 'o']);
  assert.equal(of('mlp'), ['down']);
  assert.equal(of(['down', 'q']), ['q', 'down']);
  assert.throws(() => of(['q', 'qkv']), /no matrix of role qkv/);
});

test('the options are closed, described, and have defaults', () => {
  const check = new Ajv({ useDefaults: true, allErrors: true, strict: true, allowUnionTypes: true }).compile(OPTIONS);
  const options = {};
  assert.ok(check(options));
  assert.equal(options, optionsOf({}));
  assert.ok(Object.values(OPTIONS.properties).every(({ description }) => description.length > 10));
  assert.ok(check({ rank: 4, targets: ['q', 'v'], steps: 12, 'learning-rate': 1e-4 }));
  for (const bad of [{ ranks: 4 }, { rank: 0 }, { alpha: 0 }, { dropout: 1 }, { targets: [] }, { targets: ['w'] }])
    assert.not.ok(check(bad), JSON.stringify(bad));
});

test('it depends on persona and seed, and on the tuning split only where that is asked', () => {
  const entry = (options: object) => ({ options: optionsOf({ ...options }) });
  assert.equal(axesOf(lora, entry({})), ['persona', 'seed']);
  assert.ok(reads(lora, entry({}), 'tuning') && reads(lora, entry({}), 'calibration'));
  assert.not.ok(reads(lora, entry({ 'evaluate-every': 0, from: 'texts' }), 'tuning'));
  assert.not.ok(reads(lora, entry({ from: 'items' }), 'calibration'));
  assert.not.ok(reads(lora, entry({}), 'prompts') || reads(lora, entry({}), 'knowledge'));
  assert.equal(contentOf({ 'evaluate-every': 0, patience: 9 }), contentOf({ 'evaluate-every': 0 }));
  assert.not.equal(contentOf({ patience: 9 }), contentOf({}));
});

test('a run in which it diverges records that cell as failed and goes on', async () => {
  const registry = new Map([...METHODS, [lora.name, lora]]);
  const ran = await runFake(temporaryFolder(), {
    suite: {
      methods: [
        { id: 'lora', method: 'lora', control: false, options: optionsOf({}) },
        { id: 'none', method: 'none', control: true, options: {} },
      ],
    },
    options: { registry },
    machine: {
      load: async () => ({ engine: trainable(() => Number.NaN).engine, text: fakeText(), device: DEVICE }),
    },
  });
  const states = ran.result.cells.map(({ method, status }) => `${method} ${status}`);
  assert.equal(new Set(states), new Set(['lora errored', 'none computed']));
  const failed = ran.result.cells.find(({ status }) => status === 'errored');
  assert.is(failed?.error?.code, 'diverged');
  assert.match(failed?.error?.message ?? '', /at step 1 the loss is NaN .* learning rate of/);
  assert.match(failed?.error?.hint ?? '', /lower learning-rate/);
  assert.is(ran.result.exitCode, 3);
});

test.run();
