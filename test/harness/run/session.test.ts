import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { digestOf, sha256 } from '../../../base/digest.ts';
import { BenchError } from '../../../base/error.ts';
import type { LatencySettings, Suite } from '../../../harness/config/resolved.ts';
import { EVALUATIONS } from '../../../harness/evaluations/index.ts';
import type { ItemRow } from '../../../harness/record/run-record.ts';
import { latestRun, writeRunFolder } from '../../../harness/store/run-folder.ts';
import { DEVICE, fakeEngine, fakeEvaluate, fakeSuite, fakeText, METHODS } from '../../support/fake.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { runFake } from '../../support/session.ts';
import { suite } from '../../support/suite.ts';

const test = suite('session');

const kinds = (events: readonly { kind: string }[], kind: string) =>
  events.filter((event) => event.kind === kind).length;
const lines = (rows: () => Iterable<ItemRow>) => [...rows()].map((row) => JSON.stringify(row));

test('a second run asks the engine for nothing and gives the same rows', async () => {
  const base = temporaryFolder();
  const first = await runFake(base);
  assert.is(first.calls.loads, 1);
  assert.is(first.calls.evaluations, 5);
  assert.is(first.opened, 1);
  assert.is(first.result.exitCode, 0);
  const second = await runFake(base);
  assert.equal(second.calls, { loads: 0, evaluations: 0 });
  assert.is(second.opened, 0, 'the device is remembered');
  assert.is(kinds(second.events, 'stored'), 5);
  assert.is(kinds(second.events, 'cell-start'), 0);
  assert.equal(
    second.result.cells.map(({ status }) => status),
    Array(5).fill('stored'),
  );
  assert.equal(lines(second.rows), lines(first.rows));
  assert.equal(second.result.metrics, first.result.metrics);
});

test('only what changed runs again', async () => {
  const base = temporaryFolder();
  await runFake(base);
  const [extra, intro] = fakeSuite().personas as [Suite['personas'][0], Suite['personas'][0]];
  const personas = [{ ...extra, prompts: { ...extra.prompts, vivid: 'Be loud.' } }, intro];
  const second = await runFake(base, { suite: { personas } });
  assert.is(second.calls.evaluations, 1);
  assert.is(kinds(second.events, 'stored'), 4);
});

test('a damaged cell is said and done again', async () => {
  const base = temporaryFolder();
  const first = await runFake(base);
  const key = first.result.cells[0]?.key ?? '';
  writeFileSync(path.join(base, 'store', key.slice(0, 2), key, 'items.jsonl'), '{}\n');
  const second = await runFake(base);
  assert.is(kinds(second.events, 'damaged'), 1);
  assert.is(second.calls.evaluations, 1);
  assert.equal(lines(second.rows), lines(first.rows));
});

test('another device class is another store key, also when the memory of the device was wrong', async () => {
  const base = temporaryFolder();
  await runFake(base);
  const other = { ...DEVICE, deviceClass: 'fake-2' };
  // devices.json still says fake-1: all cells seem stored, and they are, for that device class.
  assert.is((await runFake(base, { device: other })).calls.loads, 0);
  const fresh = await runFake(base, { device: other, options: { fresh: true } });
  assert.is(fresh.result.device.deviceClass, 'fake-2', 'the device that was opened decides');
  const again = await runFake(base, { device: other });
  assert.is(again.calls.loads, 0);
  assert.is(again.result.device.deviceClass, 'fake-2');
});

test('a cell that throws is recorded, the rest goes on, and the exit code is 3', async () => {
  const base = temporaryFolder();
  const calls = { loads: 0, evaluations: 0 };
  const evaluate = fakeEvaluate(calls);
  const failing = async (args: Parameters<typeof evaluate>[0]) => {
    if (calls.evaluations === 2) {
      calls.evaluations++;
      throw new BenchError('not-finite', 'a score is NaN', { where: 'item a-1', hint: 'try again' });
    }
    return evaluate(args);
  };
  const run = await runFake(base, { machine: { evaluate: failing } });
  assert.is(run.result.exitCode, 3);
  const failed = run.result.cells.filter(({ status }) => status === 'errored');
  assert.equal(
    failed.map(({ error }) => error),
    [{ code: 'not-finite', message: 'item a-1: a score is NaN', hint: 'try again' }],
  );
  assert.is(run.result.cells.length, 5);
  const next = await runFake(base);
  assert.is(next.calls.evaluations, 1, 'the next run does what is missing');
  assert.is(next.result.exitCode, 0);
});

