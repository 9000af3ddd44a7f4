// A run by the looks of its gate: which cells are asked, what is prepared, and what of it is recorded.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { blessRun, compareRuns, gateRun } from '../../../api/gate.ts';
import { readReference, readRun } from '../../../api/read-run.ts';
import type { BenchError } from '../../../base/error.ts';
import type { GateRules } from '../../../harness/config/resolved.ts';
import { openRowsOf } from '../../../harness/gate/run-verdicts.ts';
import type { Method } from '../../../harness/method/method.ts';
import type { SessionOptions } from '../../../harness/run/ports.ts';
import { writeRunFolder } from '../../../harness/store/run-folder.ts';
import { fakeEvaluate, fakePersona, METHODS } from '../../support/fake.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { RULES } from '../../support/gate.ts';
import { fakeModel, type Ran, runFake } from '../../support/session.ts';
import { suite } from '../../support/suite.ts';

const test = suite('looks of a run');

const gate: GateRules = { ...RULES, rows: ['prompting'], looks: [4, 8, 12] };
type Undecided = NonNullable<SessionOptions['undecided']>;
const row = { name: 'prompting', model: 'tiny', evaluation: 'choice' };
/** Leaves the row open after so many looks. */
const openFor =
  (looks: number): Undecided =>
  (look) =>
    look <= looks ? [row] : [];
const counts = ({ result }: Ran) =>
  [1, 2, 3].map((look) => result.cells.filter((cell) => cell.look === look && cell.status !== 'errored').length);
const lookRow = { model: 'tiny', evaluation: 'choice', method: 'prompting', sparsity: null, of: 3, planned: 12 };

test('without a gate every look is asked, and the figures are of all items', async () => {
  const run = await runFake(temporaryFolder(), { suite: { gate } });
  assert.equal(counts(run), [5, 4, 4]);
  assert.is(run.result.exitCode, 0);
  assert.equal(run.result.looks, [{ ...lookRow, looks: 3, items: 12 }]);
  const plain = await runFake(temporaryFolder(), { suite: { gate: RULES } });
  const of = ({ result }: Ran, method: string) => result.metrics.filter((one) => one.method === method);
  assert.equal(of(run, 'prompting'), of(plain, 'prompting'));
  assert.is(of(run, 'none')[0]!.alignment.n, 8); // four items, each for both poles
  assert.is([...run.rows()].length, 4 + 4 * 12);
  assert.is(run.result.notes.join(' ').includes('the gate needs no more'), false);
  assert.is(run.events.filter(({ kind }) => kind === 'plan').length, 1);
});

test('rows that the gate does not leave open end after their look, and say so', async () => {
  const asked: unknown[] = [];
  const undecided: Undecided = (look, result, items) => {
    const rows = [...items].filter(({ method }) => method === 'prompting');
    asked.push([look, result.cells.length, rows.length, result.metrics.length > 0, result.gate?.looks]);
    return [];
  };
  const run = await runFake(temporaryFolder(), { suite: { gate }, options: { undecided } });
  assert.equal(asked, [[1, 5, 16, true, [4, 8, 12]]]);
  assert.equal(counts(run), [5, 0, 0]);
  assert.is(run.result.exitCode, 0);
  assert.equal(run.result.looks, [{ ...lookRow, looks: 1, items: 4 }]);
  assert.match(
    run.result.notes.join('\n'),
    /^prompting was asked 4 of its 12 items \(look 1 of 3\): the gate needs no more of it\.$/m,
  );
});

