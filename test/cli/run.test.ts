import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Writable } from 'node:stream';
import * as assert from 'uvu/assert';
import { readRun } from '../../api/read-run.ts';
import { BenchError } from '../../base/error.ts';
import { blessVerb, gateVerb } from '../../cli/gate.ts';
import { type RunServices, runVerb } from '../../cli/run.ts';
import type { GateRules, Suite } from '../../harness/config/resolved.ts';
import { RUN_VERSION } from '../../harness/record/run-record.ts';
import type { Machine } from '../../harness/run/ports.ts';
import { DEVICE, fakeEvaluate, fakeLoad, fakeSuite, fakeText } from '../support/fake.ts';
import { temporaryFolder } from '../support/folders.ts';
import { HEADLINE } from '../support/headlines.ts';
import { fakeModel } from '../support/session.ts';
import { suite } from '../support/suite.ts';

const test = suite('bench run');
const GATE: GateRules = {
  rows: ['prompting'],
  alignment: { margin: 0.05, alpha: 0.05 },
  floors: {},
  order: [],
  tax: {},
  timings: { against: 'none' },
  counters: { model: true, commands: false },
  inconclusive: 'fail',
};

function sink(): { readonly stream: NodeJS.WriteStream; text(): string } {
  let text = '';
  const stream = new Writable({
    write: (chunk, _, done) => {
      text += String(chunk);
      done();
    },
  });
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => text };
}

/** Runs the verb with the fake machine; the model lies in the output folder. */
async function run(
  out: string,
  options: Parameters<typeof runVerb>[1] = {},
  machine: Partial<Machine> = {},
  changes: Partial<Suite> = {},
) {
  const calls = { loads: 0, evaluations: 0 };
  const [stdout, stderr] = [sink(), sink()];
  const load = fakeLoad(calls);
  const services: RunServices = {
    machine: async (device) => ({
      wantedDevice: device,
      device: async () => DEVICE,
      load: ({ id }) => load(id),
      text: async () => fakeText(),
      kernels: async () => 'k',
      evaluate: fakeEvaluate(calls),
      ...machine,
    }),
    suite: async () => fakeSuite({ models: [{ id: 'tiny', path: fakeModel(out), template: null }], ...changes }),
    command: ['bench', 'run', 'fake.yaml', '--filter', 'model=t* method=none'],
    stdout: stdout.stream,
    stderr: stderr.stream,
  };
  const code = await runVerb('fake.yaml', { out, ...options }, services);
  return { code, calls, stdout: stdout.text(), stderr: stderr.text() };
}

test('prints verdict, tables, paths and the next command; writes the run folder', async () => {
  const out = temporaryFolder();
  const { code, stdout, stderr } = await run(out);
  assert.is(code, 0);
  assert.match(stdout.split('\n')[0] ?? '', HEADLINE);
  assert.match(stdout, /Written: .*run\.json/);
  assert.match(stdout, /Next: {4}bench try .* --personas \/suites\/personas\.yaml --persona extraversion\n$/);
  assert.match(stderr, /^Warning: model tiny does not know [^\n]*\n5 cells\n/);
  assert.match(stderr, /\[5\/5\] tiny \/ choice \/ prompting \/ introversion \/ vivid/);
  const folder = path.join(out, 'runs', readFileSync(path.join(out, 'runs', 'latest'), 'utf8').trim());
  assert.equal(readdirSync(folder).sort(), ['items.jsonl', 'prompts.json', 'report.html', 'report.md', 'run.json']);
});

test('--json prints one document and nothing else on stdout', async () => {
  const out = temporaryFolder();
  const { stdout } = await run(out, { json: true });
  const record = JSON.parse(stdout);
  assert.is(record.version, RUN_VERSION);
  assert.is(record.cells.length, 5);
  const folder = path.join(out, 'runs', readFileSync(path.join(out, 'runs', 'latest'), 'utf8').trim());
  assert.is(stdout, readFileSync(path.join(folder, 'run.json'), 'utf8'));
});

