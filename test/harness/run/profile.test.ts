// What `--profile` makes of the steps that an engine tells: rounds whose times are lost, dispatches beyond what a trace
// holds, kernels without an account; and what goes into run.json.

import * as assert from 'uvu/assert';
import type { Dispatch, Engine, TracedStep } from '../../../gpu/index.ts';
import type { Evaluate } from '../../../harness/run/ports.ts';
import { chromeTrace } from '../../../reports/trace.ts';
import { DEVICE, fakeEngine, fakeEvaluate, fakeText } from '../../support/fake.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { runFake } from '../../support/session.ts';
import { suite } from '../../support/suite.ts';

const test = suite('profile');
const TIMED = { ...DEVICE, timestamps: true };

/** A session of which every evaluation is one step of `dispatches`; `lost(n)`: whether the n-th trace has no times. */
function profiled(dispatches: readonly Omit<Dispatch, 'startMs'>[], lost: (n: number) => boolean = () => false) {
  let steps: TracedStep[] = [];
  let traces = 0;
  const plain = fakeEvaluate({ loads: 0, evaluations: 0 });
  const evaluate: Evaluate = async (args) => {
    const startMs = performance.now();
    const outcomes = await plain(args);
    steps.push({
      rows: 3,
      startMs,
      endMs: performance.now(),
      dispatches: dispatches.map((one) => ({ ...one, startMs })),
    });
    return outcomes;
  };
  const engine: Engine = {
    ...fakeEngine(),
    trace: async (work) => {
      steps = [];
      await work();
      return lost(traces++) ? null : steps;
    },
  };
  const load = async () => ({ engine, text: fakeText(), device: TIMED });
  return runFake(temporaryFolder(), { device: TIMED, options: { profile: true }, machine: { evaluate, load } });
}

test('rows sum what the rounds after the first told, and a round without times counts for nothing', async () => {
  const dispatches = [
    { kernel: 'matmul up', ms: 2e-6, flops: 30, bytes: 8 },
    { kernel: 'matmul up', ms: 2e-6, flops: 50, bytes: 8 },
    { kernel: 'odd', ms: 1e-6 },
  ];
  const whole = await profiled(dispatches);
  const { profile } = whole.result;
  assert.equal(
    profile?.rows.map(({ method, phase, passes }) => [method, phase, passes]),
    ['none', 'prompting'].flatMap((method) => [
      [method, 'scoring', 3],
      [method, 'prefill', 6],
      [method, 'decode', 48],
    ]),
  );
  const [row] = profile?.rows ?? [];
  const [up, odd] = row?.kernels ?? [];
  assert.equal([up?.kernel, up?.calls, up?.flops, up?.bytes], ['matmul up', 6, 240, 48]);
  assert.ok(Math.abs((up?.gflops ?? 0) - 240 / 12e-6 / 1e6) < 1e-6);
  assert.equal([odd?.calls, odd?.flops, odd?.bytes, odd?.gflops], [3, null, null, null]);
  assert.ok(Math.abs((row?.kernelMs ?? 0) - 15e-6) < 1e-12);
  assert.equal(profile?.peaks, [{ model: 'tiny', gflops: 100, gbPerSecond: 10 }]);
  // Two methods take turns: traces 0 and 1 are of the round that compiles, 2 and 3 of the first that counts.
  const holed = await profiled(dispatches, (n) => n === 2 || n === 3);
  assert.is(holed.result.profile?.rows[0]?.passes, 2);
});

test('times that are lost in every round leave the run without a profile, and it says so', async () => {
  const { result } = await profiled([{ kernel: 'k', ms: 1 }], () => true);
  assert.equal([result.profile, result.exitCode], [null, 3]);
  assert.match(result.notes.join('\n'), /profile could not be measured: the device's counter was reset in every round/);
  assert.ok(result.metrics.length > 0, 'the outcomes stand');
});

test('a trace holds so many dispatches and says how many it left out; the table has all', async () => {
  const many = Array.from({ length: 60_000 }, () => ({ kernel: 'k', ms: 0, flops: 1, bytes: 1 }));
  const { tracks, result } = await profiled(many);
  const held = tracks.flatMap(({ events }) => events).filter(({ kind }) => kind === 'kernel').length;
  const left = tracks.reduce((sum, track) => sum + track.left, 0);
  assert.equal([held, left], [180_000, 180_000]);
  const called = result.profile?.rows.reduce((sum, { kernels }) => sum + (kernels[0]?.calls ?? 0), 0);
  assert.is(called, 360_000);
  const { waterfall } = result.profile?.rows[0] ?? {};
  assert.equal([waterfall?.dispatches.length, waterfall?.left], [400, 59_600]);
  assert.is(JSON.parse(chromeTrace(tracks, TIMED)).otherData.dispatchesLeftOut, 180_000);
});

test.run();
