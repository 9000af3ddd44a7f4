// The gate look by look on the real engine and persona-nano: `run --gate` ends early, and `gate` says the same of a run that has
// all looks.

import { spawnSync } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { gateRun } from '../../api/gate.ts';
import { readRun } from '../../api/read-run.ts';
import { BENCH } from '../support/bench.ts';
import { temporaryFolder } from '../support/folders.ts';
import { NODE, ROOT } from '../support/node.ts';
import { suite } from '../support/suite.ts';

const test = suite('looks end to end');
const base = temporaryFolder();
const file = path.join(base, 'looked.yaml');
const reference = path.join(base, 'reference.json');
const OTHER_PROMPT = ['--set', 'personas.file=personas.yaml'];

// A prompt that is a little worse: it takes a second look to see that it is not 8 points worse.
symlinkSync(path.join(ROOT, 'suites'), path.join(base, 'suites'));
const personas = readFileSync(path.join(ROOT, 'personas.yaml'), 'utf8');
writeFileSync(
  path.join(base, 'personas.yaml'),
  personas.replace('plain: You are an extravert.', 'plain: You are an agreeable person.'),
);

// 64 items hide a drop of 8 points with a chance of 0.92^64 < 0.005, so that equal ones pass at the first look.
writeFileSync(
  file,
  `version: 1
name: looked
extends: ${JSON.stringify(path.join(ROOT, 'suites/smoke.yaml'))}
evaluations:
  - { id: choice, kind: choice, scorer: per-token, orders: given, items-per-trait: 144, tuning-per-trait: 1 }
methods:
  - { id: none, method: none, control: true }
  - { id: prompting, method: prompting, options: { wordings: [plain] } }
latency: { items: 1, warmup: 0, repeats: 1, decode-tokens: 1 }
gate:
  rows: [prompting]
  alignment: { margin: 0.08, alpha: 0.05 }
  looks: [64, 104, 144]
`,
);

function bench(
  out: string,
  verb: string,
  ...words: readonly string[]
): { code: number | null; stdout: string; stderr: string } {
  const flags = verb === 'run' ? ['--out', path.join(base, out), '--progress', 'plain'] : [];
  const { status, stdout, stderr } = spawnSync(NODE, [...BENCH, verb, ...words, ...flags], {
    cwd: base,
    encoding: 'utf8',
  });
  return { code: status, stdout, stderr };
}

function latest(out: string): string {
  return path.join(base, out, 'runs', readFileSync(path.join(base, out, 'runs', 'latest'), 'utf8').trim());
}

const alignment = (folder: string) =>
  gateRun(folder, { reference }).verdicts.filter(({ rule }) => rule === 'alignment');

test('an unchanged run passes on the items of the first look', () => {
  assert.is(bench('whole', 'run', file).code, 0);
  assert.is(bench('', 'bless', latest('whole'), '--out', reference).code, 0);
  const { code, stdout, stderr } = bench('early', 'run', file, '--gate', '--reference', reference);
  assert.is(code, 0, stdout + stderr);
  assert.match(stderr, /^3 cells$/m);
  assert.match(stdout.replace(/\s+/g, ' '), /prompting was asked 64 of its 144 items \(look 1 of 3\)/);
  const [verdict] = alignment(latest('early'));
  assert.is(verdict?.outcome, 'pass');
  assert.match(verdict?.message ?? '', /^equal on all 64 items, look 1 of 3/);
  assert.equal(alignment(latest('whole')), alignment(latest('early')));
  const blessed = bench('', 'bless', latest('early'), '--out', path.join(base, 'early.json'));
  assert.is(blessed.code, 2);
  assert.match(blessed.stderr.replace(/\s+/g, ' '), /without --gate, which asks the rest/);
});

test('another prompt is asked more items, as far as it takes; the whole run has the same verdict', () => {
  const early = bench('changed', 'run', file, '--gate', '--reference', reference, ...OTHER_PROMPT);
  const [row] = readRun(latest('changed')).result.looks;
  assert.ok(row !== undefined && row.looks > 1, early.stdout);
  assert.match(early.stderr, /^the gate leaves 1 row open: look 2 adds 2 cells$/m);
  const verdicts = alignment(latest('changed'));
  const code = gateRun(latest('changed'), { reference }).exitCode;
  assert.is(early.code, code);
  // The same store: only the looks that the gate spared are computed.
  const whole = bench('changed', 'run', file, ...OTHER_PROMPT);
  assert.is(whole.code, 0);
  assert.match(whole.stderr, new RegExp(`^7 cells, ${1 + 2 * row.looks} answered from the store$`, 'm'));
  assert.equal(alignment(latest('changed')), verdicts);
});

test.run();
