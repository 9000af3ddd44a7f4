// What `bench init` writes: nothing over other files, and a suite that validates, runs, is blessed and passes its own gate.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { readItems } from '../../harness/datasets/own.ts';
import { BENCH } from '../support/bench.ts';
import { temporaryFolder } from '../support/folders.ts';
import { ROOT, runNode } from '../support/node.ts';
import { suite } from '../support/suite.ts';

const test = suite('bench init');
const FILES = [
  '.github/workflows/persona.yml',
  '.gitignore',
  'calibration/quiet.jsonl',
  'calibration/talkative.jsonl',
  'items.jsonl',
  'neutral.jsonl',
  'personas.yaml',
  'suite.yaml',
];

const bench = (cwd: string, ...args: readonly string[]) => runNode([...BENCH, ...args], { cwd });
const filesOf = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();

test('it writes into a new folder, and says what to do next', async () => {
  const base = temporaryFolder();
  const { code, stdout, stderr } = await bench(base, 'init', 'mine');
  assert.is(code, 0, stderr);
  assert.equal(filesOf(path.join(base, 'mine')), FILES);
  assert.match(stdout, /Next: {4}cd mine && npx bench run suite\.yaml\n$/);
  assert.equal(Object.keys(parse(readFileSync(path.join(base, 'mine/.github/workflows/persona.yml'), 'utf8'))), [
    'name',
    'on',
    'jobs',
  ]);
});

test('inside a repository the workflow goes to its root, and works from there', async () => {
  const base = temporaryFolder();
  mkdirSync(path.join(base, '.git'));
  const folder = path.join(base, 'tests/my personas');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(base, 'package.json'), '{}\n');
  writeFileSync(path.join(folder, '.gitignore'), 'notes');
  const { code, stdout, stderr } = await bench(base, 'init', 'tests/my personas');
  assert.is(code, 0, stderr);
  assert.match(stdout, /persona-bench is not installed in /);
  assert.not.match(stdout, /not a git repository/);
  assert.not.ok(existsSync(path.join(folder, '.github')));
  const { jobs } = parse(readFileSync(path.join(base, '.github/workflows/persona-my-personas.yml'), 'utf8'));
  const steps = (jobs.gate.steps as { run?: string; 'working-directory'?: string }[]).filter(
    ({ run }) => run !== undefined && !/mesa-vulkan-drivers/.test(run),
  );
  assert.is(jobs.gate.steps.length, steps.length + 3, 'checkout, Node, and Mesa too');
  assert.equal(steps, [
    { run: 'npm ci' },
    { run: 'npx bench run suite.yaml --gate', 'working-directory': 'tests/my personas' },
  ]);
  assert.match(readFileSync(path.join(folder, '.gitignore'), 'utf8'), /^notes\n#.*\n\.bench\/\n$/);
  const [line = ''] = readFileSync(path.join(folder, 'suite.yaml'), 'utf8').split('\n');
  const schema = '../../node_modules/persona-bench/harness/config/suite.schema.json';
  assert.is(line, `# yaml-language-server: $schema=${schema}`);
});

test('outside a repository it says so, and a file in the way at the root of one is kept', async () => {
  const base = temporaryFolder();
  assert.match((await bench(base, 'init', 'mine')).stdout, /This is not a git repository/);
  const root = temporaryFolder();
  mkdirSync(path.join(root, '.git'));
  mkdirSync(path.join(root, '.github/workflows'), { recursive: true });
  writeFileSync(path.join(root, '.github/workflows/persona-sub.yml'), 'mine\n');
  const { code, stderr } = await bench(root, 'init', 'sub');
  assert.is(code, 2);
  assert.match(stderr, /\.github\/workflows\/persona-sub\.yml is there already/);
  assert.not.ok(existsSync(path.join(root, 'sub')));
});

test('with --json it prints one document', async () => {
  const base = temporaryFolder();
  const { code, stdout } = await bench(base, 'init', "a b's", '--json');
  assert.is(code, 0);
  const { written, next } = JSON.parse(stdout);
  assert.equal([...written].sort(), FILES.map((file) => path.join("a b's", file)).sort());
  assert.is(next, "cd 'a b'\\''s' && npx bench run suite.yaml");
});

test('it writes nothing where a file is in the way', async () => {
  const base = temporaryFolder();
  writeFileSync(path.join(base, 'items.jsonl'), 'mine\n');
  const { code, stderr } = await bench(base, 'init');
  assert.is(code, 2);
  assert.match(stderr, /items\.jsonl is there already\n {2}name an empty folder/);
  assert.equal(filesOf(base), ['items.jsonl']);
  assert.is(readFileSync(path.join(base, 'items.jsonl'), 'utf8'), 'mine\n');
  const onto = await bench(base, 'init', 'items.jsonl');
  assert.is(onto.code, 2);
  assert.match(onto.stderr, /this is a file/);
});

test('the items of its parts differ, and both poles are keyed alike', async () => {
  const items = await readItems(path.join(ROOT, 'suites/init/items.jsonl'));
  const questions = new Set(items.map(({ question }) => question));
  assert.is(questions.size, items.length);
  const count = (split: string, keying: string) =>
    items.filter((item) => item.split === split && item.keying === keying).length;
  for (const [split, n] of [
    ['calibration', 3],
    ['tuning', 3],
    ['evaluation', 6],
  ] as const) {
    assert.equal([count(split, '+'), count(split, '-')], [n, n], split);
  }
});

test('what it writes runs, is blessed, and passes its own gate', async () => {
  const base = temporaryFolder();
  mkdirSync(path.join(base, 'sub'));
  const folder = path.join(base, 'sub');
  const steps = [
    ['init'],
    ['validate', 'suite.yaml'],
    ['run', 'suite.yaml', '--quiet', '--set', 'latency.repeats=1'],
    ['bless', 'latest'],
    ['run', 'suite.yaml', '--quiet', '--gate', '--set', 'latency.repeats=1'],
  ];
  let last = '';
  for (const step of steps) {
    const { code, stdout, stderr } = await bench(folder, ...step);
    assert.is(code, 0, `${step.join(' ')}: ${stderr}${stdout}`);
    last = stdout;
  }
  assert.match(last, /Gate: pass\./);
  assert.match(last, /bit-identical/);
  assert.ok(existsSync(path.join(folder, 'reports/references/mine.json')));
});

test.run();
