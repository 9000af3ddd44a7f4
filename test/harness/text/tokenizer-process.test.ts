// The library's process: it ends with bench however bench ends, it survives an interrupt that bench handles, and where no
// text is read there is none.

import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { NODE, ROOT } from '../../support/node.ts';
import { test } from '../../support/suite.ts';
import { TINY_VOCAB, tinyModel } from './tiny.ts';

const LIMIT_MS = 120_000; // a machine that is busy with other tests
const LIBRARY = new URL('../../../harness/text/tokenizer.ts', import.meta.url).href;

/** Ids of the living processes of the library that `parent` started. */
function childrenOf(parent: number): number[] {
  return readdirSync('/proc').flatMap((name) => {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ');
      const [state, up] = stat[1]!.split(' ');
      const own = readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('tokenizer-child');
      return Number(up) === parent && own && state !== 'Z' ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

const alive = (pid: number): boolean => {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
};

async function until(what: () => boolean, message: string): Promise<void> {
  for (const start = performance.now(); !what(); ) {
    assert.ok(performance.now() - start < LIMIT_MS, message);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Starts a script that loads a tokenizer, says so, and goes on with `rest`. Resolves to it and the library's process. */
async function begin(rest: string) {
  const code = `const { loadTokenizer } = await import(${JSON.stringify(LIBRARY)});
const tokenizer = await loadTokenizer(${JSON.stringify(tinyModel())}, {}, ${TINY_VOCAB});
console.log('ids ' + tokenizer.encode('hi').join(' '));
${rest}`;
  const script = spawn(NODE, ['--import', 'tsx', '--input-type=module', '--eval', code], {
    cwd: ROOT,
    detached: true, // a group of its own, as a terminal gives
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  script.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  const ended = new Promise<{ code: number | null; output: string }>((resolve) => {
    script.on('close', (status) => resolve({ code: status, output }));
  });
  await until(() => output.includes('ids 106 107') || script.exitCode !== null, 'the script loads a tokenizer');
  const pids = childrenOf(script.pid!);
  assert.is(pids.length, 1, output);
  return { pid: script.pid!, child: pids[0]!, ended, said: () => output };
}

if (!existsSync('/proc/self/stat')) console.log('there is no /proc: not run: how the process of the library ends');
else {
  for (const [name, rest, signal] of [
    ['the end of the script', 'await new Promise((resolve) => setTimeout(resolve, 1000));', null],
    ['process.exit', 'setTimeout(() => process.exit(0), 1000);', null],
    ['an error that nothing catches', "setTimeout(() => { throw new Error('at the end'); }, 1000);", null],
    ['SIGTERM', 'setInterval(() => {}, 1000);', 'SIGTERM'],
    ['SIGKILL', 'setInterval(() => {}, 1000);', 'SIGKILL'],
  ] as const) {
    test(`the process ends with ${name}`, async () => {
      const { pid, child, ended } = await begin(rest);
      if (signal !== null) process.kill(pid, signal);
      await ended;
      await until(() => !alive(child), 'the process of the library ends');
    });
  }

  test('an interrupt of the whole group that bench handles leaves it alive', async () => {
    const { pid, child, ended, said } = await begin(`
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => console.log(signal));
process.on('SIGHUP', () => { console.log('then ' + tokenizer.encode('hi').join(' ')); process.exit(0); });
setInterval(() => {}, 1000);
console.log('ready');`);
    await until(() => said().includes('ready'), 'the script waits');
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.kill(-pid, signal);
      await until(() => said().includes(signal), `the script hears ${signal}`);
    }
    assert.ok(alive(child));
    process.kill(-pid, 'SIGHUP');
    assert.match((await ended).output, /then 106 107/);
    await until(() => !alive(child), 'the process of the library ends');
  });

  test('a process that something else ends is started again', async () => {
    const { child, ended } = await begin(`
const { readFileSync } = await import('node:fs');
process.on('SIGHUP', () => {});
await new Promise((resolve) => setTimeout(resolve, 2000));
console.log('then ' + tokenizer.encode('hi').join(' '));`);
    process.kill(child, 'SIGKILL');
    assert.match((await ended).output, /then 106 107/);
  });
}

test.run();