test('--quiet says nothing, --progress none no progress', async () => {
  const quiet = await run(temporaryFolder(), { quiet: true });
  assert.equal([quiet.stdout, quiet.stderr], ['', '']);
  const none = await run(temporaryFolder(), { progress: 'none' });
  assert.is(none.stderr, '');
  assert.ok(none.stdout.length > 0);
});

test('a second run asks the engine for nothing; --fresh asks again', async () => {
  const out = temporaryFolder();
  await run(out);
  const second = await run(out);
  assert.equal(second.calls, { loads: 0, evaluations: 0 });
  assert.match(second.stderr, /5 answered from the store/);
  assert.is((await run(out, { fresh: true })).calls.evaluations, 5);
});

test('a failed cell gives 3, a table of failures, and the same command as the next step', async () => {
  const evaluate = async () => {
    throw new BenchError('not-finite', 'a log-probability is NaN', { hint: 'look at the weights' });
  };
  const { code, stdout } = await run(temporaryFolder(), {}, { evaluate });
  assert.is(code, 3);
  assert.match(stdout, /Failed: 5 of 5 cells/);
  assert.match(stdout, /a log-probability is NaN/);
  assert.match(stdout, /Next: {4}bench run fake\.yaml --filter 'model=t\* method=none'\n$/);
});

test('--gate is refused before anything is asked where no gate or no reference is; else it judges, and the page too', async () => {
  const nothing = { evaluate: async () => assert.unreachable('nothing may be asked') as never };
  const [out, at] = [temporaryFolder(), temporaryFolder()];
  const [reference, junit] = [path.join(at, 'kept.json'), path.join(at, 'gate.xml')];
  const codeOf = (refused: Promise<unknown>) => refused.catch((error: BenchError) => error.code);
  assert.is(await codeOf(run(out, { gate: true, reference }, nothing)), 'no-gate');
  assert.is(await codeOf(run(out, { gate: true, reference }, nothing, { gate: GATE })), 'no-reference');
  writeFileSync(reference, '{}');
  assert.is(await codeOf(run(out, { gate: true, reference }, nothing, { gate: GATE })), 'bad-reference');
  await run(out, {}, {}, { gate: GATE });
  const folder = () => path.join(out, 'runs', readFileSync(path.join(out, 'runs', 'latest'), 'utf8').trim());
  await blessVerb(folder(), { out: reference }, () => {});
  const { code, stdout } = await run(out, { gate: true, reference, junit }, {}, { gate: GATE });
  assert.is(code, 0);
  assert.match(stdout, /Gate: pass\./);
  assert.ok(existsSync(junit));
  assert.match(readFileSync(path.join(folder(), 'report.html'), 'utf8'), /"run":"kept\.json"/);
  for (const name of ['report.html', 'report.md']) {
    assert.match(
      readFileSync(path.join(folder(), name), 'utf8'),
      /Gate: pass, against kept\S*json: all \d+ rules pass/,
    );
  }
});

test('--profile on a device without timestamps is refused before anything is asked', async () => {
  const evaluate = async () => assert.unreachable('nothing may be asked') as never;
  const refused = await run(temporaryFolder(), { profile: true }, { evaluate }).catch((error: BenchError) => error);
  assert.instance(refused, BenchError);
  assert.is((refused as BenchError).code, 'no-timestamps');
  assert.match((refused as BenchError).message, /^fake device has no timestamps/);
  assert.match((refused as BenchError).hint ?? '', /leave --profile out, or use another device/);
});

/** Runs until `cells` cells are asked, then presses Ctrl-C. */
async function stopped(out: string, cells: number, options: Parameters<typeof runVerb>[1] = {}) {
  const evaluate = fakeEvaluate({ loads: 0, evaluations: 0 });
  let asked = 0;
  const machine: Partial<Machine> = {
    evaluate: async (args) => {
      if (++asked === cells) process.emit('SIGINT');
      return evaluate(args);
    },
  };
  return run(out, options, machine, { gate: GATE });
}

