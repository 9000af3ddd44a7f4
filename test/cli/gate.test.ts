// `bench bless`, `gate` and `compare` on runs of a fake engine: what is kept, what passes, what turns red, what is refused.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { blessVerb, compareVerb, gateVerb } from '../../cli/gate.ts';
import type { GateRules } from '../../harness/config/resolved.ts';
import type { MetricRow } from '../../harness/record/run-record.ts';
import { writeRunFolder } from '../../harness/store/run-folder.ts';
import { gateAnnotations, gateMarkdown } from '../../reports/gate.ts';
import { gateJunit } from '../../reports/junit.ts';
import { EVALUATION } from '../support/fake.ts';
import { temporaryFolder } from '../support/folders.ts';
import { editedRun, otherAnswer } from '../support/run-files.ts';
import { runFake } from '../support/session.ts';
import { suite } from '../support/suite.ts';

const test = suite('bench gate');
const GATE: GateRules = {
  rows: ['prompting'],
  alignment: { margin: 0.05, alpha: 0.05 },
  floors: {},
  order: ['prompting >= prompting'],
  tax: {},
  timings: { against: 'none' },
  counters: { model: true, commands: false },
  inconclusive: 'fail',
};

/** The folder of a run of the fake engine. */
async function ran(gate: GateRules | null = GATE): Promise<string> {
  const base = temporaryFolder();
  const { result, rows } = await runFake(base, { suite: { gate } });
  return writeRunFolder(base, result, rows(), {});
}
async function told<T>(verb: (write: (text: string) => void) => Promise<T>): Promise<readonly [T, string]> {
  let text = '';
  const code = await verb((more) => {
    text += more;
  });
  return [code, text];
}
const fails = (promise: Promise<unknown>, code: string): Promise<void> =>
  promise.then(
    () => assert.unreachable(code),
    (error: { code: string; hint?: string }) => {
      assert.is(error.code, code);
      assert.ok(error.hint, `${code} has no next step`);
    },
  );

test('a blessed run passes its own gate, equal to the bit, by folder or by run.json', async () => {
  const folder = await ran();
  const out = path.join(temporaryFolder(), 'deep', 'ref.json');
  const [code, text] = await told((write) => blessVerb(folder, { out }, write));
  assert.is(code, 0);
  assert.match(
    text,
    /Blessed .*: prompting\n(?:Warning: prompting [\s\S]*?noise\n)?Written: .*ref\.json\nNext: {4}bench gate latest --reference .*ref\.json\n$/,
  );
  for (const run of [folder, path.join(folder, 'run.json')]) {
    const [exit, said] = await told((write) => gateVerb(run, { reference: out }, write));
    assert.is(exit, 0);
    assert.match(said, /PASS {9}identity prompting: \d+ answers of unchanged cells are bit-identical/);
    assert.match(said, /^Gate: pass\.\n/);
  }
  const [, json] = await told((write) => gateVerb(folder, { reference: out, json: true }, write));
  assert.equal([JSON.parse(json).outcome, JSON.parse(json).exitCode], ['pass', 0]);
});

test('a gated row that is not held, or no longer speaks, is blessed with a warning that says what it fails', async () => {
  const folder = await ran();
  const blessed = async (change: object) => {
    const edited = editedRun(
      folder,
      (row) => row,
      (result) => ({
        ...result,
        verdicts: (result.metrics as readonly MetricRow[])
          .filter(({ method, scope, wording }) => method === 'prompting' && scope === 'pooled' && wording === null)
          .map(({ model, evaluation, method, sparsity, scope, trait, persona }) => ({
            ...{ model, evaluation, method, sparsity, scope, trait, persona },
            ...{ fails: [], missing: [], broken: [], decides: null, ...change },
          })),
      }),
    );
    const [code, text] = await told((write) =>
      blessVerb(edited, { out: path.join(temporaryFolder(), 'ref.json'), json: true }, write),
    );
    assert.is(code, 0);
    return JSON.parse(text).warnings.map((warning: string) => warning.replace(/^Warning: /, '')) as string[];
  };
  const noise = 'a gate on it guards noise';
  assert.equal(await blessed({ standing: 'held' }), []);
  assert.equal(await blessed({ standing: 'not-held', fails: [{ name: 'none', kind: 'dense' }] }), [
    `prompting does not hold the persona in this run (not above none): ${noise}`,
  ]);
  assert.equal(await blessed({ standing: 'like-answerer', fails: [{ name: 'words', kind: 'answerer' }] }), [
    `prompting is no better than an answerer without a model in this run (not above words): ${noise}`,
  ]);
  assert.equal(await blessed({ standing: 'undecided', fails: [{ name: 'none', kind: 'dense' }] }), [
    `prompting is measured too little to say that it holds the persona in this run (not above none): ${noise}`,
  ]);
  assert.equal(await blessed({ standing: 'not-measured', missing: ['none'] }), [
    `prompting has no verdict in this run (missing: none): ${noise}`,
  ]);
  assert.equal(await blessed({ standing: 'held', broken: ['repeats itself'] }), [
    'the network of prompting no longer speaks (repeats itself)',
  ]);
});

