// A real device that is destroyed in the middle of a cell: that cell fails with its name, the others do not.

import * as assert from 'uvu/assert';
import { machineOf } from '../../api/machine.ts';
import { METHODS } from '../../api/methods.ts';
import { openGpu } from '../../gpu/device/device.ts';
import { EVALUATIONS } from '../../harness/evaluations/index.ts';
import type { Machine } from '../../harness/run/ports.ts';
import { runSession } from '../../harness/run/session.ts';
import { TINY_VOCAB, tinyModel } from '../harness/text/tiny.ts';
import { whileAccounted } from '../support/accounted.ts';
import { fakeSuite } from '../support/fake.ts';
import { temporaryFolder } from '../support/folders.ts';
import { writeRandomModel } from '../support/random-model.ts';
import { suite } from '../support/suite.ts';

const test = suite('lost device end to end');
const model = tinyModel();
await writeRandomModel(model, { family: 'llama', seed: 5, vocab: TINY_VOCAB, positions: 512 });

/** Every device that this process opens from now on. */
const opened: GPUDevice[] = [];
// Dawn's classes are global once its module is loaded.
await (await openGpu()).dispose();
const { prototype } = (globalThis as unknown as { GPUAdapter: { prototype: GPUAdapter } }).GPUAdapter;
const { requestDevice } = prototype;
prototype.requestDevice = async function (...args) {
  const device = await requestDevice.apply(this, args);
  opened.push(device);
  return device;
};

/** Runs five cells; `lose(n, score)` runs in place of the nth scoring call. */
async function run(base: string, lose: (calls: number, score: () => Promise<unknown>) => Promise<unknown>) {
  const machine = machineOf(undefined);
  let calls = 0;
  const load: Machine['load'] = async (ref) => {
    const loaded = await machine.load(ref);
    const { engine } = loaded;
    whileAccounted(engine, (sequences, score) => lose(++calls, () => score(sequences)) as ReturnType<typeof score>);
    return loaded;
  };
  const session = await runSession({
    suite: fakeSuite({ models: [{ id: 'random', path: model, template: null }] }),
    registry: METHODS,
    kinds: EVALUATIONS,
    machine: { ...machine, load },
    base,
    command: ['bench', 'run'],
    emit: () => {},
    signal: new AbortController().signal,
    fresh: false,
    failFast: false,
  });
  return { ...session, rows: [...session.rows()].map((row) => JSON.stringify(row)) };
}

const undisturbed = await run(temporaryFolder(), (_, score) => score());

for (const [when, lose] of [
  [
    'before a call',
    (score: () => Promise<unknown>) => {
      opened.at(-1)!.destroy();
      return score();
    },
  ],
  [
    'while its results are awaited',
    (score: () => Promise<unknown>) => {
      const scored = score();
      setTimeout(() => opened.at(-1)!.destroy(), 1);
      return scored;
    },
  ],
] as const) {
  test(`lost ${when}: that cell fails with its name, the next has a new device, and a second run completes`, async () => {
    const base = temporaryFolder();
    const before = opened.length;
    const { result, rows } = await run(base, (n, score) => (n === 2 ? lose(score) : score()));
    const failed = result.cells.filter(({ status }) => status === 'errored');
    assert.is(failed.length, 1, JSON.stringify(failed));
    assert.is(failed[0]!.error?.code, 'device-lost');
    assert.match(failed[0]!.error?.message ?? '', /lost \(destroyed\).*, in cell random \/ choice \/ prompting \/ /);
    assert.is(result.cells.filter(({ status }) => status === 'computed').length, 4);
    assert.is(result.exitCode, 3);
    assert.is(rows.length, 4 * 12);
    // One to ask what it is, one for the model, one after the loss.
    assert.is(opened.length - before, 3);
    const next = await run(base, (_, score) => score());
    assert.is(next.result.exitCode, 0);
    assert.equal(next.rows, undisturbed.rows);
    assert.equal(
      next.result.cells.map(({ counters }) => counters),
      undisturbed.result.cells.map(({ counters }) => counters),
      'the counters do not tell on which device of its class a cell ran, nor what ran before',
    );
  });
}

test('a device that is lost in every cell ends the run after three', async () => {
  const { result } = await run(temporaryFolder(), (_, score) => {
    opened.at(-1)!.destroy();
    return score();
  });
  assert.equal(
    result.cells.map(({ error }) => error?.code),
    Array(3).fill('device-lost'),
  );
  assert.is(result.exitCode, 3);
  assert.match(result.notes.join('\n'), /stopped: 3 cells in a row lost the device/);
});

test.run();
