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

/** Controls that a method does not beat, at each of the scopes; answerers without a model have read the same texts. */
const notBeaten = ({ verdicts }: RunResult) =>
  verdicts.flatMap(({ fails }) => fails.filter(({ kind }) => kind !== 'answerer').map(({ name }) => name));

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
  // Words of the calibration texts answer the planted items as well: the masks are above every control, and like them.
  assert.equal(notBeaten(result), []);
  assert.equal(
    pooledOf(result).map(({ method, standing, missing }) => [method, standing, missing]),
    [
      ['wanda', 'like-answerer', []],
      ['contrastive', 'like-answerer', []],
    ],
  );
});

test('unplanted: nothing beats its controls', async () => {
  for (const seed of [1, 2, 3]) {
    const result = await run(false, seed);
    assert.equal(
      pooledOf(result).map(({ method, standing, missing }) => [method, standing === 'held', missing]),
      [
        ['wanda', false, []],
        ['contrastive', false, []],
      ],
      `seed ${seed}: ${JSON.stringify(result.comparisons.filter(({ scope }) => scope === 'pooled'))}`,
    );
  }
});

test.run();
