// What every verb writes to stdout: with --json one document and nothing else, of an error too, and for people
// lines of at most 100 columns without colour codes, that end with what was written and what to do next.

import { cpSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { COLUMNS } from '../../base/columns.ts';
import { RUN_VERSION } from '../../harness/record/run-record.ts';
import { TINY_VOCAB, tinyModel } from '../harness/text/tiny.ts';
import { BENCH } from '../support/bench.ts';
import { fixture, temporaryFolder } from '../support/folders.ts';
import { HEADLINE } from '../support/headlines.ts';
import { runNode } from '../support/node.ts';
import { writeRandomModel } from '../support/random-model.ts';
import { suite } from '../support/suite.ts';

const test = suite('output end to end');

// A long name, so that whatever names the model has to make room for it.
const home = temporaryFolder();
const model = path.join(home, 'a-model-with-a-rather-long-name-that-takes-more-room-than-most');
cpSync(tinyModel(), model, { recursive: true });
await writeRandomModel(model, { family: 'llama', seed: 9, vocab: TINY_VOCAB, positions: 1024 });
const out = path.join(home, 'out');
const at = (name: string): string => path.join(home, name);

const SHORT = ['latency.items=1', 'latency.warmup=0', 'latency.repeats=1', 'latency.decode-tokens=2'];
const SUITE = ['suites/smoke.yaml', '--model', model, '--limit', '1', '--out', out]
  .concat(['--filter', 'method=none method=prompting'])
  .concat([...SHORT, 'gate={rows: [prompting]}'].flatMap((to) => ['--set', to]));

async function bench(...args: readonly string[]) {
  return runNode([...BENCH, ...args], { env: { GITHUB_ACTIONS: '', GITHUB_STEP_SUMMARY: '' } });
}

/** The verb's document. */
async function json(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await bench(...args, '--json');
  assert.is(code, 0, `${args.join(' ')}: ${stderr}`);
  const document = JSON.parse(stdout);
  assert.ok(typeof document === 'object' && document !== null, stdout);
  return document;
}

/** What the verb tells a person, line by line. */
async function told(...args: readonly string[]): Promise<readonly string[]> {
  const { code, stdout, stderr } = await bench(...args);
  assert.is(code, 0, `${args.join(' ')}: ${stderr}`);
  assert.not.match(stdout, '\x1b');
  const lines = stdout.trimEnd().split('\n');
  for (const line of lines) {
    const copied = /^(Written: |Next: {4}|[ab] {2}\/|\/)/.test(line);
    assert.ok(copied || line.length <= COLUMNS, `${args[0]}: ${line.length}: ${line}`);
  }
  return lines;
}

test('a suite: validate, plan, run, report, bless, gate, compare', async () => {
  assert.is((await json('validate', ...SUITE)).ok, true);
  const plan = await json('plan', ...SUITE, '--why');
  assert.ok((plan.cells as readonly unknown[]).length > 0);
  assert.is((await json('plan', ...SUITE, '--show-prompt', '1')).cell, 1);
  await json('plan', ...SUITE, '--print-config');
  assert.match(
    (await told('validate', ...SUITE)).join('\n'),
    /^\S+ is valid: .*\n(.*\n)*Next: {4}bench run suites\/smoke\.yaml /,
  );
  const planned = await told('plan', ...SUITE, '--why');
  assert.match(planned[0] ?? '', /^smoke: \d+ cells on /);
  assert.match(planned.at(-1) ?? '', /^Next: {4}bench run suites\/smoke\.yaml .*--filter method=none/);

  assert.is((await json('run', ...SUITE, '--profile')).version, RUN_VERSION);
  const said = await told('run', ...SUITE, '--profile');
  assert.match(said[0] ?? '', HEADLINE);
  assert.match(said.at(-1) ?? '', /^Next: {4}bench /);
  assert.match(said.at(-2) ?? '', /^Written: .*items\.jsonl$/);
  const folder = path.dirname((said.at(-2) ?? '').replace('Written: ', ''));

  assert.equal((await json('report', folder)).written, [path.join(folder, 'report.html')]);
  assert.equal((await json('bless', folder, '--out', at('ref.json'))).written, [at('ref.json')]);
  assert.match((await told('bless', folder, '--out', at('ref.json'))).at(-1) ?? '', /^Next: {4}bench gate latest/);
  assert.is((await json('gate', folder, '--reference', at('ref.json'))).outcome, 'pass');
  const gated = await told('gate', folder, '--reference', at('ref.json'), '--junit', at('gate.xml'));
  assert.is(gated[0], 'Gate: pass.');
  assert.is(gated.at(-1), `Written: ${at('gate.xml')}`);
  assert.equal((await json('compare', folder, folder)).flips, []);
  await told('compare', folder, folder);
});

test('masks, adapters, lists, the device, a try', async () => {
  const make = ['mask', 'make', '--model', model, '--persona', 'extraversion', '--sparsity', '0.5', '--samples', '4'];
  const [first, second] = [at('a.safetensors'), at('b.safetensors')];
  assert.equal((await json(...make, '--out', first)).written, [first]);
  assert.match(
    (await told(...make, '--seed', '1', '--score', 'magnitude', '--out', second)).at(-1) ?? '',
    /^Next: {4}bench mask inspect/,
  );
  assert.ok('header' in (await json('mask', 'inspect', first)));
  await told('mask', 'inspect', first);
  assert.ok('all' in (await json('mask', 'diff', first, second)));
  await told('mask', 'diff', first, second);
  const baked = await json('mask', 'bake', first, '--model', model, '--out', at('baked'));
  assert.equal([baked.written, baked.next], [[at('baked')], `bench try "How was your week?" --model ${at('baked')}`]);
  const [base, adapter] = [fixture('families/llama3'), fixture('families/adapters/llama3-lora')];
  const merged = await json('adapter', 'merge', adapter, '--model', base, '--out', at('merged'));
  assert.equal(merged.written, [at('merged')]);
  assert.ok('models' in (await json('list')));
  await told('list');
  assert.is((await json('doctor')).ok, true);
  assert.match((await told('doctor'))[0] ?? '', /^verdict {3}agrees with the reference/);
  const tried = await json('try', 'Hello.', '--model', model, '--max-tokens', '2');
  assert.ok('generated' in tried && 'timings' in tried);
});

/** Every verb by a mistake: what it is given, and the code of the error. */
const WRONG: readonly (readonly [code: string, ...args: readonly string[]])[] = [
  ['bad-suite', 'run', 'no-such.yaml'],
  ['bad-suite', 'plan', 'no-such.yaml'],
  ['bad-suite', 'validate', 'no-such.yaml'],
  ['no-run', 'gate', 'no-such-run'],
  ['no-run', 'bless', 'no-such-run'],
  ['no-run', 'report', 'no-such-run'],
  ['no-run', 'compare', 'no-such-run', 'no-such-run'],
  ['bad-mask', 'mask', 'inspect', 'no-such.safetensors'],
  ['bad-mask', 'mask', 'diff', 'no-such.safetensors', 'nor-this.safetensors'],
  ['bad-mask', 'mask', 'bake', 'no-such.safetensors', '--model', model, '--out', at('nothing')],
  ['usage', 'mask', 'make', '--model', model],
  ['bad-model', 'adapter', 'merge', 'no-such-adapter', '--model', 'no-such-model', '--out', at('nothing')],
  ['bad-model', 'try', 'Hello.', '--model', 'no-such-model'],
  ['usage', 'list', 'nonsense'],
  ['usage', 'pull', 'nonsense'],
  ['in-the-way', 'init', 'package.json'],
  ['no-device', 'doctor', '--device', 'no such device'],
  ['usage', 'run', 'suites/smoke.yaml', '--no-such-flag'],
  ['usage', 'no-such-verb'],
];

for (const [code, ...args] of WRONG) {
  test(`an error of ${args.slice(0, 2).join(' ')} is a document with --json, and text without`, async () => {
    const said = await bench(...args, '--json');
    assert.is(said.code, 2, said.stderr);
    const { ok, exitCode, error } = JSON.parse(said.stdout);
    assert.equal([ok, exitCode, error.code], [false, 2, code], said.stderr);
    assert.ok(error.message.length > 0 && 'where' in error && 'hint' in error && Array.isArray(error.mistakes));
    assert.match(said.stderr, /^error: /m); // a driver may have warned before
    const plain = await bench(...args);
    assert.equal([plain.code, plain.stdout, plain.stderr], [2, '', said.stderr]);
  });
}

test('each mistake of a file is data: its place, what is wrong, a hint', async () => {
  writeFileSync(at('wrong.yaml'), 'version: 1\nname: wrong\nmodles: []\nseeds: many\n');
  const { error } = JSON.parse((await bench('validate', at('wrong.yaml'), '--json')).stdout);
  const unknown = error.mistakes.find(({ message }: { message: string }) => message.includes('modles'));
  assert.equal([path.resolve(unknown.file), unknown.line, unknown.column], [at('wrong.yaml'), 3, 1]);
  assert.match(unknown.hint, /did you mean "models"/);
  assert.ok(error.mistakes.length > 1);
});

test('lines are as wide as COLUMNS says', async () => {
  for (const columns of [60, 140]) {
    const { stdout } = await runNode([...BENCH, 'plan', ...SUITE], { env: { COLUMNS: String(columns) } });
    const lines = stdout.split('\n').filter((line) => !/^(Next|Written)/.test(line));
    const widest = Math.max(...lines.map(({ length }) => length));
    assert.ok(widest <= columns && widest > columns - 40, `${columns}: ${widest}`);
  }
});

test.run();
