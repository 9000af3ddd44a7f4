// The bundled model: its golden numbers on the engine, its tokenizer on the bundled texts, the digests of its files, and
// what its card has to say.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { METHODS } from '../../api/methods.ts';
import { loadSpec } from '../../formats/checkpoint/read-spec.ts';
import { DENSE, type LoadedEngine, loadEngine, type Sampling } from '../../gpu/index.ts';
import { loadSuite } from '../../harness/config/index.ts';
import type { ChoiceEvaluation } from '../../harness/evaluations/choice.ts';
import { EVALUATIONS } from '../../harness/evaluations/index.ts';
import { questionText } from '../../harness/score/index.ts';
import { loadText } from '../../harness/text/index.ts';
import { ROOT } from '../support/node.ts';
import { suite } from '../support/suite.ts';

/** Log-probabilities against float64, as for the family fixtures in test/gpu/model/engine.test.ts. */
const GOLDEN = 5e-5;
const MAX_WEIGHT_BYTES = 4_000_000;
const FOLDER = join(ROOT, 'models/persona-nano');
const GREEDY: Sampling = { maxTokens: 0, temperature: 0, topK: 0, topP: 1, seed: 0, stopTokens: [] };

interface GoldenCase {
  readonly ids: readonly number[];
  readonly logprobs: readonly number[];
  readonly top: readonly (readonly [id: number, logprob: number])[];
  readonly greedy: readonly number[];
}

const test = suite('persona-nano');
const cases: readonly GoldenCase[] = JSON.parse(readFileSync(join(FOLDER, 'golden.json'), 'utf8'));
const spec = await loadSpec(FOLDER);
const text = await loadText(FOLDER, { vocab: spec.vocab });
const { personas, neutral, evaluations } = await loadSuite(join(ROOT, 'suites/big-five.yaml'), {
  registry: METHODS,
  kinds: EVALUATIONS,
});
const items = [
  ...new Map(personas.flatMap((persona) => persona.items.map((item) => [item.id, item] as const))).values(),
];

let engine: LoadedEngine;
test.before(async () => {
  engine = await loadEngine(FOLDER);
});
test.after(() => engine.dispose());

/** The largest difference of what the engine says from the golden log-probabilities; the ids must be the same. */
async function difference({ ids, logprobs, top, greedy }: GoldenCase): Promise<number> {
  const tokens = Uint32Array.from(ids);
  const found: number[] = [];
  if (ids.length > 1) found.push(...(await engine.score([{ tokens, from: 1, variant: DENSE }]))[0]!.logprobs);
  assert.is(found.length, logprobs.length);
  const likeliest = await engine.top(tokens, top.length);
  assert.equal(
    likeliest.map(([id]) => id),
    top.map(([id]) => id),
  );
  const said: number[] = [];
  const sampling = { ...GREEDY, maxTokens: greedy.length };
  for await (const { token } of engine.generate([{ tokens, variant: DENSE }], sampling)) said.push(token);
  assert.equal(said, [...greedy]);
  const expected = [...logprobs, ...top.map(([, value]) => value)];
  const all = [...found, ...likeliest.map(([, value]) => value)];
  return Math.max(...all.map((value, i) => Math.abs(value - expected[i]!)));
}

test('the engine meets the golden log-probabilities, top five and greedy continuations', async () => {
  assert.ok(cases.length >= 4 && cases.some(({ ids }) => ids.length > 60));
  const differences: number[] = [];
  for (const one of cases) differences.push(await difference(one));
  const worst = Math.max(...differences);
  console.log(`largest difference ${worst.toExponential(1)} over ${cases.length} cases`);
  assert.ok(worst <= GOLDEN, `log-probabilities differ by ${worst}`);
});

test('a golden number that is off by twice the tolerance is noticed', async () => {
  const one = cases[1]!;
  const off = one.logprobs.map((value, i) => (i === 3 ? value - 2 * GOLDEN : value));
  assert.ok((await difference({ ...one, logprobs: off })) > GOLDEN);
});

