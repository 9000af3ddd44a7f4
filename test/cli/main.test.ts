// The built command as a user meets it: exit codes, messages on stderr, nothing on stdout when it fails.

import { spawn } from 'node:child_process';
import { cpSync, existsSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { temporaryFolder } from '../support/folders.ts';
import { type Ended, NODE, ROOT, runNode } from '../support/node.ts';
import { suite } from '../support/suite.ts';

const test = suite('bench');
const bench = (...args: readonly string[]): Promise<Ended> => runNode([join(ROOT, 'dist/cli/main.js'), ...args]);

async function refuses(args: readonly string[], text: RegExp): Promise<void> {
  const { code, stdout, stderr } = await bench(...args);
  assert.is(code, 2, `${args.join(' ')}: ${stderr}`);
  assert.is(stdout, '');
  assert.match(stderr, text);
  assert.not.match(stderr, /^\s+at /m);
}

test('help lists the verbs', async () => {
  const { code, stdout } = await bench('--help');
  assert.is(code, 0);
  for (const verb of ['run', 'try', 'plan', 'validate', 'list', 'doctor'])
    assert.match(stdout, new RegExp(`^  ${verb} `, 'm'));
});

test('a wrong verb, flag or value ends with 2 and a suggestion', async () => {
  await refuses(['rnu', 'suites/smoke.yaml'], /unknown command 'rnu'/);
  await refuses(['run', 'suites/smoke.yaml', '--fersh'], /unknown option '--fersh'\n\(Did you mean --fresh\?\)/);
  const former = /error: option '--adapter <name>' .* The device is named by --device swiftshader;/;
  for (const verb of [
    ...['run', 'plan', 'validate'].map((name) => [name, 'suites/smoke.yaml']),
    ['doctor'],
    ['mask', 'inspect', 'x'],
    ['mask', 'make', '--model', 'persona-nano', '--sparsity', '0.5', '--out', 'x'],
  ]) {
    await refuses([...verb, '--adapter', 'swiftshader'], former);
  }
  await refuses(['run'], /missing required argument 'suite'/);
  await refuses(['run', 'suites/smoke.yaml', '--limit', '0'], /whole number, 1 or more/);
  await refuses(
    ['run', 'suites/smoke.yaml', '--filter', 'prsona=x'],
    /"prsona=x" is not field=pattern; fields are model/,
  );
  await refuses(['run', 'suites/smoke.yaml', '--out', ''], /must not be empty/);
  await refuses(['run', 'suites/smoke.yaml', '--progress', 'loud'], /Allowed choices are tty, plain, none/);
  await refuses(['list', 'modles'], /nothing to list under the name "modles"\n +did you mean "models"/);
  await refuses(['run', 'nowhere.yaml'], /nowhere\.yaml: there is no such file/);
});

test('a bad suite is shown with file, line and column', async () => {
  const file = join(temporaryFolder(), 'suite.yaml');
  writeFileSync(file, 'version: 1\nname: x\nmodles: [persona-nano]\n');
  await refuses(['validate', file], /suite\.yaml:3:1 unknown key "modles": did you mean "models"\?\n +3 \| modles/);
});

test('an output folder that cannot be written is found before any work', async () => {
  const file = join(temporaryFolder(), 'taken');
  writeFileSync(file, '');
  const start = performance.now();
  await refuses(['run', 'suites/smoke.yaml', '--out', file], /taken/);
  assert.ok(performance.now() - start < 120_000);
});

test('--print-config with --json is one document', async () => {
  const { code, stdout } = await bench('plan', 'suites/smoke.yaml', '--print-config', '--json', '--set', 'seeds=[7]');
  assert.is(code, 0);
  const values = JSON.parse(stdout) as { path: string; value: unknown; origin: string }[];
  assert.equal(
    values.filter(({ path }) => path === 'seeds.0'),
    [{ path: 'seeds.0', value: 7, origin: '--set seeds=[7]' }],
  );
});

test('a reader that goes away ends the command without a word', async () => {
  const child = spawn(NODE, [join(ROOT, 'dist/cli/main.js'), 'list'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  assert.equal([code, stderr], [0, '']);
});

test('validate and list answer without a device', async () => {
  const { code, stdout } = await bench('validate', 'suites/big-five.yaml', '--device', 'no such device');
  assert.is(code, 0);
  const said = stdout.trim().replace(/\s+/g, ' ');
  assert.match(said, /^big-five is valid: models 1, personas 10, .*cells 685, evaluation items 270 Next: bench run /);
  const { stdout: listed } = await bench('list', '--json');
  assert.equal(Object.keys(JSON.parse(listed)), ['models', 'personas', 'methods', 'suites']);
});

test('validate finds what a run would stumble over in models and methods', async () => {
  const folder = temporaryFolder();
  const suite = (model: string, wording: string) =>
    `version: 1\nname: x\nmodels: [${model}]\npersonas: { file: ${join(ROOT, 'personas.yaml')}, select: [openness] }\n` +
    `evaluations: [{ id: a, kind: choice }]\nmethods: [{ id: p, method: prompting, options: { wordings: [${wording}] } }]\n`;
  const file = join(folder, 'suite.yaml');
  const refused = async (model: string, wording: string, text: RegExp) => {
    writeFileSync(file, suite(model, wording));
    await refuses(['validate', file], text);
  };
  await refused(
    'persona-nano',
    'plian',
    /suite\.yaml:6:\d+ persona "openness" has no wording named "plian": did you mean "plain"\?/,
  );
  await refused('./suite.yaml', 'plain', /suite\.yaml: .*folder/);
  const broken = join(folder, 'broken');
  cpSync(join(ROOT, 'models/persona-nano'), broken, { recursive: true });
  truncateSync(join(broken, 'model.safetensors'), 100_000);
  const outside = /broken\/model\.safetensors: tensor .* are outside/;
  await refused('./broken', 'plain', outside);
  // Nor is a run begun: its cells would fail one by one.
  await refuses(['run', file, '--out', join(folder, 'out')], outside);
  assert.not.ok(existsSync(join(folder, 'out', 'runs')));
  rmSync(join(broken, 'tokenizer.json'));
  cpSync(join(ROOT, 'models/persona-nano/model.safetensors'), join(broken, 'model.safetensors'));
  await refused('./broken', 'plain', /there is no tokenizer\.json/);
});

test.run();
