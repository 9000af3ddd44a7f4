// action.yml: what it takes, that nothing of its inputs becomes shell code, and the command line that it comes to. Its two
// scripts run in bash, with a program in place of Node that says what it was given.

import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { temporaryFolder } from '../support/folders.ts';
import { ROOT } from '../support/node.ts';
import { suite } from '../support/suite.ts';

const test = suite('action');
const HOME = path.resolve(ROOT);

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}
const action: {
  readonly inputs: Readonly<Record<string, { readonly required?: boolean; readonly default?: string }>>;
  readonly runs: { readonly steps: readonly Step[] };
} = parse(readFileSync(path.join(ROOT, 'action.yml'), 'utf8'));
const { steps } = action.runs;
const script = (name: string): string => steps.find((step) => step.name?.startsWith(name))?.run ?? '';

/** Runs a script of the action; gives what was written to GITHUB_OUTPUT, and the words that Node was called with. */
function bash(code: string, env: Readonly<Record<string, string>>) {
  const folder = temporaryFolder();
  const [node, output] = [path.join(folder, 'node'), path.join(folder, 'output')];
  writeFileSync(node, '#!/bin/sh\nfor word in "$@"; do printf "<%s>" "$word"; done\n');
  chmodSync(node, 0o755);
  writeFileSync(output, '');
  const ended = spawnSync('bash', ['-e', '-o', 'pipefail', '-c', code], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: `${folder}:${process.env.PATH}`, GITHUB_ACTION_PATH: HOME, GITHUB_OUTPUT: output, ...env },
  });
  assert.is(ended.status, 0, ended.stderr);
  return { words: ended.stdout, output: readFileSync(output, 'utf8') };
}

test('it takes a suite, a folder, a model, a reference and strictness, and needs the suite alone', () => {
  assert.equal(Object.keys(action.inputs), ['suite', 'working-directory', 'model', 'reference', 'strict']);
  for (const [name, input] of Object.entries(action.inputs)) {
    assert.is(input.required === true, name === 'suite', name);
    assert.is(input.default === undefined, name === 'suite', name);
  }
});

test('no input becomes shell code: scripts read their environment', () => {
  for (const { run = '' } of steps) assert.not.match(run, /\$\{\{/);
});

test('Mesa is installed, and npm, driver, models and stored answers are cached', () => {
  assert.match(script('Mesa'), 'mesa-vulkan-drivers');
  const cached = steps.filter(({ uses = '' }) => uses.startsWith('actions/cache@')).map((step) => `${step.with?.path}`);
  for (const place of ['~/.npm', '~/.cache/persona-bench', '/.bench/store']) {
    assert.ok(
      cached.some((one) => one.includes(place)),
      place,
    );
  }
});

test('the command line has what was given, as one word each, and nothing else', () => {
  const run = (env: Readonly<Record<string, string>>): string =>
    bash(script('Run and gate'), { SUITE: 's.yaml', MODEL: '', REFERENCE: '', STRICT: 'false', ...env }).words;
  const main = `<${path.join(HOME, 'dist/cli/main.js')}>`;
  assert.is(run({}), `${main}<run><s.yaml><--progress><plain><--gate>`);
  assert.is(
    run({ MODEL: 'hf:a/b@c', REFERENCE: 'my ref.json', STRICT: 'true' }),
    `${main}<run><s.yaml><--progress><plain><--gate><--model><hf:a/b@c><--reference><my ref.json><--strict>`,
  );
  assert.is(run({ SUITE: '$(touch x) `y`.yaml' }), `${main}<run><$(touch x) \`y\`.yaml><--progress><plain><--gate>`);
});

test('two uses in one job, and the jobs of a matrix, keep their records under names of their own', () => {
  const slug = (SUITE: string, JOB: string): string =>
    /^slug=(.*)$/m.exec(bash(script('Name what'), { SUITE, JOB }).output)?.[1] ?? '';
  assert.is(slug('suites/ci.yaml', 'gate-0'), 'gate-0-suites-ci-yaml');
  assert.is(new Set([slug('a.yaml', 'gate-0'), slug('b.yaml', 'gate-0'), slug('a.yaml', 'gate-1')]).size, 3);
  assert.match(slug('a"b:c<d>\n|e?.yaml', 'x'), /^[\w-]+$/);
  assert.ok(slug('x'.repeat(500), 'gate-0').length <= 120);
});

test.run();
