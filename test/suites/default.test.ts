// The suites of the package: they hold to the schema, load with what they name, and plan the cells that they promise.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { METHODS } from '../../api/methods.ts';
import type { BenchError } from '../../base/error.ts';
import { loadSuite } from '../../harness/config/index.ts';
import type { Suite } from '../../harness/config/resolved.ts';
import { type LoadOptions, readSuiteFile } from '../../harness/config/suite.ts';
import { EVALUATIONS } from '../../harness/evaluations/index.ts';
import type { Cell } from '../../harness/plan/cell.ts';
import { withControls } from '../../harness/plan/controls.ts';
import { expand } from '../../harness/plan/expand.ts';
import { DIGESTS } from '../support/fake.ts';
import { shared } from '../support/folders.ts';
import { ROOT } from '../support/node.ts';
import { suite as testSuite } from '../support/suite.ts';

const test = testSuite('bundled suites');
const NAMES = [
  'ablations',
  'anthropic-big-five',
  'big-five-full',
  'big-five',
  'ci',
  'likert',
  'paper',
  'real-model',
  'settings',
  'smoke',
  'specificity',
];
const TRAITS = ['agreeableness', 'conscientiousness', 'extraversion', 'neuroticism', 'openness'];

const load = (name: string, options: Partial<LoadOptions> = {}): Promise<Suite> =>
  loadSuite(join(ROOT, `suites/${name}.yaml`), { registry: METHODS, kinds: EVALUATIONS, ...options });
/** Cells of the evaluations of one kind. */
const plan = (suite: Suite, kind: Cell['evaluation']['kind'] = 'choice'): readonly Cell[] =>
  expand(suite, METHODS, EVALUATIONS, new Map(suite.models.map(({ id }) => [id, DIGESTS]))).filter(
    ({ evaluation }) => evaluation.kind === kind,
  );

/** Distinct items per trait that the cells ask, traits in order of the alphabet. */
function itemsPerTrait(all: readonly Cell[]): readonly (readonly [trait: string, items: number])[] {
  const cells = all.filter(({ split }) => split === 'evaluation');
  const asked = new Map(cells.flatMap(({ items }) => items.map((item) => [item.id, item.trait] as const)));
  return [...new Set(asked.values())]
    .sort()
    .map((trait) => [trait, [...asked.values()].filter((one) => one === trait).length] as const);
}

/** What every bundled suite plans: `none` once over all items, `prompting` for each persona and wording its trait's. */
function meetsPlan(suite: Suite, perTrait: number, personas: number, wordings: number): void {
  const whole = plan(suite);
  const cellsOf = (split: Cell['split']) => whole.filter((cell) => cell.split === split);
  assert.ok(cellsOf('tuning').every(({ items }) => items.every((item) => item.split === 'tuning')));
  const own = new Set(['none', 'prompting']);
  const cells = cellsOf('evaluation').filter(({ method }) => own.has(method));
  const traits = itemsPerTrait(cells);
  assert.ok(
    traits.every(([, items]) => items === perTrait),
    JSON.stringify(traits),
  );
  assert.ok(cellsOf('evaluation').every(({ items }) => items.every((item) => item.split === 'evaluation')));
  const [bare, ...prompted] = cells;
  assert.equal([bare!.method, bare!.persona, bare!.items.length], ['none', null, perTrait * traits.length]);
  assert.is(prompted.length, personas * wordings);
  assert.ok(prompted.every(({ method, items }) => method === 'prompting' && items.length === perTrait));
  assert.is(new Set(cells.map(({ id }) => id)).size, cells.length);
  assert.ok(suite.methods.find(({ id }) => id === 'none')!.control);
}

test('every bundled suite is named after its file and holds to the schema', async () => {
  const files = readdirSync(join(ROOT, 'suites')).filter((file) => file.endsWith('.yaml'));
  assert.equal(
    files.sort(),
    NAMES.map((name) => `${name}.yaml`),
  );
  for (const name of NAMES) {
    const { value } = await readSuiteFile(join(ROOT, `suites/${name}.yaml`), { registry: METHODS, kinds: EVALUATIONS });
    assert.is(value.name, name);
    await assertRefused(name, { set: ['evaluations.0.scorer=loudest'] }, /must be one of sum/);
  }
});