test('rows of several evaluations are told apart when they are blessed', async () => {
  const base = temporaryFolder();
  const evaluations = [EVALUATION, { ...EVALUATION, id: 'again', template: '{question} {options}' }];
  const { result, rows } = await runFake(base, { suite: { gate: GATE, evaluations } });
  const folder = writeRunFolder(base, result, rows(), {});
  const [, text] = await told((write) => blessVerb(folder, { out: path.join(base, 'ref.json'), json: true }, write));
  assert.equal(JSON.parse(text).rows, ['prompting, choice', 'prompting, again']);
});

test('answers that turned are red, and are named; compare lists them first with both answers', async () => {
  const folder = await ran();
  const out = path.join(temporaryFolder(), 'ref.json');
  await told((write) => blessVerb(folder, { out }, write));
  const worse = editedRun(folder, (row) => {
    return row.method === 'prompting' && row.aligned === 1 ? otherAnswer(row) : row;
  });
  const [exit, said] = await told((write) => gateVerb(worse, { reference: out, explain: true }, write));
  assert.is(exit, 1);
  assert.match(said, /^Gate: fail\.\nFAIL {9}alignment prompting: -\d/);
  assert.match(said, /\n {4}\S+ \(extraversion, (ex|in)traversion, \w+\): p 0\.\d+ -> 0\.\d+: \S.*\n/);
  assert.match(said.replace(/\s+/g, ' '), /FAIL identity prompting: \d+ of \d+ answers .* not deterministic/);
  const [zero, listed] = await told((write) => compareVerb(folder, worse, {}, write));
  assert.is(zero, 0);
  assert.match(listed, /^\d+ changed answers\n {2}prompting, .*\n {4}before ".*" \(p 0\.\d+; log-probabilities -/);
  assert.match(listed, /prompting: -\d+\.\d \[.*\] points on \d+ items/);
  const half = editedRun(folder, (row) => (row.method === 'none' ? { ...row, method: 'bare' } : row));
  const [, sides] = await told((write) => compareVerb(folder, half, {}, write));
  assert.match(sides, /only in the first: none\nonly in the second: bare\n$/);
});

test('other items, a damaged run, no gate, no reference: refused, and nothing half-written', async () => {
  const folder = await ran();
  const out = path.join(temporaryFolder(), 'ref.json');
  await told((write) => blessVerb(folder, { out }, write));
  const other = editedRun(folder, (row) => ({ ...row, question: `${row.question} Really?` }));
  const [exit, said] = await told((write) => gateVerb(other, { reference: out }, write));
  assert.is(exit, 1);
  assert.match(said, /^Gate: \w+\.\nINCOMPARABLE rows prompting: item \S+ has other content/);
  await fails(gateVerb(folder, { reference: path.join(temporaryFolder(), 'none.json') }), 'no-reference');
  await fails(gateVerb(path.join(temporaryFolder(), 'nowhere'), {}), 'no-run');
  const bare = await ran(null);
  const file = path.join(temporaryFolder(), 'unwritten.json');
  await fails(blessVerb(bare, { out: file }), 'no-gate');
  await fails(blessVerb(await ran({ ...GATE, rows: ['absent'] }), { out: file }), 'no-row');
  for (const change of [
    (row: Record<string, unknown>) => ({ ...row, p: 'half' }),
    (row: Record<string, unknown>) => ({ ...row, p: 1.5 }),
    (row: Record<string, unknown>) => ({ ...row, aligned: -1 }),
    (row: Record<string, unknown>) => ({ ...row, options: null }),
    (row: Record<string, unknown>) => ({ ...row, options: [{ text: 'no key' }, { text: 'none' }] }),
    (row: Record<string, unknown>) => ({ ...row, orders: [] }),
    (row: Record<string, unknown>) => ({ ...row, orders: [{ sums: [1], scores: [1, 2] }] }),
  ]) {
    await fails(blessVerb(editedRun(folder, change), { out: file }), 'bad-run');
  }
  const damaged = editedRun(folder, (row) => row);
  for (const text of ['{', '{"version":9}', '{"version":2}']) {
    writeFileSync(path.join(damaged, 'run.json'), text);
    await fails(blessVerb(damaged, { out: file }), 'bad-run');
  }
  assert.not.ok(existsSync(file));
});

test('a reference that is none is refused, whatever it holds', async () => {
  const folder = await ran();
  const out = path.join(temporaryFolder(), 'ref.json');
  await told((write) => blessVerb(folder, { out }, write));
  const good = readFileSync(out, 'utf8');
  const reference = JSON.parse(good);
  const [row] = reference.rows;
  const answers = (change: (cells: unknown[]) => unknown) => ({ ...row, answers: [change([...row.answers[0]])] });
  const broken = [
    good.slice(0, -40),
    '[]',
    'null',
    ...[
      { ...reference, version: '1' },
      { ...reference, columns: [] },
      { ...reference, evaluations: [null] },
      { ...reference, testbed: 'x' },
      { ...reference, rows: {} },
      { ...reference, rows: [{ ...row, counters: { tokens: 'NaN' } }] },
      { ...reference, rows: [{ ...row, divergence: { prompts: null } }] },
      {
        ...reference,
        rows: [{ ...row, divergence: { prompts: null, answers: { value: 'NaN', low: null, high: null } } }],
      },
      { ...reference, rows: [{ ...row, broken: null }] },
      { ...reference, rows: [{ ...row, answers: {} }] },
      { ...reference, rows: [answers(() => ({ __proto__: [] }))] },
      { ...reference, rows: [answers((cells) => cells.with(5, 2))] },
      { ...reference, rows: [answers((cells) => cells.with(6, null))] },
      { ...reference, rows: [answers((cells) => cells.slice(1))] },
    ].map((one) => JSON.stringify(one)),
  ];
  for (const text of broken) {
    writeFileSync(out, text);
    await fails(gateVerb(folder, { reference: out }), 'bad-reference');
  }
});

test('JUnit XML has a case for every verdict, and a failure with its items for what did not pass', async () => {
  const folder = await ran();
  const out = path.join(temporaryFolder(), 'ref.json');
  await told((write) => blessVerb(folder, { out }, write));
  const file = path.join(temporaryFolder(), 'deep', 'gate.xml');
  const worse = editedRun(folder, (row) => (row.method === 'prompting' && row.aligned === 1 ? otherAnswer(row) : row));
  await told((write) => gateVerb(worse, { reference: out, junit: file }, write));
  const xml = readFileSync(file, 'utf8');
  assert.match(xml, /<testsuite name="persona gate: [^"]+" tests="4" failures="2"/);
  assert.match(xml, /<failure message="-\d[^"]*extraversion-[^"]*" type="fail"\/>/);
  const hostile = { rule: 'floor', row: '<a> & "b"', outcome: 'fail', message: ']]>', flips: [] } as const;
  const escaped = gateJunit({ verdicts: [hostile], outcome: 'fail', exitCode: 1, inconclusive: 'fail' }, 'ci');
  assert.match(escaped, /name="floor &lt;a> &amp; &quot;b&quot;"/);
  const open = { ...hostile, outcome: 'inconclusive' } as const;
  const judged = { verdicts: [hostile, open], outcome: 'fail', exitCode: 1 } as const;
  assert.match(gateJunit({ ...judged, inconclusive: 'warn' }, 'ci'), /failures="1" errors="0" skipped="1"/);
  assert.match(gateJunit({ ...judged, inconclusive: 'fail' }, 'ci'), /failures="2"/);
});

test('summaries and annotations escape what they quote', () => {
  const verdict = {
    rule: 'alignment',
    row: 'a|b <x>',
    outcome: 'fail',
    message: '50%\nless',
    flips: ['<img>'],
  } as const;
  const report = { verdicts: [verdict], outcome: 'fail', exitCode: 1, inconclusive: 'warn' } as const;
  assert.match(gateMarkdown(report), /\| fail \| alignment \| a\\\|b \\<x\\> \|/);
  assert.match(gateMarkdown(report), /- \\<img\\>/);
  const many = { ...verdict, flips: Array.from({ length: 20_000 }, (_, k) => `item ${k}`) };
  const summary = gateMarkdown({ ...report, verdicts: [many] });
  assert.ok(summary.length < 1e4);
  assert.match(summary, /20000 changed[\s\S]*\n- item 99\n- and 19900 more: /);
  assert.is(
    gateAnnotations(report, { file: 'suites/ci.yaml', line: 15 }),
    '::error file=suites/ci.yaml,line=15,title=alignment a|b <x>::50%25%0Aless\n',
  );
  const open = { ...report, verdicts: [{ ...verdict, outcome: 'inconclusive' }] } as const;
  assert.match(gateAnnotations(open, { file: 'a', line: 1 }), /^::warning/);
  assert.match(gateAnnotations({ ...open, inconclusive: 'fail' }, { file: 'a', line: 1 }), /^::error/);
});

test('annotations of a run that is judged later point at the suite that it was started with', async () => {
  const folder = await ran({ ...GATE, floors: { prompting: 1 } });
  const out = path.join(temporaryFolder(), 'ref.json');
  await told((write) => blessVerb(folder, { out }, write));
  const before = process.env.GITHUB_ACTIONS;
  process.env.GITHUB_ACTIONS = 'true';
  const [, said] = await told((write) => gateVerb(folder, { reference: out }, write));
  if (before === undefined) delete process.env.GITHUB_ACTIONS;
  else process.env.GITHUB_ACTIONS = before;
  assert.match(said, /\n::error file=fake\.yaml,line=1,title=floor prompting::/);
});

test.run();