test('an interrupt gives 130, and the run goes on; with no method finished it writes no run folder', async () => {
  const out = temporaryFolder();
  const { code, stderr, stdout } = await stopped(out, 1);
  assert.is(code, 130);
  assert.match(stderr, /interrupted after 0 of 5 cells; the same command continues from what is stored\. No method/);
  assert.is(stdout, '');
  assert.not.ok(existsSync(path.join(out, 'runs')));
  const { ok, exitCode, error } = JSON.parse((await stopped(out, 1, { json: true })).stdout);
  assert.equal([ok, exitCode, error.code], [false, 130, 'interrupted']);
  assert.is((await run(out)).calls.evaluations, 5);
});

test('a run that is stopped leaves page, Markdown and record of what is finished, marked as partial', async () => {
  const out = temporaryFolder();
  const { code, stdout, stderr } = await stopped(out, 3);
  assert.is(code, 130);
  assert.match(stderr, /interrupted after 2 of 5 cells; the same command continues/);
  assert.match(stdout, /^PARTIAL: the run was stopped after 2 of 5 cells\.[\s\S]*Not\sfinished:\sprompting\s\(1\/4\)/);
  assert.match(stdout, /Next: {4}bench run fake\.yaml/);
  const folder = path.join(out, 'runs', readFileSync(path.join(out, 'runs', 'latest'), 'utf8').trim());
  for (const name of ['report.html', 'report.md']) {
    assert.match(readFileSync(path.join(folder, name), 'utf8'), /PARTIAL: the run was stopped after 2 of 5 cells/);
  }
  const record = readRun(folder).result;
  assert.equal([record.exitCode, record.partial?.cells, record.partial?.reached], [130, 5, 2]);
  assert.equal([...new Set(record.metrics.map(({ method }) => method))], ['none'], 'half a method has no figures');
  assert.equal([...new Set(readRun(folder).items.map(({ method }) => method))], ['none']);
  assert.is((await run(out)).calls.evaluations, 3);
});

test('a run that was stopped is no reference, and a gate names it', async () => {
  const out = temporaryFolder();
  const [whole, reference] = [temporaryFolder(), path.join(temporaryFolder(), 'kept.json')];
  await run(whole, {}, {}, { gate: GATE });
  const latest = (of: string) => path.join(of, 'runs', readFileSync(path.join(of, 'runs', 'latest'), 'utf8').trim());
  await blessVerb(latest(whole), { out: reference }, () => {});
  await stopped(out, 3);
  const refused = await blessVerb(latest(out), {}, () => {}).catch((error: unknown) => error);
  assert.instance(refused, BenchError);
  assert.is((refused as BenchError).code, 'incomplete-run');
  assert.match((refused as BenchError).message, /was stopped after 2 of 5 cells/);
  let text = '';
  const code = await gateVerb(latest(out), { reference }, (part) => {
    text += part;
  });
  assert.is(code, 3);
  assert.match(text, /^Gate: incomparable\.\nNOTE +the run was stopped after 2 of 5 cells/);
});

test('an unwritable output folder is an error before the model is read', async () => {
  const out = temporaryFolder();
  const file = path.join(out, 'file');
  writeFileSync(file, '');
  const never = () => assert.unreachable('nothing may be asked');
  const model = temporaryFolder();
  const services: RunServices = {
    machine: async () =>
      ({ wantedDevice: undefined, device: never, load: never, text: never, kernels: never, evaluate: never }) as never,
    suite: async () => fakeSuite({ models: [{ id: 'tiny', path: fakeModel(model), template: null }] }),
    command: [],
    stdout: sink().stream,
    stderr: sink().stream,
  };
  try {
    await runVerb('fake.yaml', { out: path.join(file, 'x') }, services);
  } catch (error) {
    assert.instance(error, BenchError);
    assert.is((error as BenchError).code, 'unwritable');
    return;
  }
  assert.unreachable();
});

test.run();