test('open rows go on, on what is loaded and prepared; the total grows', async () => {
  let prepared = 0;
  let released = 0;
  const counting = (method: Method): Method => ({
    ...method,
    prepare: async (context) => {
      prepared++;
      const made = await method.prepare(context);
      return { ...made, release: () => released++ };
    },
  });
  const registry = new Map([...METHODS].map(([name, method]) => [name, counting(method)]));
  const run = await runFake(temporaryFolder(), { suite: { gate }, options: { registry, undecided: openFor(1) } });
  assert.equal(counts(run), [5, 4, 0]);
  assert.equal(run.result.looks, [{ ...lookRow, looks: 2, items: 8 }]);
  assert.is(prepared, 5);
  assert.is(released, 5);
  assert.is(run.calls.loads, 1);
  assert.equal(
    run.events.filter(({ kind }) => kind === 'plan' || kind === 'look' || kind === 'end'),
    [
      { kind: 'plan', cells: 5, stored: 0 },
      { kind: 'look', look: 2, rows: 1, cells: 4, stored: 0 },
      { kind: 'end', computed: 9, stored: 0, errored: 0 },
    ],
  );
  // The figures are those of a run that asks so many items at once.
  const eight = await runFake(temporaryFolder(), { suite: { gate: { ...gate, looks: [8] } } });
  const prompting = ({ result }: Ran) => result.metrics.filter(({ method }) => method === 'prompting');
  assert.equal(prompting(run), prompting(eight));
});

test('a store is shared by runs with a gate and without: each computes what is missing', async () => {
  const base = temporaryFolder();
  const first = await runFake(base, { suite: { gate }, options: { undecided: openFor(0) } });
  assert.is(first.calls.evaluations, 5);
  const whole = await runFake(base, { suite: { gate } });
  assert.is(whole.calls.evaluations, 8);
  const again = await runFake(base, { suite: { gate }, options: { undecided: openFor(1) } });
  assert.is(again.calls.loads, 0);
  assert.equal(counts(again), [5, 4, 0]);
  assert.ok(again.result.cells.every(({ status }) => status === 'stored'));
  assert.equal(
    again.events.filter(({ kind }) => kind === 'look'),
    [{ kind: 'look', look: 2, rows: 1, cells: 4, stored: 4 }],
  );
});

test('models alternate between looks, so that each is loaded no more often than needed', async () => {
  const base = temporaryFolder();
  const models = ['a', 'b'].map((id) => ({ id, path: fakeModel(path.join(base, id)), template: null }));
  // Equal models would be one to the store.
  writeFileSync(path.join(models[1]!.path, 'config.json'), '{"vocab_size": 257}\n');
  const undecided: Undecided = (look) => (look === 1 ? ['a', 'b'].map((model) => ({ ...row, model })) : []);
  const run = await runFake(base, { suite: { gate, models }, options: { undecided, fresh: true } });
  assert.equal(
    run.events.filter((event) => event.kind === 'model-load').map((event) => event.model),
    ['a', 'b', 'a'],
  );
  assert.equal(
    run.result.looks.map(({ model, looks }) => [model, looks]),
    [
      ['a', 2],
      ['b', 2],
    ],
  );
});

test('a failed cell of a gated row ends the looks: the run is incomplete, and the next one goes on', async () => {
  const base = temporaryFolder();
  let fail = true;
  const calls = { loads: 0, evaluations: 0 };
  const own = fakeEvaluate(calls);
  const evaluate: typeof own = async (args) => {
    if (fail && calls.evaluations === 2) {
      fail = false;
      throw new Error('out of luck');
    }
    return own(args);
  };
  const asked: number[] = [];
  const undecided: Undecided = (look) => {
    asked.push(look);
    return look < 3 ? [row] : [];
  };
  const first = await runFake(base, { suite: { gate }, machine: { evaluate }, options: { undecided } });
  assert.is(first.result.exitCode, 3);
  assert.equal(asked, []);
  assert.match(first.result.notes.join('\n'), /8 cells of the plan were not reached/);
  const second = await runFake(base, { suite: { gate }, options: { undecided } });
  assert.equal(asked, [1, 2]);
  assert.is(second.result.exitCode, 0);
  assert.equal(counts(second), [5, 4, 4]);
  assert.is(second.calls.evaluations, 9);
});

test('an interrupt in a later look leaves the row unfinished; the same command continues', async () => {
  const base = temporaryFolder();
  const control = new AbortController();
  const options: Partial<SessionOptions> = {
    undecided: openFor(1),
    signal: control.signal,
    emit: (event) => {
      if (event.kind === 'cell-done' && event.cell.look === 2) control.abort();
    },
  };
  const run = await runFake(base, { suite: { gate }, options });
  assert.ok(run.interrupted);
  const place = { model: 'tiny', evaluation: 'choice', method: 'prompting', sparsity: null };
  assert.equal(run.result.partial, { cells: 13, reached: 6, unfinished: [{ ...place, cells: 12, reached: 5 }] });
  assert.equal(
    run.result.metrics.map(({ method }) => method).filter((method) => method !== 'none'),
    [],
  );
  const next = await runFake(base, { suite: { gate }, options: { undecided: openFor(1) } });
  assert.is(next.calls.evaluations, 3);
  assert.is(next.result.exitCode, 0);
});

