// Positive and negative control of the whole pipeline: in a model with two planted subnetworks the masks of the method find
// them and nothing else does; in the same model without them nothing beats its controls.

import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { machineOf } from '../../api/machine.ts';
import { METHODS } from '../../api/methods.ts';
import { loadSuite } from '../../harness/config/index.ts';
import { EVALUATIONS } from '../../harness/evaluations/index.ts';
import { withControls } from '../../harness/plan/controls.ts';
import type { RunResult } from '../../harness/record/run-record.ts';
import { runSession } from '../../harness/run/session.ts';
import { writePlanted } from '../fixtures/planted/model.ts';
import { temporaryFolder } from '../support/folders.ts';
import { suite } from '../support/suite.ts';

const test = suite('planted and unplanted');

async function run(planted: boolean, seed: number): Promise<RunResult> {
  const folder = temporaryFolder();
  const { suite: file } = await writePlanted(folder, { planted, seed });
  const { result } = await runSession({
    suite: withControls(await loadSuite(file, { registry: METHODS, kinds: EVALUATIONS }), METHODS, EVALUATIONS),
    registry: METHODS,
    kinds: EVALUATIONS,
    machine: machineOf(undefined),
    base: join(folder, 'out'),
    command: ['test'],
    emit: () => {},
    signal: new AbortController().signal,
    fresh: false,
    failFast: true,
  });
  assert.is(result.exitCode, 0, JSON.stringify(result.cells.flatMap(({ error }) => error ?? [])));
  return result;
}

const pooledOf = ({ verdicts }: RunResult) => verdicts.filter(({ scope }) => scope === 'pooled');

const alignment = ({ metrics }: RunResult, method: string, persona: string | null = null): number =>
  metrics.find(
    (row) => row.method === method && row.persona === persona && row.trait === (persona === null ? null : 'planted'),
  )!.alignment.value;

test('planted: Wanda and contrastive masks find the personas, and no control does', async () => {
  const result = await run(true, 1);
  for (const persona of ['p', 'q']) {
    const dense = alignment(result, 'none', persona);
    assert.ok(dense > 0.35 && dense < 0.65, `dense, ${persona}: ${dense}`);
    for (const method of ['wanda', 'contrastive']) {
      const found = alignment(result, method, persona);
      assert.ok(found >= 0.95, `${method}, ${persona}: ${found}`);
      const opposite = alignment(result, `${method}.opposite`, persona);
      assert.ok(opposite <= 0.05, `the opposite of ${method}, ${persona}: ${opposite}`);
    }
    // By persona: over both a network that knows none comes to a half whatever it does.
    for (const control of ['random', 'magnitude', 'generic-text']) {
      const found = alignment(result, control, persona);
      assert.ok(found <= 0.65, `${control}, ${persona}: ${found}`);
    }
  }
  // Above every control, and every answerer without a model: words have no letters of the personas to count.
  const [wanda, contrastive] = pooledOf(result);
  assert.equal([wanda?.method, wanda?.standing, wanda?.fails, wanda?.missing], ['wanda', 'held', [], []]);
  // The contrast goes by signs, and this network has nothing but the two personas: half of the texts of both finds the one or
  // the other whole. So its draws lie more than 20 points apart, and no verdict rests on them; the mask is above all else.
  assert.equal([contrastive?.method, contrastive?.standing], ['contrastive', 'undecided']);
  assert.equal(contrastive?.fails, [{ name: 'contrastive.shuffled', kind: 'shuffled' }]);
  assert.is(contrastive?.decides, null, 'no number of items decides where draws are so far apart');
  const drawn = result.comparisons.find(
    ({ scope, control }) => scope === 'pooled' && control === 'contrastive.shuffled',
  );
  assert.ok(drawn !== undefined && drawn.draws === 20 && drawn.difference > 0.4);
});

test('unplanted: of six masks without an effect at most one is said to beat its controls', async () => {
  // At 5 % each, two or more of six have a probability of 3 %.
  const held: string[] = [];
  for (const seed of [1, 2, 3]) {
    const result = await run(false, seed);
    assert.equal(
      pooledOf(result).map(({ method, missing }) => [method, missing]),
      [
        ['wanda', []],
        ['contrastive', []],
      ],
    );
    held.push(
      ...pooledOf(result).flatMap(({ method, standing }) => (standing === 'held' ? [`${method} ${seed}`] : [])),
    );
  }
  assert.ok(held.length <= 1, held.join(', '));
});

test.run();
