// The method `steering` on a fake engine: what it reads, what it chooses and by what, and what its control takes over.

import { Ajv } from 'ajv';
import * as assert from 'uvu/assert';
import { steering } from '../../../baselines/steering/method.ts';
import { OPTIONS, optionsOf, rangesOf } from '../../../baselines/steering/options.ts';
import type { Spec } from '../../../formats/checkpoint/spec.ts';
import type { Engine, Sample } from '../../../gpu/index.ts';
import type { Item } from '../../../harness/datasets/types.ts';
import { type Context, type Held, reads } from '../../../harness/method/method.ts';
import { rngOf } from '../../../harness/stats/rng.ts';
import { fakeEngine, fakeItems, fakePersona, fakeText } from '../../support/fake.ts';
import { test } from '../../support/suite.ts';

const HIDDEN = 3;
const LAYERS = 4;
const texts = (id: string) => Array.from({ length: 6 }, (_, i) => ({ question: `Why ${i}?`, answer: `${id} ${i}.` }));
const persona = { ...fakePersona('extraversion', 'introversion', 'extraversion', 'high'), calibration: texts('Loud') };
const opposite = { ...fakePersona('introversion', 'extraversion', 'extraversion', 'low'), calibration: texts('Quiet') };
const tuning = fakeItems('extraversion', 'extraversion', '+', 5).map((item): Item => ({ ...item, split: 'tuning' }));

interface Asked {
  readonly range: string;
  readonly scale: number;
  readonly items: number;
}

/** An engine whose states tell the poles apart, and a tuning split that likes `best` (range) and `scale`. */
function fake(best = '2-3', scale = 4) {
  const samples: Sample[] = [];
  const asked: Asked[] = [];
  const engine: Engine = {
    ...fakeEngine(),
    spec: { layers: LAYERS, hidden: HIDDEN } as Spec,
    states: async (given) => {
      samples.push(...given);
      return given.map(({ tokens }) => {
        const loud = Buffer.from(tokens).toString().includes('Loud') ? 1 : -1;
        return Float32Array.from({ length: LAYERS * HIDDEN }, (_, i) => (i % HIDDEN === 0 ? loud : 0.5));
      });
    },
  };
  const tune: Context['tune'] = async ({ variant }, items = tuning): Promise<Held> => {
    const edits = variant.steer!.edits;
    const range = `${edits[0]!.layer}-${edits.at(-1)!.layer}`;
    asked.push({ range, scale: edits[0]!.scale, items: items.length });
    return { n: items.length, alignment: range === best ? 0.75 : 0.5, meanP: edits[0]!.scale === scale ? 0.6 : 0.55 };
  };
  const context = (options: object, more: Partial<Context> = {}): Context => ({
    engine,
    persona,
    opposite,
    wording: null,
    sparsity: null,
    options: { ...options },
    calibration: persona.calibration,
    neutral: [],
    library: [],
    tuning,
    text: fakeText(),
    statistics: { of: async () => ({ sums: [], spentMs: 0, reused: false }) },
    evaluate: async () => [],
    phrase: (item) => ({ question: item.question, answer: () => '' }),
    tune,
    seed: 3,
    rng: rngOf(3),
    ...more,
  });
  return { samples, asked, context };
}
const json = (bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).toString());

test('layers at the middle coefficient, then the coefficient there; the best of all that was asked is taken', async () => {
  const { asked, context } = fake();
  const { variant, artefacts, cost } = await steering.prepare(context({ 'tuning-items': 3 }));
  assert.equal(asked, [
    { range: '0-3', scale: 2, items: 3 },
    { range: '0-1', scale: 2, items: 3 },
    { range: '2-3', scale: 2, items: 3 },
    { range: '2-3', scale: 1, items: 3 },
    { range: '2-3', scale: 4, items: 3 },
  ]);
  assert.equal(
    variant.steer!.edits.map(({ layer, scale, kind, vector }) => [layer, scale, kind, ...vector]),
    [
      [2, 4, 'add', 2, 0, 0],
      [3, 4, 'add', 2, 0, 0],
    ],
  );
  const [file, record] = artefacts;
  assert.is(cost.artefactBytes, file!.bytes.length);
  const header = Buffer.from(file!.bytes).subarray(8, 8 + Number(Buffer.from(file!.bytes).readBigUInt64LE(0)));
  const { __metadata__: metadata, ...tensors } = JSON.parse(header.toString());
  assert.equal(Object.keys(tensors), ['layers.2', 'layers.3']);
  assert.equal([metadata.persona, metadata.coefficient, metadata.layers], ['extraversion', '4', '2 3']);
  assert.is(json(record!.bytes).tried.length, 5);
});

