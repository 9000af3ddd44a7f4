// The suite for models of the user: what its two sets ask, what answerers without a model score on each with the texts that the
// suite calibrates on, and that it runs through a chat template.

import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { METHODS } from '../../api/methods.ts';
import { loadSuite } from '../../harness/config/index.ts';
import type { Evaluation } from '../../harness/config/resolved.ts';
import { EVALUATIONS } from '../../harness/evaluations/index.ts';
import { evaluationItems, itemsOf } from '../../harness/plan/items.ts';
import type { RunResult } from '../../harness/record/run-record.ts';
import { standardAnswerers } from '../../harness/score/trivial.ts';
import { BENCH } from '../support/bench.ts';
import { shared, temporaryFolder } from '../support/folders.ts';
import { ROOT, runNode } from '../support/node.ts';
import { writeRandomModel } from '../support/random-model.ts';
import { suite as testSuite } from '../support/suite.ts';

const test = testSuite('real-model suite');
const FILE = join(ROOT, 'suites/real-model.yaml');
const load = (file: string) => loadSuite(file, { registry: METHODS, kinds: EVALUATIONS });
const suite = await load(FILE);
const traits = [...new Set(suite.personas.map(({ trait }) => trait))];
const named = (id: string): Evaluation => suite.evaluations.find((one) => one.id === id)!;

/** The share that an answerer gets of the items of an evaluation, over all traits and in each. */
function shares(
  of: Pick<typeof suite, 'personas'>,
  evaluation: Evaluation,
  name: string,
): { readonly all: number; readonly each: readonly number[] } {
  const answerer = standardAnswerers(of.personas).find((one) => one.name === name)!;
  const byTrait = evaluationItems(of, evaluation);
  const each = traits.map((trait) => {
    const credits = of.personas
      .filter((persona) => persona.trait === trait)
      .flatMap((persona) => itemsOf(persona, byTrait).map((item) => answerer.credit(persona, item)));
    return credits.reduce((sum, credit) => sum + credit, 0) / credits.length;
  });
  return { all: each.reduce((sum, share) => sum + share, 0) / each.length, each };
}

test('it asks 48 situations and 48 statements of each trait', () => {
  assert.equal(
    suite.evaluations.map(({ id }) => id),
    ['situations', 'statements'],
  );
  for (const [id, form] of [
    ['situations', /-se\d{3}$/],
    ['statements', /-e0[0-4]\d$/],
  ] as const) {
    const byTrait = evaluationItems(suite, named(id));
    assert.equal(
      [...byTrait.values()].map(({ length }) => length),
      traits.map(() => 48),
    );
    assert.ok(
      [...byTrait.values()].flat().every((item) => form.test(item.id)),
      id,
    );
  }
});

test('word counts of its calibration texts score at most 60 % of the situations, in each trait too', async () => {
  const { all, each } = shares(suite, named('situations'), 'words');
  console.log(`words on situations: ${[all, ...each].map((share) => (100 * share).toFixed(1)).join(', ')}`);
  for (const share of [all, ...each]) assert.ok(share <= 0.6, `${all}: ${each.join(', ')}`);
  for (const name of ['yes', 'negation', 'common', 'rare', 'shorter', 'overlap']) {
    const other = shares(suite, named('situations'), name);
    assert.ok(other.all <= 0.55, `${name}: ${other.all}`);
  }
  // The statements name the pole: their words do better even by the texts of the situations, and nearly all by their own.
  const statements = shares(suite, named('statements'), 'words');
  assert.ok(statements.all > all, `${statements.all}`);
  const bigFive = await load(join(ROOT, 'suites/big-five.yaml'));
  const own = shares(bigFive, bigFive.evaluations[0]!, 'words');
  console.log(
    `words on statements: ${(100 * statements.all).toFixed(1)}, by their own texts ${(100 * own.all).toFixed(1)}`,
  );
  assert.ok(own.all > 0.9, `${own.all}`);
});

const [pieces, template] = [shared('models/stories260k'), shared('cases/answer-space')];
if (pieces !== null && template !== null) {
  test('a Qwen3 of random weights answers both sets through a chat template', async () => {
    const folder = temporaryFolder();
    const model = join(folder, 'model');
    const sizes = { layers: 2, hidden: 32, heads: 4, vocab: 512, positions: 1024 };
    await writeRandomModel(model, { family: 'qwen3', seed: 5, format: 'bf16', ...sizes });
    copyFileSync(join(pieces, 'tokenizer.json'), join(model, 'tokenizer.json'));
    copyFileSync(join(template, 'model/tokenizer_config.json'), join(model, 'tokenizer_config.json'));
    const out = join(folder, 'out');
    const ended = await runNode([...BENCH, 'run', FILE, ...['--model', model, '--limit', '1', '--out', out]]);
    assert.is(ended.code, 0, `${ended.stdout}\n${ended.stderr}`);
    const [name] = readdirSync(join(out, 'runs')).filter((one) => one.includes('-real-model-'));
    const run = JSON.parse(readFileSync(join(out, 'runs', name!, 'run.json'), 'utf8')) as RunResult;
    assert.ok(run.cells.every(({ error }) => error === null));
    for (const method of ['none', 'prompting', 'few-shot', 'contrastive']) {
      const asked = run.metrics.filter((row) => row.method === method && row.trait === null && row.persona === null);
      assert.equal([...new Set(asked.map((row) => row.evaluation))], ['situations', 'statements'], method);
    }
  });
}

test.run();