test('--fail-fast stops at the first failure', async () => {
  const failing = async () => {
    throw new Error('no');
  };
  const run = await runFake(temporaryFolder(), { machine: { evaluate: failing }, options: { failFast: true } });
  assert.is(run.result.cells.length, 1);
  assert.is(run.result.exitCode, 3);
  assert.match(run.result.notes.join(' '), /4 cells of the plan were not reached/);
});

test('an interrupt stores what is complete, and the next run goes on from it', async () => {
  const base = temporaryFolder();
  const control = new AbortController();
  let done = 0;
  const run = await runFake(base, {
    options: {
      signal: control.signal,
      emit: ({ kind }) => {
        if (kind === 'cell-done' && ++done === 2) control.abort();
      },
    },
  });
  assert.ok(run.interrupted);
  const next = await runFake(base);
  assert.is(kinds(next.events, 'stored'), 2);
  assert.is(next.calls.evaluations, 3);
  assert.equal(lines(next.rows), lines((await runFake(temporaryFolder())).rows));
});

test('two runs at once in one store give the same rows, and the store is whole', async () => {
  const base = temporaryFolder();
  const [a, b] = await Promise.all([runFake(base, { delayMs: 1 }), runFake(base, { delayMs: 1 })]);
  assert.equal(lines(a.rows), lines(b.rows));
  const third = await runFake(base);
  assert.is(third.calls.evaluations, 0);
  assert.equal(readdirSync(path.join(base, 'store', 'tmp')), []);
});

test('--fresh computes again, and says so when the outcomes differ', async () => {
  const base = temporaryFolder();
  await runFake(base);
  const same = await runFake(base, { options: { fresh: true } });
  assert.is(same.calls.evaluations, 5);
  assert.is(kinds(same.events, 'changed'), 0);
  const evaluate = fakeEvaluate({ loads: 0, evaluations: 0 });
  const drifting = async (args: Parameters<typeof evaluate>[0]) =>
    (await evaluate(args)).map((outcome) => ({ ...outcome, promptTokens: outcome.promptTokens + 1 }));
  const other = await runFake(base, { machine: { evaluate: drifting }, options: { fresh: true } });
  assert.is(kinds(other.events, 'changed'), 5);
  assert.match(other.result.notes.join(' '), /not deterministic/);
});

test('two entries of the same content are computed once', async () => {
  const methods = ['a', 'b'].map((id) => ({ id, method: 'none', control: true, options: {} }));
  const run = await runFake(temporaryFolder(), { suite: { methods } });
  assert.is(run.calls.evaluations, 1);
  assert.equal(
    run.result.cells.map(({ status }) => status),
    ['computed', 'stored'],
  );
});

test('a filter that matches nothing is an error', async () => {
  try {
    await runFake(temporaryFolder(), { options: { select: () => [] } });
  } catch (error) {
    assert.is((error as BenchError).code, 'nothing-selected');
    return;
  }
  assert.unreachable();
});

test('an unwritable output folder is found before anything is loaded', async () => {
  const file = path.join(temporaryFolder(), 'file');
  const other = temporaryFolder();
  writeFileSync(file, '');
  let asked = 0;
  const text = async () => {
    asked++;
    return fakeText();
  };
  try {
    const { planSession } = await import('../../../harness/run/session.ts');
    const machine = {
      wantedDevice: undefined,
      device: async () => DEVICE,
      load: async () => ({ engine: fakeEngine(), device: DEVICE }),
      text,
      kernels: async () => 'k',
      evaluate: fakeEvaluate({ loads: 0, evaluations: 0 }),
    };
    await planSession({
      suite: fakeSuite({ models: [{ id: 'tiny', path: other, template: null }] }),
      registry: METHODS,
      kinds: EVALUATIONS,
      machine,
      base: path.join(file, 'out'),
    });
  } catch (error) {
    assert.is((error as BenchError).code, 'unwritable');
    assert.is(asked, 0);
    return;
  }
  assert.unreachable();
});

const latency: LatencySettings = { items: 2, warmup: 1, repeats: 4, decodeTokens: 3 };

