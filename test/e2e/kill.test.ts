// Twenty SIGKILLs at seeded times, three of them in the middle of a write: the next run completes, and its items.jsonl
// equals that of a run that nobody disturbed. The model is a fake; planner, runner, store and run folder are the real ones.

import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import * as assert from 'uvu/assert';
import { writeRunFolder } from '../../harness/store/run-folder.ts';
import { temporaryFolder } from '../support/folders.ts';
import { NODE, ROOT } from '../support/node.ts';
import { runFake } from '../support/session.ts';
import { suite } from '../support/suite.ts';

const test = suite('kill');

const SEED = 20260801;
/** 60 items at 10 ms: a run takes at least 600 ms, so that a kill before 550 ms always finds it running. */
const ITEM_MS = 10;
const LATEST_KILL_MS = 550;
/** Of 12 outcome lines, a last record and a cell.json per cell, after devices.json: a line, a cell.json, the third cell. */
const TORN_WRITES = [7, 15, 34];

const runner = fileURLToPath(new URL('../support/kill-runner.ts', import.meta.url));
const tornWrite = new URL('../support/torn-write.mjs', import.meta.url).href;

interface Ended {
  readonly signal: NodeJS.Signals | null;
  readonly code: number | null;
  readonly done: number; // cells that were said to be stored
}

/** Starts the runner in `base`; `act` is called when the session starts. `torn`: the write that kills it half-way. */
function start(base: string, act: (child: ChildProcess) => void, torn?: number): Promise<Ended> {
  const hooks = torn === undefined ? [] : ['--import', tornWrite];
  const child = spawn(NODE, [...hooks, '--import', 'tsx', runner, base, String(ITEM_MS)], {
    cwd: ROOT,
    env: { ...process.env, ...(torn !== undefined && { BENCH_TEST_KILL_AT: String(torn) }) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    const started = output.includes('start');
    output += chunk.toString('utf8');
    if (!started && output.includes('start')) act(child);
  });
  return new Promise((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, done: output.split('done\n').length - 1 }));
  });
}

/** Completes the run in `base`, in this process; gives the bytes of items.jsonl and the number of cells found stored. */
async function complete(base: string): Promise<{ readonly items: string; readonly stored: number }> {
  const run = await runFake(base);
  assert.is(run.result.exitCode, 0);
  const folder = writeRunFolder(base, run.result, run.rows(), {});
  assert.equal(readdirSync(path.join(base, 'store', 'tmp')), [], 'what the killed run left is swept');
  return {
    items: readFileSync(path.join(folder, 'items.jsonl'), 'utf8'),
    stored: run.result.cells.filter(({ status }) => status === 'stored').length,
  };
}

const undisturbed = (await complete(temporaryFolder())).items;

const random = xoroshiro128plus(SEED);
const times = Array.from({ length: 20 - TORN_WRITES.length }, () => uniformInt(random, 0, LATEST_KILL_MS));
for (const time of times) {
  test(`killed ${time} ms after the start`, async () => {
    const base = temporaryFolder();
    const ended = await start(base, (child) => setTimeout(() => child.kill('SIGKILL'), time));
    assert.is(ended.signal, 'SIGKILL');
    const { items, stored } = await complete(base);
    assert.ok(stored >= ended.done, `${ended.done} cells were stored, ${stored} found`);
    assert.is(items, undisturbed);
  });
}

for (const write of TORN_WRITES) {
  test(`killed in the middle of write ${write}`, async () => {
    const base = temporaryFolder();
    const ended = await start(base, () => {}, write);
    assert.is(ended.signal, 'SIGKILL');
    assert.is(ended.done, Math.floor((write - 2) / 14), 'the write is in the cell that it was meant for');
    const { items, stored } = await complete(base);
    assert.is(stored, ended.done);
    assert.is(items, undisturbed);
  });
}

test('one run killed again and again gets there all the same', async () => {
  const base = temporaryFolder();
  let before = 0;
  for (let attempt = 0; attempt < 3; attempt++) {
    const ended = await start(base, (child) => setTimeout(() => child.kill('SIGKILL'), 200));
    assert.is(ended.signal, 'SIGKILL');
    before += ended.done;
  }
  const { items, stored } = await complete(base);
  assert.ok(stored >= before);
  assert.is(items, undisturbed);
});

test('an interrupt ends the run with 130 and keeps what is complete', async () => {
  const base = temporaryFolder();
  const ended = await start(base, (child) => setTimeout(() => child.kill('SIGINT'), 200));
  assert.equal([ended.code, ended.signal], [130, null]);
  const { items, stored } = await complete(base);
  assert.is(stored, ended.done);
  assert.ok(stored < 5);
  assert.is(items, undisturbed);
});

test('a second interrupt ends the process at once', async () => {
  const ended = await start(temporaryFolder(), (child) => {
    child.kill('SIGINT');
    setTimeout(() => child.kill('SIGINT'), 5);
  });
  assert.is(ended.code, 130);
});

test('two processes at once in one store agree', async () => {
  const base = temporaryFolder();
  const both = await Promise.all([start(base, () => {}), start(base, () => {})]);
  assert.equal(
    both.map(({ code }) => code),
    [0, 0],
  );
  for (const name of readdirSync(path.join(base, 'runs')).filter((entry) => entry !== 'latest')) {
    assert.is(readFileSync(path.join(base, 'runs', name, 'items.jsonl'), 'utf8'), undisturbed);
  }
  const { items, stored } = await complete(base);
  assert.is(stored, 5);
  assert.is(items, undisturbed);
});

test.run();