test('the random control is tuned as the real vectors are, and takes their layers, coefficient and norms', async () => {
  const { asked, context } = fake();
  const { variant } = await steering.prepare(context({ vector: 'random' }));
  assert.is(asked.length, 5);
  for (const { layer, scale, vector } of variant.steer!.edits) {
    assert.ok(layer >= 2 && scale === 4);
    assert.ok(Math.abs(Math.hypot(...vector) - 2) < 1e-6);
    assert.ok(Math.abs(vector[1]!) + Math.abs(vector[2]!) > 1e-3);
  }
  const other = await steering.prepare(fake().context({ vector: 'random' }, { seed: 4 }));
  assert.not.equal(other.variant.id, variant.id);
});

test('what is given is not asked for; the tuning split is read only for what is left open', async () => {
  const { asked, samples, context } = fake();
  const { variant } = await steering.prepare(
    context({ layers: [1, 1], coefficient: -2, position: 'last', samples: 4 }),
  );
  assert.is(asked.length, 0);
  assert.equal(
    variant.steer!.edits.map(({ layer, scale }) => [layer, scale]),
    [[1, -2]],
  );
  assert.is(samples.length, 8);
  assert.ok(samples.every(({ from, to, tokens }) => from === to - 1 && to === tokens.length));
  const entry = (options: object) => ({ options: { ...options } });
  assert.ok(reads(steering, entry({}), 'tuning') && reads(steering, entry({}), 'opposite'));
  assert.not.ok(reads(steering, entry({ layers: [0, 1], coefficient: 1 }), 'tuning'));
  assert.not.ok(reads(steering, entry({}), 'prompts') || reads(steering, entry({}), 'knowledge'));
  const content = (options: object) => steering.content!({ ...options });
  assert.equal(
    content({ layers: [0, 1], coefficient: 1, 'tuning-items': 3 }),
    content({ layers: [0, 1], coefficient: 1 }),
  );
  assert.not.equal(content({ 'tuning-items': 3 }), content({}));
});

test('the same places of both poles are contrasted, and only their answers', async () => {
  const { samples, context } = fake();
  await steering.prepare(context({ layers: [0, 0], coefficient: 1, samples: 3 }));
  const said = samples.map(({ tokens, from, to }) => Buffer.from(tokens.slice(from, to)).toString());
  assert.equal(
    said.slice(0, 3).map((text) => text.replace('Loud', '')),
    said.slice(3).map((text) => text.replace('Quiet', '')),
  );
  assert.ok(said.every((text) => /^(Loud|Quiet) \d\.$/.test(text)));
});

test('without a persona, an opposite, a tokenizer or such layers it is an error with a way out', async () => {
  for (const [more, options, code] of [
    [{ persona: null }, {}, 'no-persona'],
    [{ opposite: null }, {}, 'no-opposite'],
    [{ text: null }, {}, 'no-tokenizer'],
    [{}, { layers: [2, 4] }, 'bad-options'],
    [{}, { layers: [2, 1] }, 'bad-options'],
    [{ opposite: persona }, {}, 'no-contrast'],
  ] as const) {
    await steering.prepare(fake().context(options, more)).then(
      () => assert.unreachable(code),
      (error) => assert.is(error.code, code),
    );
  }
  assert.equal(rangesOf(optionsOf({}), 1), [[0, 0]]);
});

test('the options are closed, described, and have defaults', () => {
  const check = new Ajv({ useDefaults: true, strict: true, allowUnionTypes: true }).compile(OPTIONS);
  const options = {};
  assert.ok(check(options));
  assert.equal(options, optionsOf({}));
  assert.ok(Object.values(OPTIONS.properties).every(({ description }) => description.length > 10));
  for (const bad of [{ layer: 1 }, { layers: [1] }, { layers: [-1, 2] }, { vector: 'pca' }, { coefficients: [] }])
    assert.not.ok(check(bad), JSON.stringify(bad));
});

test.run();
