// The command line itself on the engine and a small random model: run, run again, killed, interrupted, mistaken.

import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import * as assert from 'uvu/assert';
import { TINY_VOCAB, tinyModel } from '../harness/text/tiny.ts';
import { BENCH, FEW_SAMPLES } from '../support/bench.ts';
import { temporaryFolder } from '../support/folders.ts';
import { HEADLINE } from '../support/headlines.ts';
import { NODE, ROOT } from '../support/node.ts';
import { writeRandomModel } from '../support/random-model.ts';
import { suite } from '../support/suite.ts';

const test = suite('command line end to end');
const SEED = 20260802;
/** kill.test.ts kills at every write and at many moments; here it is the real engine that is killed. */
const KILLS = 2;
/** Timing is tested elsewhere; here it would only make every run longer. */
const SHORT = ['items=1', 'warmup=0', 'repeats=1', 'decode-tokens=2'].flatMap((to) => ['--set', `latency.${to}`]);

const model = tinyModel();
await writeRandomModel(model, { family: 'llama', seed: 9, vocab: TINY_VOCAB, positions: 1024 });

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

const tornWrite = new URL('../support/torn-write.mjs', import.meta.url).href;

/**
 * `bench VERB suites/smoke.yaml` on the random model; `signalled`: sent `afterMs` after the first cell was stored; `torn`:
 * the write that kills it half-way.
 */
function bench(
  args: readonly string[],
  out: string,
  signalled?: { readonly signal: NodeJS.Signals; readonly afterMs: number },
  torn?: number,
): Promise<Ended> {
  const [verb = '', ...flags] = args;
  const fixed = ['suites/smoke.yaml', '--model', model, '--limit', '4', '--out', out, ...SHORT];
  const hooks = torn === undefined ? [] : ['--import', tornWrite];
  const child = spawn(NODE, [...hooks, ...BENCH, verb, ...fixed, ...FEW_SAMPLES, ...flags], {
    cwd: ROOT,
    env: { ...process.env, ...(torn !== undefined && { BENCH_TEST_KILL_AT: String(torn) }) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    const before = stderr.includes('[1/');
    stderr += text;
    if (signalled && !before && stderr.includes('[1/')) {
      setTimeout(() => child.kill(signalled.signal), signalled.afterMs);
    }
  });
  return new Promise((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

function itemsIn(out: string): string {
  const latest = readFileSync(path.join(out, 'runs', 'latest'), 'utf8').trim();
  return readFileSync(path.join(out, 'runs', latest, 'items.jsonl'), 'utf8');
}

const base = temporaryFolder();
let undisturbed = '';

test('a run prints its report and exits with 0', async () => {
  const { code, stdout, stderr } = await bench(['run', '--progress', 'plain'], base);
  assert.is(code, 0, stderr);
  assert.match(stdout, HEADLINE);
  undisturbed = itemsIn(base);
  assert.is(undisturbed.trimEnd().split('\n').length, 8 * 4);
});

test('a second run answers from the store: it loads no model and writes the same items', async () => {
  const { code, stderr } = await bench(['run', '--progress', 'plain'], base);
  assert.is(code, 0, stderr);
  // Nothing is loaded, and Dawn says nothing either.
  assert.match(stderr, /^Warning: model \S+ does not know [^\n]*\n10 cells, 10 answered from the store\n$/);
  assert.is(itemsIn(base), undisturbed);
});

test('plan shows what is stored, and --why what --set changes', async () => {
  const stored = await bench(['plan'], base);
  assert.match(stored.stdout.replace(/\s+/g, ' '), /10 cells on .*, 10 stored, 0 to run/);
  const changed = await bench(['plan', '--why', '--set', 'evaluations.0.scorer=sum'], base);
  assert.match(changed.stdout, /evaluation\.scorer: "per-token" -> "sum"/);
  const shown = await bench(['plan', '--show-prompt', '2'], base);
  assert.match(shown.stdout, /--- token ids\n\d+( \d+)+\n/);
});

const random = xoroshiro128plus(SEED);
for (let k = 0; k < KILLS; k++) {
  const afterMs = uniformInt(random, 0, 200);
  test(`killed ${afterMs} ms after its first cell, the next run completes`, async () => {
    const out = temporaryFolder();
    const killed = await bench(['run', '--progress', 'plain'], out, { signal: 'SIGKILL', afterMs });
    assert.is(killed.signal, 'SIGKILL', killed.stderr);
    const next = await bench(['run', '--progress', 'plain'], out);
    assert.is(next.code, 0, next.stderr);
    assert.match(next.stderr, /([1-9]|10) answered from the store/);
    assert.is(itemsIn(out), undisturbed);
  });
}

test('killed in the middle of a write, the next run completes', async () => {
  const out = temporaryFolder();
  const killed = await bench(['run', '--progress', 'plain'], out, undefined, 5);
  assert.is(killed.signal, 'SIGKILL', killed.stderr);
  const next = await bench(['run', '--progress', 'plain'], out);
  assert.is(next.code, 0, next.stderr);
  assert.is(itemsIn(out), undisturbed);
});

test('interrupted, it exits with 130 and says that run the same command to continue', async () => {
  const out = temporaryFolder();
  const ended = await bench(['run', '--progress', 'plain'], out, { signal: 'SIGINT', afterMs: 0 });
  assert.is(ended.code, 130, ended.stderr);
  assert.match(ended.stderr, /interrupted after ([1-9]|10) of 10 cells; the same command continues/);
});

test('an unwritable output folder is exit code 2 with a next step', async () => {
  const file = path.join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  const { code, stderr } = await bench(['run'], path.join(file, 'out'));
  assert.is(code, 2);
  assert.match(stderr, /cannot write to the output folder/);
  assert.match(stderr, /--out/);
});

test('a filter that keeps nothing is exit code 2', async () => {
  const { code, stderr } = await bench(['run', '--filter', 'method=lora'], base);
  assert.is(code, 2);
  assert.match(stderr, /--filter method=lora matches no cell/);
});

test('--json is one document on stdout', async () => {
  const { code, stdout } = await bench(['run', '--json'], base);
  assert.is(code, 0);
  assert.is(JSON.parse(stdout).cells.length, 10);
});

test.run();
