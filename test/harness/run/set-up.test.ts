// What a method is prepared with: what the cell is stored under, whatever the names in the suite stand for by then.

import * as assert from 'uvu/assert';
import { EVALUATIONS } from '../../../harness/evaluations/index.ts';
import type { Context, Method } from '../../../harness/method/method.ts';
import { expand } from '../../../harness/plan/expand.ts';
import { prepare } from '../../../harness/run/set-up.ts';
import { StatisticsStore } from '../../../harness/run/statistics.ts';
import { DEVICE, DIGESTS, fakeEvaluate, fakeLoad, fakeSuite, METHODS } from '../../support/fake.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { runFake } from '../../support/session.ts';
import { suite } from '../../support/suite.ts';

const test = suite('set-up');

/** A method that notes at which sparsity it is prepared. */
function noting(seen: (number | null)[]): Method {
  const none = METHODS.get('none')!;
  return {
    ...none,
    name: 'masked',
    axes: ['sparsity'],
    prepare: (context: Context) => {
      seen.push(context.sparsity);
      return none.prepare(context);
    },
  };
}

const methods = [{ id: 'masked', method: 'masked', control: false, options: {} }];

test('the sparsity that is computed is the one of the identity, not what its label stands for', async () => {
  const seen: (number | null)[] = [];
  const registry = new Map([...METHODS, ['masked', noting(seen)]]);
  const [was, now] = [0.3, 0.5].map((value) => fakeSuite({ methods, sparsity: [{ label: 'middle', value }] }));
  const [cell] = expand(was!, registry, EVALUATIONS, new Map([['tiny', DIGESTS]]));
  assert.is(cell!.inputs.sparsity, 0.3);
  const calls = { loads: 0, evaluations: 0 };
  const loaded = await fakeLoad(calls, DEVICE)('tiny');
  const statistics = new StatisticsStore(null, 'fake');
  const options = { registry, kinds: EVALUATIONS, evaluate: fakeEvaluate(calls), statistics };
  await prepare(cell!, loaded, { ...options, suite: now! });
  assert.equal(seen, [0.3]);
});

test('statistics of code of one version are never given to another', async () => {
  const none = METHODS.get('none')!;
  const made: string[] = [];
  const statistics = new StatisticsStore(null, 'fake');
  const calls = { loads: 0, evaluations: 0 };
  const loaded = await fakeLoad(calls, DEVICE)('tiny');
  const counting = (version?: string): Method => ({
    ...none,
    ...(version !== undefined && { version }),
    prepare: async (context) => {
      await context.statistics.of('all', async () => {
        made.push(version ?? 'bundled');
        return [];
      });
      return none.prepare(context);
    },
  });
  for (const version of ['1', '2', '1', undefined, undefined]) {
    const registry = new Map([...METHODS, ['none', counting(version)]]);
    const own = fakeSuite({ methods: [{ id: 'none', method: 'none', control: true, options: {} }] });
    const [cell] = expand(own, registry, EVALUATIONS, new Map([['tiny', DIGESTS]]));
    const options = { registry, kinds: EVALUATIONS, evaluate: fakeEvaluate(calls), statistics };
    await prepare(cell!, loaded, { ...options, suite: own });
  }
  assert.equal(made, ['1', '2', 'bundled']);
});

test('a label that stands for another value is another cell, computed with that value', async () => {
  const seen: (number | null)[] = [];
  const registry = new Map([...METHODS, ['masked', noting(seen)]]);
  const base = temporaryFolder();
  const keys: string[] = [];
  for (const value of [0.5, 0.3, 0.5]) {
    const run = await runFake(base, {
      suite: { methods, sparsity: [{ label: 'middle', value }] },
      options: { registry },
    });
    keys.push(run.result.cells[0]!.key);
  }
  assert.equal(seen, [0.5, 0.3]);
  assert.is(keys[0], keys[2]);
  assert.is.not(keys[0], keys[1]);
});

test.run();