test('the tokenizer gives back every bundled text, and text that it has never seen', () => {
  const bundled = [
    ...items.flatMap(({ question, options }) => [question, ...options.map((option) => option.text)]),
    ...neutral,
    ...personas.flatMap(({ prompts, calibration, knowledge }) => [
      ...Object.values(prompts),
      ...calibration.flatMap(({ question, answer }) => [question ?? '', answer]),
      ...knowledge.map((passage) => passage.text),
    ]),
  ];
  assert.ok(bundled.length > 4000);
  for (const one of [
    ...bundled,
    ' two  spaces ',
    "tab\there,\nnew line's end\r\n",
    'Größe, 你好, 🦙🏽, \u0000\u200d',
  ]) {
    const tokens = text.encode(one);
    assert.is(text.decode(tokens), one);
    assert.is(tokens.filter((id) => id === text.bos).length, 1);
  }
});

test('a rendered prompt starts with its only BOS, in the form that the card gives', () => {
  const lengths: number[] = [];
  for (const { id, trait, prompts } of personas) {
    for (const system of [null, ...Object.values(prompts)]) {
      for (const item of items.filter((one) => one.trait === trait)) {
        const user = { role: 'user' as const, content: questionText(evaluations[0] as ChoiceEvaluation, item, [1, 0]) };
        const messages = system === null ? [user] : [{ role: 'system' as const, content: system }, user];
        const { tokens } = text.render({ messages });
        assert.is(tokens.indexOf(text.bos!), 0, id);
        assert.is(tokens.lastIndexOf(text.bos!), 0, id);
        lengths.push(tokens.length);
      }
    }
  }
  assert.ok(Math.max(...lengths) < 128, `the longest prompt has ${Math.max(...lengths)} tokens`);
  const { text: rendered } = text.render({
    messages: [
      { role: 'system', content: 'You are an introvert.' },
      { role: 'user', content: 'And now?' },
    ],
  });
  assert.is(rendered, '<s><|system|>You are an introvert.<|end|><|user|>And now?<|end|><|assistant|>');
  assert.throws(() => text.render({ text: '<s><s>And now?' }), /two BOS tokens/);
});

test('the weights take at most 4 MB, and every file has its recorded digest', () => {
  assert.ok(statSync(join(FOLDER, 'model.safetensors')).size <= MAX_WEIGHT_BYTES);
  const recorded = JSON.parse(readFileSync(join(ROOT, 'models/recipe/digests.json'), 'utf8'));
  const files = readdirSync(FOLDER).filter((name) => name !== 'README.md');
  const found = Object.fromEntries(
    files.map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(FOLDER, name)))
        .digest('hex'),
    ]),
  );
  assert.equal(found, recorded);
  assert.is(new Set(Object.values(found)).size, 6);
});

/** How often a card says that the evaluation split was looked at; null where it does not say. */
function looks(card: string): number | null {
  const said = /evaluation split was looked at[^:\n]*: (\d+) times?\b/.exec(card)?.[1];
  return said === undefined ? null : Number(said);
}

test('the card says how often the evaluation split was looked at, what the model is not, and the digests', () => {
  const card = readFileSync(join(FOLDER, 'README.md'), 'utf8');
  assert.is(looks(card), 0);
  assert.is(looks(card.replace(/.*looked at.*/, '')), null);
  assert.match(card, /no evidence about large language models/);
  const recorded: Record<string, string> = JSON.parse(readFileSync(join(ROOT, 'models/recipe/digests.json'), 'utf8'));
  const listed = [...card.matchAll(/^- `([\w.]+)`: `([0-9a-f]{64})`$/gm)].map(([, name, digest]) => [name, digest]);
  assert.equal(Object.fromEntries(listed), recorded);
  assert.match(card, new RegExp(engine.parameters.toLocaleString('en')));
});

test.run();
