// A small suite on the real engine and a small random model: computed, answered from the store without a device, and
// computed again to the bit.

import path from 'node:path';
import * as assert from 'uvu/assert';
import { machineOf } from '../../api/machine.ts';
import { METHODS } from '../../api/methods.ts';
import { EVALUATIONS } from '../../harness/evaluations/index.ts';
import type { RunEvent } from '../../harness/run/events.ts';
import type { Machine } from '../../harness/run/ports.ts';
import { runSession } from '../../harness/run/session.ts';
import { TINY_VOCAB, tinyModel } from '../harness/text/tiny.ts';
import { fakeSuite } from '../support/fake.ts';
import { temporaryFolder } from '../support/folders.ts';
import { writeRandomModel } from '../support/random-model.ts';
import { suite } from '../support/suite.ts';

const test = suite('engine end to end');
const base = temporaryFolder();
const model = tinyModel();
await writeRandomModel(model, { family: 'llama', seed: 5, vocab: TINY_VOCAB, positions: 512 });

async function run(out: string, changes: { fresh?: boolean; machine?: Partial<Machine> } = {}) {
  const events: RunEvent[] = [];
  const session = await runSession({
    suite: fakeSuite({
      models: [{ id: 'random', path: model, template: null }],
      latency: { items: 2, warmup: 1, repeats: 2, decodeTokens: 4 },
    }),
    registry: METHODS,
    kinds: EVALUATIONS,
    machine: { ...machineOf(undefined), ...changes.machine },
    base: out,
    command: ['bench', 'run'],
    emit: (event) => events.push(event),
    signal: new AbortController().signal,
    fresh: changes.fresh ?? false,
    failFast: false,
  });
  const rows = [...session.rows()].map((row) => JSON.stringify(row));
  const errors = session.result.cells.flatMap(({ error }) => error?.message ?? []);
  return { ...session, rows, events, errors };
}

const never = () => {
  throw new Error('a stored run may not ask for this');
};
let first: Awaited<ReturnType<typeof run>>;

test('every cell is scored and timed', async () => {
  first = await run(base);
  assert.equal(first.errors, []);
  assert.is(first.result.exitCode, 0, first.result.notes.join('\n'));
  assert.is(first.rows.length, 5 * 12);
  assert.ok(first.result.cells.every(({ counters }) => (counters?.tokens ?? 0) > 0));
  for (const row of first.result.latency) {
    assert.is(row.prefillMs.n, 4);
    assert.ok(row.prefillMs.median > 0 && row.decodeMs.median > 0 && row.scoringTokensPerSecond.median > 0);
    assert.ok(row.peakBytes > 0);
  }
  const [none, prompting] = first.result.latency;
  assert.is(none?.addedTokens, 0);
  assert.ok((prompting?.addedTokens ?? 0) > 0);
});

test('a second run opens no device and loads no model', async () => {
  const second = await run(base, { machine: { device: never, load: never, evaluate: never } });
  assert.equal(second.rows, first.rows);
  assert.is(second.events.filter(({ kind }) => kind === 'stored').length, 5);
});

test('computed again, the outcomes are equal to the bit', async () => {
  const again = await run(base, { fresh: true });
  assert.equal(
    again.events.filter(({ kind }) => kind === 'changed'),
    [],
  );
  assert.equal(again.rows, first.rows);
});

test('a model that is a file is an error before a device is opened', async () => {
  const file = path.join(model, 'config.json');
  try {
    await runSession({
      suite: fakeSuite({ models: [{ id: 'file', path: file, template: null }] }),
      registry: METHODS,
      kinds: EVALUATIONS,
      machine: { ...machineOf(undefined), device: never, load: never },
      base: temporaryFolder(),
      command: [],
      emit: () => {},
      signal: new AbortController().signal,
      fresh: false,
      failFast: false,
    });
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /is a folder or a GGUF/);
  }
});

test.run();
