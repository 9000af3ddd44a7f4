// `bench --help` and errors answer at once, and without loading the GPU module.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { temporaryFolder } from '../support/folders.ts';
import { ROOT, runNode } from '../support/node.ts';
import { suite } from '../support/suite.ts';

const test = suite('help');

const MAIN = join(ROOT, 'dist', 'cli', 'main.js');
const HOOK = join(ROOT, 'test', 'support', 'no-webgpu.mjs');
const CPU_TIME = join(ROOT, 'test', 'support', 'cpu-time.mjs');
const REPEATS = 5;
/** 150 ms in all on an idle machine that starts Node in 40: ten times that is no busy machine. */
const HELP_MS = { extra: 1100, node: 40 } as const;

const LOADED = join(ROOT, 'test', 'support', 'loaded.mjs');
const VERBS = ['run', 'try', 'plan', 'validate', 'list', 'doctor'];
const ERRORS = [['no-such-verb'], ['run', 'no-such-suite.yaml'], ['run', '--no-such-option']];
const MODEL = ['--model', 'persona-nano'];
/** What each verb refuses by itself, beside what the parser of the flags does. */
const REFUSED = [
  ...ERRORS,
  ['list', 'modles'],
  ['pull', 'smollm'],
  ['plan', 'no-such-suite.yaml'],
  ['validate', 'no-such-suite.yaml'],
  ['try', ...MODEL],
  ['try', 'hello', ...MODEL, '--chat', '--raw'],
  ['try', 'hello', ...MODEL, '--top-p', '2'],
  ['try', 'hello', ...MODEL, '--method', 'no-such-method'],
  ['try', 'hello', ...MODEL, '--persona', 'no-such-persona'],
  ['try', 'hello', '--model', 'no-such-model'],
  ['mask', 'make', ...MODEL, '--sparsity', '2', '--out', 'm.safetensors'],
  ['mask', 'make', ...MODEL, '--sparsity', '0.5', '--out', 'm.safetensors'],
  ['mask', 'make', ...MODEL, '--sparsity', '0.5', '--out', 'm.safetensors', '--score', 'no-such-score'],
  ['mask', 'inspect', 'no-such-mask.safetensors'],
  ['mask', 'diff', 'no-such-mask.safetensors', 'nor-this.safetensors'],
  ['mask', 'bake', 'no-such-mask.safetensors', '--model', 'no-such-model', '--out', 'x'],
  ['adapter', 'merge', 'no-such-folder', '--model', 'no-such-model', '--out', 'x'],
  ['init', 'package.json'],
];
/** Rooms of the package that an answer without work has no use for. */
const HEAVY = /\/dist\/(?:gpu|harness\/run|reports)\//;

/** CPU time of a call, the least of a few: wall clock would measure what else the machine does. */
async function cpuMs(args: readonly string[]): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < REPEATS; i++) {
    const { stderr } = await runNode(['--import', CPU_TIME, ...args]);
    times.push(Number(/^cpu ([\d.]+) ms$/m.exec(stderr)?.[1] ?? Number.NaN));
  }
  return Math.min(...times);
}

test.before(() => assert.ok(existsSync(MAIN), `${MAIN} is missing: run npm run build`));

test('help names every verb', async () => {
  const { code, stdout } = await runNode([MAIN, '--help']);
  assert.is(code, 0);
  for (const verb of VERBS) assert.match(stdout, new RegExp(`\\b${verb}\\b`));
});

test('every verb prints one document with --json', async () => {
  const help = async (...words: readonly string[]) => (await runNode([MAIN, ...words, '--help'])).stdout;
  const verbsOf = (text: string) =>
    [...text.slice(text.indexOf('Commands:')).matchAll(/^ {2}([a-z]+)/gm)]
      .map(([, verb = '']) => verb)
      .filter((verb) => verb !== 'help');
  const verbs = verbsOf(await help());
  assert.ok(verbs.includes('pull') && verbs.includes('init'), verbs.join());
  for (const verb of verbs) {
    const text = await help(verb);
    const parts = text.includes('Commands:') ? verbsOf(text) : [];
    const texts = parts.length === 0 ? [text] : await Promise.all(parts.map((part) => help(verb, part)));
    for (const one of texts) assert.match(one, /^ {2}--json /m, one);
  }
});

test(`help and errors take at most ${HELP_MS.extra} ms more than Node alone`, async () => {
  const node = await cpuMs(['--eval', '0']);
  const limit = HELP_MS.extra * Math.max(1, node / HELP_MS.node);
  for (const args of [['--help'], ...ERRORS]) {
    const extra = (await cpuMs([MAIN, ...args])) - node;
    const figures = `${extra.toFixed(0)} ms over Node's ${node.toFixed(0)} ms, at most ${limit.toFixed(0)}`;
    console.log(`bench ${args.join(' ')}: ${figures}`);
    assert.ok(extra <= limit, `bench ${args.join(' ')}: ${figures}`);
  }
});

/** The modules of the package that a call loads, by their paths in dist/, and how it ended. */
async function loadedBy(args: readonly string[], cwd = ROOT) {
  const file = join(temporaryFolder(), 'loaded.txt');
  const ended = await runNode(['--import', LOADED, ...args], { cwd, env: { LOADED: file } });
  return { ...ended, modules: readFileSync(file, 'utf8').split('\n').filter(Boolean) };
}

test('help and usage errors load no module under gpu/, harness/run or reports/', async () => {
  const { modules } = await loadedBy([MAIN, 'plan', 'suites/smoke.yaml', '--out', join(temporaryFolder(), 'out')]);
  assert.ok(modules.filter((url) => HEAVY.test(url)).length > 10, 'the hook sees what a verb loads');
  for (const verb of [[], ...VERBS.map((verb) => [verb])]) {
    const { code, modules } = await loadedBy([MAIN, ...verb, '--help']);
    assert.is(code, 0);
    assert.equal(
      modules.filter((url) => HEAVY.test(url)),
      [],
      verb.join(),
    );
  }
  for (const args of REFUSED) {
    const { code, stderr, modules } = await loadedBy([MAIN, ...args]);
    assert.is(code, 2, `bench ${args.join(' ')}: ${stderr}`);
    assert.ok(modules.length > 5);
    assert.equal(
      modules.filter((url) => HEAVY.test(url)),
      [],
      args.join(' '),
    );
  }
});

test('help and errors never load the GPU module', async () => {
  const hooked = (args: readonly string[]) => runNode(['--import', HOOK, ...args]);
  const caught = await hooked(['--input-type=module', '-e', "await import('webgpu')"]);
  assert.match(caught.stderr, 'the GPU module was loaded', 'the hook works');
  assert.is((await hooked([MAIN, '--help'])).code, 0);
  for (const args of ERRORS) {
    const { code, stdout, stderr } = await hooked([MAIN, ...args]);
    assert.is(code, 2, `bench ${args.join(' ')}: ${stderr}`);
    assert.not.match(stdout + stderr, 'the GPU module was loaded');
  }
});

test.run();
