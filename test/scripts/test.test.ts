// The test runner itself: what fails must be counted, whatever way it fails.

import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { NODE, ROOT, runNode } from '../support/node.ts';
import { suite } from '../support/suite.ts';

const test = suite('test runner');

/** Calls `work` in a copy of the repository that holds scripts/test.mjs and the given test files alone. */
async function inCopy<T>(files: Readonly<Record<string, string>>, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-runner-'));
  try {
    for (const name of ['scripts', 'test']) mkdirSync(join(folder, name));
    cpSync(join(ROOT, 'scripts', 'test.mjs'), join(folder, 'scripts', 'test.mjs'));
    cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
    for (const name of ['base', 'gpu', 'formats', 'node_modules', 'test/support']) {
      symlinkSync(join(ROOT, name), join(folder, name));
    }
    for (const [name, code] of Object.entries(files)) writeFileSync(join(folder, 'test', name), code);
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs scripts/test.mjs over files of its own. */
function runTests(files: Readonly<Record<string, string>>, filters: readonly string[] = []) {
  return inCopy(files, async (folder) => {
    const ended = await runNode([join(folder, 'scripts', 'test.mjs'), ...filters], { cwd: folder });
    return { code: ended.code, last: lastLine(ended.stdout), text: ended.stdout };
  });
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}

const HEAD = `import { suite } from './support/suite.ts';\nimport * as assert from 'uvu/assert';\nconst test = suite('s');\n`;
const GOOD = `${HEAD}test('a', () => {});\ntest('b', async () => {});\ntest.skip('c', 'no reason to');\ntest.run();\n`;

test('passes are counted, skips keep their reasons, and the device is named', async () => {
  const { code, last, text } = await runTests({ 'good.test.ts': GOOD, 'helper.ts': 'throw new Error()' });
  assert.is(code, 0, text);
  assert.is(last, '2 passed, 0 failed, 1 skipped');
  assert.match(text, /^device: /);
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
  'it does not end': [
    `// exit-grace: 1\ntest('a', () => { setInterval(() => {}, 1000); }); test.run();`,
    /did not end/,
  ],
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

const HANGS = `${HEAD}test('a', () => new Promise((resolve) => setTimeout(resolve, 1e6))); test.run();`;
const CUT = { 'a-good.test.ts': GOOD, 'b-hangs.test.ts': HANGS, 'c-hangs.test.ts': HANGS, 'd-good.test.ts': GOOD };

test('cut by a signal, it counts what has not ended as failed and still prints its totals', () =>
  inCopy(CUT, async (folder) => {
    for (const [signal, code] of [
      ['SIGTERM', 143],
      ['SIGINT', 130],
    ] as const) {
      const child = spawn(NODE, [join(folder, 'scripts', 'test.mjs')], { cwd: folder, stdio: ['ignore', 'pipe', 2] });
      let text = '';
      child.stdout?.setEncoding('utf8').on('data', (more: string) => {
        text += more;
        if (text.includes('ok   test/a-good.test.ts')) child.kill(signal);
      });
      const ended = await new Promise((resolve) => child.on('close', resolve));
      assert.is(ended, code, text);
      assert.match(text, new RegExp(`FAIL test/b-hangs.test.ts: it was running when ${signal} came`));
      assert.match(text, `FAIL not run when ${signal} came: `);
      assert.is(lastLine(text), '2 passed, 3 failed, 1 skipped', text);
    }
  }));

test('.ci/run counts a part that its limit has cut', () =>
  inCopy({ 'a-good.test.ts': GOOD, 'b-hangs.test.ts': HANGS }, async (folder) => {
    const script = [
      'readonly WHOLE=3600 LEAST=1; passed=0 failed=0 summary=()',
      ...['limited', 'count'].map((name) => `source <(sed -n '/^${name}() {/,/^}/p' ${join(ROOT, '.ci', 'run')})`),
      // The limit starts once the file that passes has.
      `(until grep -q '^ok   test/a-good' log 2>/dev/null; do sleep 0.1; done; pkill -TERM -P $$ timeout) &`,
      `limited 3000 ${NODE} scripts/test.mjs > log 2>&1; count part 124 log`,
      `printf '%s\\n' "\${summary[@]}"; echo "$passed and $failed"`,
    ].join('\n');
    const child = spawn('bash', ['-c', script], { cwd: folder, stdio: ['ignore', 'pipe', 2] });
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (more: string) => {
      text += more;
    });
    await new Promise((resolve) => child.on('close', resolve));
    assert.match(text, /^part: device: .*: 2 passed, 1 failed, 1 skipped \(cut by its limit\)\n2 and 1\n$/, text);
  }));

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
