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
import type { Outcome } from '../../../harness/method/outcome.ts';
import type { Evaluate, SessionOptions } from '../../../harness/run/ports.ts';
import { writeRunFolder } from '../../../harness/store/run-folder.ts';
import { fakeEvaluate, fakePersona, METHODS, pseudo } from '../../support/fake.ts';
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

/** Answers of a model of which `share` changes with what stands in brackets in the prompt, as many for the better as not. */
const changing: Evaluate = async ({ items, prepared }) => {
  const outcomes: Outcome[] = [];
  for (const item of items) {
    const { messages = [] } = (await prepared.wrap({ item, text: item.question })) as {
      messages?: { content: string }[];
    };
    const [, who = '', version = '', share = '0'] =
      /You are (\w+)\.(?: \[(\w+) ([\d.]+)\])?/.exec(messages[0]!.content) ?? [];
    const first = pseudo(`${who} ${item.id}`) < 0.5;
    const chosen = pseudo(`${version} ${who} ${item.id}`) < Number(share) ? !first : first;
    const options = item.options.map((_, k) => {
      const sum = (k === 0) === chosen ? -1 : -3;
      return { sum, tokens: 1, bytes: 1, greedy: false, score: sum };
    });
    const weights = options.map(({ score }) => Math.exp(score));
    const p = weights[item.options.findIndex(({ matching }) => matching)]! / weights.reduce((x, y) => x + y);
    outcomes.push({ item: item.id, orders: [{ order: [0, 1], options, p }], p, promptTokens: 1, addedTokens: 0 });
  }
  return outcomes;
};

const told = (version: string) =>
  personas.map((one) => ({ ...one, prompts: { plain: `You are ${one.id}.${version}` } }));

/** A run look by look against a reference, in `base`. */
async function gated(base: string, reference: string, version: string): Promise<{ folder: string; run: Ran }> {
  const blessed = readReference(reference);
  const undecided: Undecided = (look, result, items) =>
    openRowsOf({ folder: base, result, items: [...items], prompts: () => new Map() }, blessed, look);
  const changes = { gate: large, personas: told(version) };
  const run = await runFake(base, { suite: changes, machine: { evaluate: changing }, options: { undecided } });
  return { folder: writeRunFolder(base, run.result, run.rows(), {}), run };
}

test('the gate says of a whole run what it says of the one that it ended early, and a reference has all items', async () => {
  const base = temporaryFolder();
  const whole = async (version: string): Promise<string> => {
    const changes = { gate: large, personas: told(version) };
    const { result, rows } = await runFake(base, { suite: changes, machine: { evaluate: changing } });
    return writeRunFolder(base, result, rows(), {});
  };
  const reference = path.join(base, 'reference.json');
  const folder = await whole('');
  blessRun(folder, { reference });

  // Nothing changed: one look, and equal on its items.
  for (const version of ['', ' [new 0]']) {
    const { run } = await gated(base, reference, version);
    assert.equal(
      run.result.looks.map(({ looks, items, planned }) => [looks, items, planned]),
      [[1, 120, 400]],
    );
  }
  const same = await gated(base, reference, '');
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

  // A tenth of the answers changes, for the better as often as not: the whole run says what the looks say.
  const looks: number[] = [];
  for (const version of [' [a 0.1]', ' [b 0.1]', ' [c 0.1]']) {
    const early = await gated(base, reference, version);
    const [verdict] = alignment(early.folder);
    assert.is(verdict?.outcome, 'pass', verdict?.message);
    assert.ok(verdict!.flips.length > 0);
    assert.equal(alignment(await whole(version)), [verdict], version);
    assert.is(readRun(early.folder).result.looks[0]!.planned, 400);
    looks.push(early.run.result.looks[0]!.looks);
  }
  assert.ok(Math.max(...looks) > 1 && Math.min(...looks) < 4, `looks ${looks}`);
});

test.run();