async function assertRefused(name: string, options: Partial<LoadOptions>, message: RegExp): Promise<BenchError> {
  const error = await load(name, options).then(
    () => assert.unreachable(`${message} was not refused`),
    (reason: unknown) => reason as BenchError,
  );
  assert.match(error!.message, message);
  return error!;
}

test('big-five plans at least 48 evaluation items for each of five traits, of both keyings alike', async () => {
  const suite = await load('big-five');
  const traits = itemsPerTrait(plan(suite));
  assert.equal(
    traits.map(([trait]) => trait),
    TRAITS,
  );
  assert.ok(
    traits.every(([, items]) => items >= 48),
    JSON.stringify(traits),
  );
  meetsPlan(suite, traits[0]![1], 10, 1);
  for (const { items, persona, split } of plan(suite)) {
    if (split === 'tuning') continue;
    const keyed = items.filter(({ keying }) => keying === '+').length;
    assert.ok(Math.abs(2 * keyed - items.length) <= 0.1 * items.length, `${persona}: ${keyed} of ${items.length}`);
  }
  assert.match(suite.notes.join(), /not evidence about large language models/);
  assert.ok(suite.latency !== null);
  assert.equal(itemsPerTrait(plan(await load('big-five', { limit: 7 })))[0], ['agreeableness', 7]);
});

test('big-five and likert ask every persona statements of both keys too, and tune on none of them', async () => {
  for (const [name, perTrait] of [
    ['big-five', 6],
    ['likert', 20],
  ] as const) {
    const cells = plan(await load(name), 'likert');
    assert.equal(
      itemsPerTrait(cells),
      TRAITS.map((trait) => [trait, perTrait]),
    );
    assert.ok(cells.every(({ split }) => split === 'evaluation'));
    const keyed = cells[0]!.items.filter(({ keying }) => keying === '+').length;
    assert.is(2 * keyed, cells[0]!.items.length);
  }
});

test('ci plans a prompt and a mask look by look, the dense network once, and no control besides', async () => {
  const suite = await load('ci');
  const cells = plan(suite).filter(({ split }) => split === 'evaluation');
  const looks = (method: string) =>
    [1, 2, 3, 4].map((look) => cells.filter((cell) => cell.method === method && cell.look === look));
  assert.equal(itemsPerTrait(looks('none')[0]!), itemsPerTrait(looks('prompting')[0]!));
  for (const method of ['prompting', 'contrastive']) {
    for (const at of looks(method)) {
      assert.is(at.length, 10, method);
      assert.ok(at.every(({ items }) => items.length === 36));
    }
    assert.ok(itemsPerTrait(looks(method).flat()).every(([, items]) => items === 144));
  }
  assert.equal(
    looks('none').map((at) => at.length),
    [1, 0, 0, 0],
  );
  const { against } = withControls(suite, METHODS, EVALUATIONS).methods.find(({ id }) => id === 'contrastive')!;
  assert.equal(against, []);
});

test('smoke plans eight items of one trait', async () => {
  const suite = await load('smoke');
  assert.equal(itemsPerTrait(plan(suite)), [['extraversion', 8]]);
  meetsPlan(suite, 8, 2, 1);
});

test('anthropic-big-five without its data says what is missing and where to get it', async () => {
  const missing = { set: ['evaluations.0.items.folder=/nowhere/evals'] };
  const { hint } = await assertRefused(
    'anthropic-big-five',
    missing,
    /the folder \/nowhere\/evals is not on this machine/,
  );
  assert.match(hint!, /fetch github anthropics\/evals/);
});

const planned = 'anthropic-big-five plans 100 yes-or-no statements for each of five traits';
if (shared('data/anthropic-evals') === null) {
  test.skip(planned, '../shared/data/anthropic-evals is not on this machine');
} else {
  test(planned, async () => {
    const suite = await load('anthropic-big-five');
    meetsPlan(suite, 100, 10, 2);
    const cells = plan(suite);
    assert.equal(
      itemsPerTrait(cells).map(([trait]) => trait),
      TRAITS,
    );
    const items = cells.flatMap((cell) => cell.items);
    assert.ok(items.every(({ question, options }) => /statement/.test(question) && options[0]!.text === 'Yes'));
    assert.equal([suite.evaluations[0]!.scorer, suite.evaluations[0]!.template], ['pmi', '{question}']);
  });
}

test.run();
