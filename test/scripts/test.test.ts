// The test runner itself: what fails must be counted, whatever way it fails.

import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { ROOT, runNode } from '../support/node.ts';
import { suite } from '../support/suite.ts';

const test = suite('test runner');

/** Runs scripts/test.mjs over files of its own, in a copy of the repository that holds nothing else. */
async function runTests(files: Readonly<Record<string, string>>, filters: readonly string[] = []) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-runner-'));
  try {
    for (const name of ['scripts', 'test']) mkdirSync(join(folder, name));
    cpSync(join(ROOT, 'scripts', 'test.mjs'), join(folder, 'scripts', 'test.mjs'));
    cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
    for (const name of ['gpu', 'node_modules', 'test/support']) symlinkSync(join(ROOT, name), join(folder, name));
    for (const [name, code] of Object.entries(files)) writeFileSync(join(folder, 'test', name), code);
    const ended = await runNode([join(folder, 'scripts', 'test.mjs'), ...filters], { cwd: folder });
    const lines = ended.stdout.trimEnd().split('\n');
    return { code: ended.code, last: lines.at(-1) ?? '', text: ended.stdout };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const HEAD = `import { suite } from './support/suite.ts';\nimport * as assert from 'uvu/assert';\nconst test = suite('s');\n`;
const GOOD = `${HEAD}test('a', () => {});\ntest('b', async () => {});\ntest.skip('c', 'no reason to');\ntest.run();\n`;

test('passes are counted, skips keep their reasons, and the adapter is named', async () => {
  const { code, last, text } = await runTests({ 'good.test.ts': GOOD, 'helper.ts': 'throw new Error()' });
  assert.is(code, 0, text);
  assert.is(last, '2 passed, 0 failed, 1 skipped');
  assert.match(text, /^adapter: /);
  assert.match(text, 'skipped: s: c (no reason to)');
});

const BAD: Readonly<Record<string, readonly [code: string, reason: RegExp]>> = {
  'a test fails': [`test('a', () => {}); test('b', () => assert.is(1, 2)); test.run();`, /1 of 2 failed[\s\S]*"b"/],
  'a hook throws': [
    `test.before(() => { throw new Error('in a hook') }); test('a', () => {}); test.run();`,
    /in a hook/,
  ],
  'a test hangs': [`test('a', () => new Promise(() => {}), { timeoutMs: 300 }); test.run();`, /longer than 0.3 s/],
  'run() is missing': [`test('a', () => {});`, /ran no test/],
  'it exits early': [`test('a', () => process.exit(0)); test.run();`, /before its tests/],
  'it does not load': [`throw new Error('broken file');`, /before its tests[\s\S]*broken file/],
  'it takes too long': [`// test-timeout: 3\ntest('a', () => { for (;;); }); test.run();`, /longer than 3 s/],
  'it does not end': [`test('a', () => { setInterval(() => {}, 1000); }); test.run();`, /did not end/],
};

test('whatever way a file fails, it is counted once and its reason is shown', async () => {
  const files = Object.entries(BAD).map(
    ([name, [code]]) => [`${name.replaceAll(/\W/g, '-')}.test.ts`, HEAD + code] as const,
  );
  const { code, last, text } = await runTests({ ...Object.fromEntries(files), 'good.test.ts': GOOD });
  assert.is(code, 1, text);
  // The good file's two, the first test of `a test fails`, and the one whose process does not end.
  assert.is(last, `4 passed, ${files.length} failed, 1 skipped`, text);
  const blocks = text.split(/^(?=FAIL |ok )/m);
  for (const [name, [, reason]] of Object.entries(BAD)) {
    const block = blocks.find((part) => part.startsWith(`FAIL test/${name.replaceAll(/\W/g, '-')}.test.ts`)) ?? '';
    assert.match(block, reason, text);
  }
});

test('no test at all fails the run', async () => {
  for (const filters of [[], ['nothing']]) {
    const files: Record<string, string> = filters.length > 0 ? { 'good.test.ts': GOOD } : {};
    const { code, last, text } = await runTests(files, filters);
    assert.is(code, 1);
    assert.match(text, 'no test ran');
    assert.is(last, '0 passed, 1 failed');
  }
});

test.run();