test('timings are measured once per testbed and settings, and then come from the store', async () => {
  const base = temporaryFolder();
  const first = await runFake(base, { suite: { latency } });
  assert.is(first.result.latency.length, 2);
  assert.equal(
    first.result.latency.map(({ prefillMs, decodeMs }) => [prefillMs.n, decodeMs.n]),
    [
      [8, 8],
      [8, 8],
    ],
  );
  const second = await runFake(base, { suite: { latency } });
  assert.is(second.calls.loads, 0);
  assert.equal(
    second.result.latency,
    first.result.latency.map((row) => ({ ...row, fromStore: true })),
  );
  const rules = {
    alignment: { margin: 0.1, alpha: 0.05 },
    floors: {},
    order: [],
    tax: {},
    inconclusive: 'warn' as const,
  };
  const gate = { ...rules, rows: ['prompting'], counters: { model: false, commands: false } };
  const gated = await runFake(base, { suite: { latency, gate: { ...gate, timings: { against: 'none', decode: 2 } } } });
  assert.ok(
    gated.result.latency.every(({ fromStore }) => !fromStore),
    'a gate on times judges those of its own job',
  );
  const ungated = await runFake(base, { suite: { latency, gate: { ...gate, timings: { against: 'none' } } } });
  assert.ok(ungated.result.latency.every(({ fromStore }) => fromStore));
  assert.is(new Set(ungated.result.latency.map(({ job }) => job)).size, 1);
  const settings = await runFake(base, { suite: { latency: { ...latency, repeats: 2 } } });
  assert.is(settings.calls.loads, 1, 'other settings are measured anew');
  assert.is(settings.result.latency[0]?.prefillMs.n, 4);
});

test('latency that fails is said, and the run is incomplete', async () => {
  const engine = { ...fakeEngine(), top: () => Promise.reject(new Error('no top')) };
  const load = async () => ({ engine, device: DEVICE });
  const run = await runFake(temporaryFolder(), { suite: { latency }, machine: { load } });
  assert.is(run.result.exitCode, 3);
  assert.match(run.result.notes.join(' '), /Latency could not be measured: no top/);
});

test('the run folder holds record, rows and reports, and latest names it', async () => {
  const base = temporaryFolder();
  const run = await runFake(base);
  const folder = writeRunFolder(base, run.result, run.rows(), { 'report.md': '# x\n' });
  assert.equal(readdirSync(folder).sort(), ['items.jsonl', 'report.md', 'run.json']);
  assert.is(latestRun(base), folder);
  const {
    answers,
    prompts,
    sha256: digest,
    ...record
  } = JSON.parse(readFileSync(path.join(folder, 'run.json'), 'utf8'));
  assert.equal(record, JSON.parse(JSON.stringify(run.result)));
  assert.equal(answers, { count: 60, sha256: sha256(readFileSync(path.join(folder, 'items.jsonl'))) });
  assert.is(prompts, null);
  assert.is(digest, digestOf({ ...record, answers, prompts }));
  const rows = readFileSync(path.join(folder, 'items.jsonl'), 'utf8').trimEnd().split('\n');
  assert.is(rows.length, 5 * 12);
  assert.match(path.basename(folder), /^\d{8}T\d{6}Z-fake-[0-9a-f]{7}$/);
});

test('every row carries the digest of its prompt, which differs by wording', async () => {
  const rows = [...(await runFake(temporaryFolder())).rows()];
  const of = (wording: string | null) =>
    rows.find((row) => row.wording === wording && row.item === 'extraversion-0')?.prompt;
  assert.match(of(null) ?? '', /^[0-9a-f]{64}$/);
  assert.is(new Set([of(null), of('plain'), of('vivid')]).size, 3);
});

test('rows of the opposite pole are flipped', async () => {
  const run = await runFake(temporaryFolder());
  const rows = [...run.rows()];
  const flipped = rows.filter(
    ({ persona, itemPersona }) => persona === 'introversion' && itemPersona === 'extraversion',
  );
  assert.is(flipped.length, 12);
  for (const row of flipped) {
    assert.is(row.keyed, -1);
    assert.is(row.options.filter(({ aligned }) => aligned).length, 1);
    assert.ok(Math.abs(row.orders.reduce((sum, { p }) => sum + p, 0) / 2 - row.p) < 1e-12);
    assert.is(row.aligned, row.p > 0.5 ? 1 : 0);
  }
});

test.run();