test('a filter keeps its cells of every look', async () => {
  const select: SessionOptions['select'] = (cells) => cells.filter(({ persona }) => persona === 'introversion');
  const run = await runFake(temporaryFolder(), { suite: { gate }, options: { select, undecided: openFor(2) } });
  assert.equal(counts(run), [2, 2, 2]);
});

const personas = [
  fakePersona('extraversion', 'introversion', 'extraversion', 'high', 200),
  fakePersona('introversion', 'extraversion', 'extraversion', 'low', 200),
];
const large: GateRules = { ...RULES, rows: ['prompting'], looks: [120, 240, 360, 400] };

/** A gated run against a reference, in `base`; `worse`: a share of answers that changes. */
async function gated(base: string, reference: string, prompt: string): Promise<{ folder: string; run: Ran }> {
  const blessed = readReference(reference);
  const changed = personas.map((one) => ({ ...one, prompts: { plain: `${one.prompts.plain}${prompt}` } }));
  const undecided: Undecided = (look, result, items) =>
    openRowsOf({ folder: base, result, items: [...items], prompts: () => new Map() }, blessed, look);
  const run = await runFake(base, { suite: { gate: large, personas: changed }, options: { undecided } });
  return { folder: writeRunFolder(base, run.result, run.rows(), {}), run };
}

test('the gate says of a whole run what it says of the one that it ended early, and a reference has all items', async () => {
  const base = temporaryFolder();
  const plain = personas.map((one) => ({ ...one, prompts: { plain: one.prompts.plain! } }));
  const first = await runFake(base, { suite: { gate: large, personas: plain } });
  const reference = path.join(base, 'reference.json');
  const folder = writeRunFolder(base, first.result, first.rows(), {});
  blessRun(folder, { reference });

  // Nothing changed: one look, and equal on its items.
  const same = await gated(base, reference, '');
  assert.equal(
    same.run.result.looks.map(({ looks, items, planned }) => [looks, items, planned]),
    [[1, 120, 400]],
  );
  const verdict = gateRun(same.folder, { reference });
  assert.is(verdict.exitCode, 0);
  assert.match(verdict.verdicts.find(({ rule }) => rule === 'alignment')!.message, /^equal on all 120 items/);
  const alignment = (run: string) => gateRun(run, { reference }).verdicts.filter(({ rule }) => rule === 'alignment');
  assert.equal(alignment(same.folder), alignment(folder));
  assert.throws(
    () => blessRun(same.folder, { reference: path.join(base, 'early.json') }),
    ({ code, message, hint }: BenchError) =>
      code === 'incomplete-run' && /120 of its 400 items/.test(message) && /without --gate/.test(hint ?? ''),
  );
  assert.equal(compareRuns(folder, same.folder).different, []);
  assert.equal(
    compareRuns(folder, same.folder).rows.map(({ row: name, items, difference }) => [name, items, difference]),
    [
      ['none', 120, 0],
      ['prompting', 120, 0],
    ],
  );

  // Another prompt of a fake model is other answers: whatever the looks say of them, the whole run says too.
  const looks = new Set<number>();
  for (const prompt of ['!', '?']) {
    const early = await gated(base, reference, prompt);
    const changed = personas.map((one) => ({ ...one, prompts: { plain: `${one.prompts.plain}${prompt}` } }));
    const whole = await runFake(base, { suite: { gate: large, personas: changed } });
    const all = writeRunFolder(base, whole.result, whole.rows(), {});
    assert.equal(alignment(early.folder), alignment(all), prompt);
    assert.is(readRun(early.folder).result.looks[0]!.planned, 400);
    looks.add(early.run.result.looks[0]!.looks);
  }
  assert.ok(Math.max(...looks) > 1, 'some of them took a second look');
});

test.run();
