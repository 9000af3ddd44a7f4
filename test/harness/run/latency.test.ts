import * as assert from 'uvu/assert';
import { EVALUATIONS } from '../../../harness/evaluations/index.ts';
import type { Cell } from '../../../harness/plan/cell.ts';
import { expand } from '../../../harness/plan/expand.ts';
import {
  measureLatency,
  roundOrder,
  samplesNeeded,
  summarizeSamples,
  timingFits,
} from '../../../harness/run/latency.ts';
import { prepare } from '../../../harness/run/set-up.ts';
import { StatisticsStore } from '../../../harness/run/statistics.ts';
import { DEVICE, DIGESTS, fakeEngine, fakeEvaluate, fakeSuite, fakeText, METHODS } from '../../support/fake.ts';
import { suite } from '../../support/suite.ts';

const test = suite('latency');

test('a percentile needs n >= ln(0.05) / ln(p) samples', () => {
  assert.equal([0.5, 0.9, 0.95, 0.99, 0.999].map(samplesNeeded), [5, 29, 59, 299, 2995]);
});

test('every method takes every place, forwards and backwards', () => {
  assert.equal(
    [0, 1, 2, 3, 4, 5].map((round) => roundOrder(3, round)),
    [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
      [0, 2, 1],
      [2, 0, 1],
      [1, 0, 2],
    ],
  );
});

test('median, spread, and percentiles only when n allows', async () => {
  const few = await summarizeSamples([5, 1, 3, 2, 4]);
  assert.equal(few, { n: 5, median: 3, mad: 1, p95: null, p99: null });
  const sixty = await summarizeSamples(Array.from({ length: 60 }, (_, i) => i + 1));
  assert.is(sixty.p95, 57);
  assert.is(sixty.p99, null);
  const many = await summarizeSamples(Array.from({ length: 300 }, (_, i) => 300 - i));
  assert.is(many.p99, 297);
  assert.is((await summarizeSamples([])).n, 0);
});

const settings = { items: 3, warmup: 2, repeats: 4, decodeTokens: 5 };

test('methods are interleaved, warm-up is thrown away, and counts add up', async () => {
  const suite = fakeSuite();
  const cells = expand(suite, METHODS, EVALUATIONS, new Map([['tiny', DIGESTS]])).slice(0, 2) as [Cell, Cell];
  const evaluate = fakeEvaluate({ loads: 0, evaluations: 0 });
  const loaded = { engine: fakeEngine(), text: fakeText(), device: DEVICE };
  const order: number[] = [];
  const watched = async (args: Parameters<typeof evaluate>[0]) => {
    order.push(args.prepared === tasks[0]?.prepared ? 0 : 1);
    assert.is(args.items.length, 3);
    return evaluate(args);
  };
  const tasks = await Promise.all(
    cells.map(async (cell) => ({
      cell,
      kinds: EVALUATIONS,
      setupMs: 7,
      prepared: await prepare(cell, loaded, {
        suite,
        registry: METHODS,
        kinds: EVALUATIONS,
        evaluate,
        statistics: new StatisticsStore(null),
      }),
    })),
  );
  const { signal } = new AbortController();
  const rows = await measureLatency(tasks, loaded, settings, watched, () => {}, signal);
  assert.equal(order, [0, 1, 1, 0, 1, 0, 0, 1, 0, 1, 1, 0]);
  for (const row of rows) {
    assert.is(row.gpu, null);
    assert.is(row.setupMs, 7);
    assert.is(row.prefillMs.n, 4 * 3);
    assert.is(row.firstTokenMs.n, 4);
    assert.is(row.decodeMs.n, 4 * 4);
    assert.is(row.scoringTokensPerSecond.n, 4);
    assert.is(row.peakBytes, 4096);
    assert.is(row.addedTokens, 3);
  }
  assert.equal(
    rows.map(({ method, wording }) => [method, wording]),
    [
      ['none', null],
      ['prompting', 'plain'],
    ],
  );
  const control = new AbortController();
  control.abort();
  try {
    await measureLatency(tasks, loaded, settings, evaluate, () => {}, control.signal);
  } catch {
    return;
  }
  assert.unreachable('an aborted signal ends the measurement');
});

test('a stored timing stands for the same testbed and settings only', () => {
  const samples = { n: 1, median: 1, mad: 0, p95: null, p99: null };
  const row = {
    setupMs: 1,
    addedTokens: 0,
    peakBytes: 1,
    prefillMs: samples,
    firstTokenMs: samples,
    decodeMs: samples,
    gpu: null,
    scoringTokensPerSecond: samples,
    rounds: { prefillMs: [1], decodeMs: [] },
    job: 'a job',
  };
  const timing = { version: 3, testbed: { driver: '1' }, settings, row };
  assert.ok(timingFits(timing, { driver: '1' }, settings));
  assert.not.ok(timingFits(timing, { driver: '2' }, settings));
  assert.not.ok(timingFits(timing, { driver: '1' }, { ...settings, repeats: 5 }));
  assert.not.ok(timingFits({ ...timing, row: { ...row, setupMs: 'soon' } }, { driver: '1' }, settings));
  assert.not.ok(timingFits({ ...timing, version: 1 }, { driver: '1' }, settings));
  assert.not.ok(timingFits({ ...timing, row: { ...row, gpu: { prefillMs: samples } } }, { driver: '1' }, settings));
  assert.not.ok(timingFits({ ...timing, row: { ...row, rounds: undefined } }, { driver: '1' }, settings));
  assert.not.ok(timingFits(null, { driver: '1' }, settings));
});

test.run();
