// A broken network on the real engine and persona-nano: random weights removed, small ones removed, a steering vector that is
// too long. All three are red in the gate and marked in the table; the dense network, prompts and an adapter are not.

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { gateRun } from '../../api/gate.ts';
import { readRun } from '../../api/read-run.ts';
import type { RunResult } from '../../harness/record/run-record.ts';
import { terminalReport } from '../../reports/terminal.ts';
import { BENCH } from '../support/bench.ts';
import { temporaryFolder } from '../support/folders.ts';
import { NODE, ROOT } from '../support/node.ts';
import { suite } from '../support/suite.ts';

const test = suite('tax end to end');
const base = temporaryFolder();
const file = path.join(base, 'broken.yaml');
const reference = path.join(base, 'reference.json');
const BROKEN = ['noise at low', 'small at high', 'steering'];

const written = (rows: readonly string[]) => `version: 1
name: broken
extends: ${JSON.stringify(path.join(ROOT, 'suites/big-five.yaml'))}
personas: { select: [extraversion, introversion] }
evaluations:
  - { id: choice, kind: choice, scorer: per-token, show: true, orders: both, items-per-trait: 4, tuning-per-trait: 6 }
  - { id: given, kind: choice, scorer: per-token, show: true, orders: given, items-per-trait: 2, tuning-per-trait: 6 }
sparsity: [{ low: 0.3 }, { high: 0.7 }]
methods:
  - { id: none, method: none, control: true }
  - { id: prompting, method: prompting, options: { wordings: [described], place: system } }
  - { id: few-shot, method: few-shot, options: { k: 2 } }
  - { id: rag, method: rag, options: { retriever: bm25, k: 2 } }
  - { id: steering, method: steering, options: { tuning-items: 8 } }
  - { id: noise, controls: false, subnetwork: { score: random, sparsity: [low] } }
  - { id: small, controls: false, subnetwork: { score: magnitude, sparsity: [low, high] } }
controls: { random: 0, magnitude: false, generic-text: false, opposite: false, shuffled: false }
latency: { items: 1, warmup: 0, repeats: 1, decode-tokens: 1 }
gate:
  rows: [${rows.join(', ')}]
  alignment: { margin: 0.5, alpha: 0.05 }
  tax: { divergence: 0.7 }
  inconclusive: warn
`;

function bench(...words: readonly string[]): { code: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync(NODE, [...BENCH, ...words], { cwd: base, encoding: 'utf8' });
  return { code: status, text: stdout + stderr };
}

const latest = () => path.join(base, '.bench/runs', readFileSync(path.join(base, '.bench/runs/latest'), 'utf8').trim());
let result: RunResult;

test('the run: what was measured of each network, once whatever evaluations ask it', () => {
  writeFileSync(file, written(['noise', 'small', 'steering', 'prompting', 'none']));
  const { code, text } = bench('run', file, '--progress', 'plain');
  assert.is(code, 0, text);
  result = readRun(latest()).result;
  const of = (method: string, sparsity: string | null = null) =>
    result.taxes.filter((row) => row.method === method && row.sparsity === sparsity);
  const [dense, again] = of('none');
  const { evaluation: _, ...figures } = dense!;
  const { evaluation: __, ...same } = again!;
  assert.equal(figures, same, 'one network, one measurement');
  assert.ok(dense!.tokens >= 2000, `${dense!.tokens} tokens`);
  const nothing = { value: 0, low: 0, high: 0 };
  assert.equal([dense!.divergence.prompts, dense!.divergence.answers], [nothing, nothing]);
  assert.equal([dense!.excess, dense!.measurable], [nothing, false]);
  assert.match(dense!.why!, /the dense network itself needs \d\.\d\d nats per token on this text/);
  // The poles of a trait share the texts.
  assert.equal([of('steering')[0]!.networks, of('steering')[0]!.tokens], [2, dense!.tokens]);
  assert.equal([of('prompting'), of('few-shot'), of('rag')], [[], [], []], 'a prompt leaves the network as it is');
  for (const [name, sparsity] of [
    ['noise', 'low'],
    ['small', 'high'],
    ['steering', null],
  ] as const) {
    const { prompts } = of(name, sparsity)[0]!.divergence;
    assert.ok(prompts!.low! > Math.LN2, `${name}: ${JSON.stringify(prompts)}`);
  }
  assert.ok(of('small', 'low')[0]!.divergence.prompts!.high! < 0.2, 'a mask that breaks nothing');
});

test('what is broken is marked, with a reason; what is not is not', () => {
  const marked = result.broken.filter(({ persona }) => persona === null);
  assert.equal(
    marked.map(({ method, sparsity }) => (sparsity === null ? method : `${method} at ${sparsity}`)).sort(),
    [...BROKEN].sort(),
  );
  const steering = marked.find(({ method }) => method === 'steering')!;
  assert.match(steering.why[0]!, /^[3-6] of its 6 answers to neutral questions are no language: /);
  const said = result.spoken.filter(({ method }) => method === 'steering');
  assert.is(said.length, 6, 'three questions to each persona');
  assert.ok(said.some(({ repetition }) => repetition > 0.9));
  for (const { method, persona, broken, text } of result.spoken) {
    if (!['none', 'prompting', 'few-shot', 'rag'].includes(method)) continue;
    assert.equal(broken, [], `${method} as ${persona}: ${text}`);
  }
  const page = terminalReport(result, { color: false, written: [], next: null });
  for (const name of BROKEN) assert.match(page, new RegExp(`${name}.*broken`), name);
  assert.not.match(page, /(prompting|few-shot|rag) .*broken/);
});

test('the gate is red for each of them, by both rules, and for nothing else; even right after a bless', () => {
  assert.is(bench('bless', latest(), '--out', reference).code, 0);
  const report = gateRun(latest(), { reference });
  assert.equal([report.outcome, report.exitCode], ['fail', 1]);
  const red = (rule: string) =>
    [...new Set(report.verdicts.filter((one) => one.rule === rule && one.outcome === 'fail').map(({ row }) => row))]
      .map((row) => row.replace(/, .*/, ''))
      .sort();
  const unique = (rows: readonly string[]) => [...new Set(rows)];
  assert.equal(unique(red('tax')), [...BROKEN].sort());
  assert.equal(unique(red('fluency')), [...BROKEN].sort());
  const others = report.verdicts.filter(
    ({ rule, outcome }) => rule !== 'tax' && rule !== 'fluency' && outcome === 'fail',
  );
  assert.equal(others, []);
  const taxed = report.verdicts.filter(({ rule }) => rule === 'tax');
  const passed = unique(taxed.filter(({ outcome }) => outcome === 'pass').map(({ row }) => row.replace(/, .*/, '')));
  assert.equal([...passed].sort(), ['none', 'small at low']);
});

test('a gate on what is whole passes', () => {
  writeFileSync(file, written(['prompting', 'few-shot', 'rag', 'none']));
  assert.is(bench('run', file, '--progress', 'plain').code, 0);
  const whole = path.join(base, 'whole.json');
  assert.is(bench('bless', latest(), '--out', whole).code, 0);
  const report = gateRun(latest(), { reference: whole });
  assert.is(report.exitCode, 0, JSON.stringify(report.verdicts.filter(({ outcome }) => outcome !== 'pass')));
});

test.run();
