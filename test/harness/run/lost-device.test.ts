// A device that fails in the middle of a run, with the fake engine: which cells fail, what is opened anew, when the run ends.

import * as assert from 'uvu/assert';
import { BenchError } from '../../../base/error.ts';
import type { DeviceInfo } from '../../../harness/record/run-record.ts';
import type { Evaluate } from '../../../harness/run/ports.ts';
import { DEVICE, fakeEngine, fakeEvaluate } from '../../support/fake.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { type Ran, runFake } from '../../support/session.ts';
import { suite } from '../../support/suite.ts';

const test = suite('lost device');

const LOST = () => new BenchError('device-lost', 'the device was lost (unknown): reset', { hint: 'run again' });

interface Faulty extends Ran {
  readonly loads: number;
  readonly disposed: number;
}

/** Runs the five cells of the fake suite; `fails(n)` is what the nth of them throws, if anything. */
async function run(
  base: string,
  fails: (n: number) => Error | null,
  engine: { readonly dispose?: () => Promise<void>; readonly devices?: readonly DeviceInfo[] } = {},
): Promise<Faulty> {
  let loads = 0;
  let disposed = 0;
  let cell = 0;
  const evaluate = fakeEvaluate({ loads: 0, evaluations: 0 });
  const faulty: Evaluate = async (args) => {
    const error = fails(++cell);
    if (error !== null) throw error;
    return evaluate(args);
  };
  const dispose = async () => {
    disposed++;
    await engine.dispose?.();
  };
  const load = async () => {
    const device = engine.devices?.[loads] ?? DEVICE;
    loads++;
    return { engine: { ...fakeEngine(), dispose }, device };
  };
  const ran = await runFake(base, { machine: { evaluate: faulty, load } });
  return { ...ran, loads, disposed };
}

const states = ({ result }: Ran) => result.cells.map(({ status }) => status);
const errors = ({ result }: Ran) => result.cells.flatMap(({ error }) => error ?? []);

test('the cell fails with its name, and the next gets a new device', async () => {
  const base = temporaryFolder();
  const ran = await run(base, (n) => (n === 2 ? LOST() : null));
  assert.equal(states(ran), ['computed', 'errored', 'computed', 'computed', 'computed']);
  const cell = 'tiny / choice / prompting / extraversion / plain';
  assert.equal(errors(ran), [
    { code: 'device-lost', message: `the device was lost (unknown): reset, in cell ${cell}`, hint: 'run again' },
  ]);
  assert.equal([ran.loads, ran.disposed], [2, 2]);
  assert.is(ran.result.exitCode, 3);
  assert.is(ran.result.cells.find(({ status }) => status === 'errored')?.counters, null);
  const next = await run(base, () => null);
  assert.equal([next.result.exitCode, next.loads], [0, 1], 'the next run does what is missing');
  assert.is(next.result.cells.filter(({ status }) => status === 'computed').length, 1);
});

test('three losses in a row end the run, and it says so', async () => {
  const ran = await run(temporaryFolder(), (n) => (n > 1 ? LOST() : null));
  assert.equal(states(ran), ['computed', 'errored', 'errored', 'errored']);
  assert.equal([ran.loads, ran.disposed], [3, 3]);
  assert.is(ran.result.exitCode, 3);
  const notes = ran.result.notes.join('\n');
  assert.match(notes, /stopped: 3 cells in a row .*device.*--device/);
  assert.match(notes, /1 cells of the plan were not reached/);
});

test('losses with a computed cell between them do not end the run', async () => {
  const ran = await run(temporaryFolder(), (n) => (n === 3 ? null : LOST()));
  assert.equal(states(ran), ['errored', 'errored', 'computed', 'errored', 'errored']);
  assert.is(ran.loads, 4);
  assert.not.match(ran.result.notes.join('\n'), /stopped/);
});

test('a device that ran out of memory is opened anew, however often', async () => {
  const ran = await run(temporaryFolder(), () => new BenchError('gpu-memory', 'no room'));
  assert.equal(states(ran), Array(5).fill('errored'));
  assert.equal([ran.loads, ran.disposed], [5, 5]);
  assert.match(errors(ran)[0]?.message ?? '', /no room, in cell tiny \/ choice \/ none/);
});

test('an error of the cell itself keeps device and model', async () => {
  const ran = await run(temporaryFolder(), (n) => (n === 2 ? new BenchError('bad-item', 'odd', { hint: 'x' }) : null));
  assert.equal(errors(ran), [{ code: 'bad-item', message: 'odd', hint: 'x' }]);
  assert.equal([ran.loads, ran.disposed], [1, 1]);
});

test('a lost device that cannot even be closed does not end the run', async () => {
  let closes = 0;
  const dispose = async () => {
    if (++closes === 1) throw new Error('gone');
  };
  const ran = await run(temporaryFolder(), (n) => (n === 2 ? LOST() : null), { dispose });
  assert.equal(states(ran), ['computed', 'errored', 'computed', 'computed', 'computed']);
});

test('another device after the loss ends the run: its results would not be comparable', async () => {
  const devices = [DEVICE, { ...DEVICE, name: 'other device', deviceClass: 'fake-2' }];
  const ran = await run(temporaryFolder(), (n) => (n === 2 ? LOST() : null), { devices });
  assert.equal(states(ran), ['computed', 'errored', 'errored']);
  const [, changed] = errors(ran);
  assert.is(changed?.code, 'device-changed');
  assert.match(changed?.message ?? '', /another device, other device, in cell tiny/);
  assert.is(ran.result.device.deviceClass, DEVICE.deviceClass);
  assert.match(ran.result.notes.join('\n'), /stopped: the device was lost, and the system now gives another/);
});

test.run();
