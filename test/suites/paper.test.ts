// The suites of the paper's method: what they plan, and that no question is calibrated or tuned on and asked.

import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { METHODS } from '../../api/methods.ts';
import { loadSuite } from '../../harness/config/index.ts';
import type { Suite } from '../../harness/config/resolved.ts';
import { EVALUATIONS } from '../../harness/evaluations/index.ts';
import { withControls } from '../../harness/plan/controls.ts';
import { expand } from '../../harness/plan/expand.ts';
import { trivialAnswerers } from '../../harness/score/trivial.ts';
import { DIGESTS } from '../support/fake.ts';
import { shared } from '../support/folders.ts';
import { ROOT } from '../support/node.ts';
import { suite } from '../support/suite.ts';

const test = suite('suites of the method');
const load = async (name: string): Promise<Suite> =>
  withControls(
    await loadSuite(join(ROOT, `suites/${name}.yaml`), { registry: METHODS, kinds: EVALUATIONS }),
    METHODS,
    EVALUATIONS,
  );
const plan = (whole: Suite) =>
  expand(whole, METHODS, EVALUATIONS, new Map(whole.models.map(({ id }) => [id, DIGESTS])));

test('big-five holds Wanda at three sparsities, and 20 draws of every score at the middle one', async () => {
  const whole = await load('big-five');
  const cells = plan(whole).filter(({ split }) => split === 'evaluation');
  const of = (method: string, evaluation = 'choice') =>
    cells.filter((cell) => cell.method === method && cell.evaluation.id === evaluation);
  const levels = (method: string) => [...new Set(of(method).map(({ sparsity }) => sparsity))];
  assert.equal(levels('wanda'), ['low', 'middle', 'high']);
  assert.equal(levels('random'), ['low', 'middle', 'high']);
  for (const middle of ['contrastive', 'wanda.shuffled', 'contrastive.shuffled']) {
    assert.equal(levels(middle), ['middle'], middle);
  }
  const seeds = (method: string) => new Set(of(method).map(({ seed }) => seed)).size;
  assert.equal([seeds('random'), seeds('wanda.shuffled'), seeds('contrastive.shuffled')], [1, 20, 20]);
  // Equal by construction: 50 %, and the method's figure from the other end.
  for (const known of ['magnitude', 'generic-text', 'wanda.opposite', 'contrastive.opposite'])
    assert.equal(of(known), []);
  assert.equal(whole.byConstruction, [
    { evaluation: 'choice', once: ['random'], left: ['magnitude', 'generic-text', 'opposite'] },
  ]);
  // 16 of 48 items of a trait, as many of either keying, the same for both poles; none on the scale.
  for (const { items, persona } of of('contrastive.shuffled')) {
    assert.is(items.length, 16);
    assert.is(items.filter((item) => item.persona === persona).length, 8);
  }
  assert.equal(of('contrastive.shuffled', 'likert'), []);
});

test('big-five-full holds every score function, 20 draws of each, and five calibration seeds', async () => {
  const whole = await load('big-five-full');
  const scores = new Set(whole.methods.filter(({ control }) => !control).map(({ options }) => options.score));
  for (const score of [
    'wanda',
    'sparse-diag',
    'contrastive-wanda',
    'contrastive-sparse',
    'contrastive-ratio',
    'set-difference',
  ]) {
    assert.ok(scores.has(score), score);
  }
  const cells = plan(whole);
  const seeds = (method: string) =>
    new Set(cells.filter((cell) => cell.method === method).map(({ seed }) => seed)).size;
  assert.equal([seeds('random'), seeds('wanda'), seeds('wanda.shuffled')], [1, 5, 20]);
  for (const { id, method, control, options, against = [] } of whole.methods) {
    if (method !== 'subnetwork' || control) continue;
    // Beside a prompt that states the persona nothing is known of a mask before it runs.
    const all = ['random', 'magnitude', 'generic-text', 'opposite', 'shuffled'];
    assert.equal(
      against.map(({ kind }) => kind),
      options.prompt === 'persona' ? all : ['random', 'shuffled'],
      id,
    );
  }
});

test('ablations hold dose, restored modules, unique weights and the way between two masks', async () => {
  const options = (await load('ablations')).methods.map((entry) => entry.options);
  const values = (name: string) => new Set(options.map((one) => JSON.stringify(one[name])));
  for (const gamma of [0, 0.25, 0.5, 0.75]) assert.ok(values('gamma').has(String(gamma)));
  for (const toward of [0, 0.25, 0.5, 0.75]) assert.ok(values('toward').has(String(toward)));
  for (const keep of ['unique', 'without-unique']) assert.ok(values('keep').has(`"${keep}"`));
  assert.ok(values('restore').size > 3);
  assert.ok(values('prompt').has('"persona"'), 'with the prompt beside the mask');
});

const planned = 'paper plans 200 items of each set, and no question is in two parts';
if (shared('data/bipo') === null) test.skip(planned, '../shared/data/bipo is not on this machine');
else {
  test(planned, async () => {
    const whole = withControls(
      await loadSuite(join(ROOT, 'suites/paper.yaml'), {
        ...{ registry: METHODS, kinds: EVALUATIONS, set: [`evaluations.0.items.folder=${shared('data/bipo')}`] },
      }),
      METHODS,
      EVALUATIONS,
    );
    const normal = (text: string) =>
      text
        .toLowerCase()
        .replace(/[^\p{L}\p{N}]+/gu, ' ')
        .trim();
    for (const trait of ['power', 'hallucination']) {
      const [high, low] = whole.personas.filter((persona) => persona.trait === trait);
      const questions = (split: string) =>
        new Set(high!.items.filter((item) => item.split === split).map(({ question }) => normal(question)));
      assert.is(high!.items.filter(({ split }) => split === 'evaluation').length, 200);
      assert.is(high!.items.filter(({ split }) => split === 'tuning').length, 100);
      // 642 and 700 rows: three of power are asked, two have no question.
      const texts = trait === 'power' ? 642 - 5 - 100 : 700 - 100;
      assert.equal([high!.calibration.length, low!.calibration.length], [texts, texts]);
      const [asked, tuned] = [questions('evaluation'), questions('tuning')];
      for (const { question } of high!.calibration) {
        assert.not.ok(asked.has(normal(question!)) || tuned.has(normal(question!)), question);
      }
      for (const question of tuned) assert.not.ok(asked.has(question), question);
      assert.ok(high!.calibration.every(({ answer }, i) => answer !== low!.calibration[i]!.answer));
    }
    assert.equal(
      whole.notes.filter((note) => note.includes('left out')),
      [
        'Training rows of power that are left out: 1 whose question is asked in another split, 2 without a question.',
        'Rows of power_train.csv that are left out, repeated: lines 284, 352.',
      ],
    );
    const shorter = ['power', 'hallucination'].map((trait) => {
      const { items } = whole.personas.find((persona) => persona.trait === trait)!;
      const evaluation = items.filter(({ split }) => split === 'evaluation');
      return trivialAnswerers(evaluation, null).find(({ answerer }) => answerer === 'shorter')!.accuracy * 200;
    });
    assert.equal(shorter.map(Math.round), [102, 196]);
  });
}

test.run();
