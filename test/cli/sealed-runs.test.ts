// What a gate, a comparison and a report read of a run and of a reference is what was written: anything else is refused, with
// its place; rules that became weaker are pointed out.

import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { blessVerb, compareVerb, gateVerb } from '../../cli/gate.ts';
import { reportVerb } from '../../cli/report.ts';
import type { GateRules } from '../../harness/config/resolved.ts';
import { writeRunFolder } from '../../harness/store/run-folder.ts';
import { gateAnnotations, gateMarkdown } from '../../reports/gate.ts';
import { temporaryFolder } from '../support/folders.ts';
import { RULES } from '../support/gate.ts';
import { editedRun, resealed } from '../support/run-files.ts';
import { runFake } from '../support/session.ts';
import { suite } from '../support/suite.ts';

const test = suite('sealed runs');
const GATE: GateRules = { ...RULES, floors: { prompting: 0.1 }, order: ['prompting > none'], tax: { divergence: 2 } };

async function ran(gate: GateRules = GATE): Promise<string> {
  const base = temporaryFolder();
  const { result, rows, prompts } = await runFake(base, { suite: { gate } });
  const texts = JSON.stringify({
    lines: ['x'],
    prompts: Object.fromEntries([...prompts().keys()].map((k) => [k, [0]])),
  });
  return writeRunFolder(base, result, rows(), { 'prompts.json': texts });
}
const quiet = () => {};
const refused = async (
  work: Promise<unknown>,
): Promise<{ code: string; where: string; message: string; hint: string }> =>
  work.then(
    () => assert.unreachable('it was taken') as never,
    (error) => error,
  );

test('a run whose answers, record or prompts were changed is refused by gate, bless, compare and report', async () => {
  const whole = await ran();
  const reference = path.join(temporaryFolder(), 'ref.json');
  await blessVerb(whole, { out: reference }, quiet);
  const damage: readonly (readonly [name: string, spoil: (text: string) => string, file: string, told: RegExp])[] = [
    ['a cut', (text) => text.split('\n').slice(1).join('\n'), 'items.jsonl', /it has 59 answers of 60/],
    ['an edit', (text) => text.replace('"aligned":0,', '"aligned":1,'), 'items.jsonl', /its 60 answers were changed/],
    ['a device', (text) => text.replaceAll('fake device', 'NVIDIA H200'), 'run.json', /not what was written/],
    [
      'a digest',
      (text) => text.replace(/("weights": ")(.)/, (_, name, digit) => name + (digit === '0' ? '1' : '0')),
      'run.json',
      /not what was written/,
    ],
    ['a rule', (text) => text.replace('"margin": 0.05', '"margin": 0.5'), 'run.json', /not what was written/],
  ];
  for (const [name, spoil, file, told] of damage) {
    const run = await ran();
    const at = path.join(run, file);
    const text = readFileSync(at, 'utf8');
    assert.is.not(spoil(text), text, name);
    writeFileSync(at, spoil(text));
    const out = path.join(temporaryFolder(), 'unwritten');
    for (const work of [
      () => gateVerb(run, { reference }, quiet),
      () => blessVerb(run, { out }, quiet),
      () => compareVerb(whole, run, {}, quiet),
      () => reportVerb(run, { out }, quiet),
    ]) {
      const { code, where, message, hint } = await refused(work());
      assert.is(code, 'bad-run', name);
      assert.ok(where.startsWith(at) && hint !== '', where);
      assert.match(message, told);
    }
    assert.not.ok(existsSync(out));
  }
  const prompts = path.join(whole, 'prompts.json');
  writeFileSync(prompts, readFileSync(prompts, 'utf8').replace('"x"', '"y"'));
  const { code, where } = await refused(reportVerb(whole, { out: path.join(temporaryFolder(), 'page') }, quiet));
  assert.equal([code, where], ['bad-run', prompts]);
});

test('p and alignment are derived again from the scores, whoever sealed the folder', async () => {
  const whole = await ran();
  const of = (row: Record<string, unknown>) => row as { p: number; aligned: number; orders: { p: number }[] };
  for (const [change, told] of [
    [(row) => ({ ...row, aligned: 1 - of(row).aligned }), /its alignment is [01], and its scores give [01]/],
    [(row) => ({ ...row, p: of(row).p / 2 }), /its p is 0\.\d+, and its scores give 0\.\d+/],
    [(row) => ({ ...row, p: 1 - of(row).p, aligned: 1 - of(row).aligned }), /its p is/],
    [(row) => ({ ...row, orders: of(row).orders.map((one) => ({ ...one, p: 1 - one.p })) }), /an order's p is not/],
    [(row) => ({ ...row, keyed: 3 }), /not the answer/],
  ] as readonly [(row: Record<string, unknown>) => Record<string, unknown>, RegExp][]) {
    const run = editedRun(whole, (row, k) => (k === 7 ? change(row) : row));
    const { code, where, message } = await refused(compareVerb(whole, run, {}, quiet));
    assert.is(code, 'bad-run');
    assert.is(where, `${path.join(run, 'items.jsonl')}:8`);
    assert.match(message, told);
  }
  await compareVerb(
    whole,
    editedRun(whole, (row) => row),
    {},
    quiet,
  );
});

test('a run whose gate lacks parts, or holds what no suite may, is refused with the place', async () => {
  const whole = await ran();
  const gates: readonly object[] = [
    { rows: ['prompting'] },
    { ...GATE, alignment: { margin: -0.1, alpha: 0.05 } },
    { ...GATE, alignment: { margin: 0, alpha: 0.05 } },
    { ...GATE, alignment: { margin: null, alpha: 0.05 } },
    { ...GATE, alignment: null },
    { ...GATE, alignment: { margin: 0.05, alpha: 0 } },
    { ...GATE, floors: { prompting: -1 } },
    { ...GATE, tax: { divergence: 0 } },
    { ...GATE, timings: {} },
    { ...GATE, timings: { against: 'none', prefill: -1 } },
    { ...GATE, counters: { model: true } },
    { ...GATE, inconclusive: 'pass' },
    { ...GATE, rows: [] },
  ];
  for (const gate of gates) {
    const run = editedRun(
      whole,
      (row) => row,
      (record) => ({ ...record, gate }),
    );
    for (const work of [gateVerb(run, {}, quiet), blessVerb(run, {}, quiet)]) {
      const { code, where, message } = await refused(work);
      assert.is(code, 'bad-run', JSON.stringify(gate));
      assert.is(where, path.join(run, 'run.json'));
      assert.match(message, /run\/gate/);
    }
  }
});

test('an incomplete run is no reference, and one of a part of the suite is blessed with a warning', async () => {
  const whole = await ran();
  const out = path.join(temporaryFolder(), 'ref.json');
  const fails = (record: Record<string, unknown>) => {
    const [cell, ...cells] = record.cells as Record<string, unknown>[];
    return { ...record, cells: [{ ...cell, status: 'errored' }, ...cells] };
  };
  const failed = editedRun(whole, (row) => row, fails);
  assert.is((await refused(blessVerb(failed, { out }, quiet))).code, 'incomplete-run');
  const typed = (...flags: string[]) =>
    editedRun(
      whole,
      (row) => row,
      (record) => ({
        ...record,
        provenance: { ...(record.provenance as object), command: ['bench', 'run', 'ci.yaml', ...flags] },
      }),
    );
  let said = '';
  const write = (text: string) => {
    said += text;
  };
  await blessVerb(typed('--limit', '2', '--filter=persona=extraversion'), { out }, write);
  assert.match(said.replace(/\s+/g, ' '), /Warning: .* \(--limit 2, --filter persona=extraversion\)/);
  said = '';
  await gateVerb(whole, { reference: out }, write);
  assert.match(
    said.replace(/\s+/g, ' '),
    /NOTE the reference covers only a part of its suite: --limit 2, --filter persona=ex/,
  );
  await blessVerb(typed('--set', 'seeds=[1]'), { out }, write);
  said = '';
  await gateVerb(typed('--limit=3'), { reference: out }, write);
  assert.match(said, /NOTE +the run covers only a part of its suite: --limit 3\n/);
  assert.not.match(said, /the reference covers only a part/);
});

test('rules that became weaker since the reference was blessed are pointed out; stronger ones are not', async () => {
  const strong: GateRules = {
    ...{ rows: ['prompting', 'none'], alignment: { margin: 0.03, alpha: 0.05 }, floors: { prompting: 0.2, none: 0.1 } },
    order: ['prompting > none', 'none >= prompting'],
    ...{ tax: { divergence: 2 }, timings: { against: 'none', prefill: 2, decode: 3 } },
    ...{ counters: { model: true, commands: true }, inconclusive: 'fail' },
  };
  const weak: GateRules = {
    ...{ rows: ['prompting'], alignment: { margin: 0.3, alpha: 0.01 }, floors: { prompting: 0.1 } },
    order: ['prompting >= none'],
    ...{ tax: {}, timings: { against: 'prompting', prefill: 4 } },
    ...{ counters: { model: false, commands: false }, inconclusive: 'warn' },
  };
  const reference = path.join(temporaryFolder(), 'ref.json');
  const told = async (run: string) => {
    let text = '';
    await gateVerb(run, { reference, json: true }, (more) => {
      text += more;
    });
    return JSON.parse(text);
  };
  const [before, after] = [await ran(strong), await ran(weak)];
  await blessVerb(before, { out: reference }, quiet);
  assert.equal((await told(before)).notes, []);
  const report = await told(after);
  assert.equal(
    report.notes.map((note: string) => note.replace('weaker than when the reference was blessed: ', '')),
    [
      'rows: none is not gated any more',
      'alignment.margin: 0.03 -> 0.3',
      'alignment.alpha: 0.05 -> 0.01: a drop is found less often',
      'floors: prompting 0.2 -> 0.1',
      'floors: none 0.1 -> none',
      'order: "prompting > none" is gone',
      'order: "none >= prompting" is gone',
      'tax.divergence: its limit of 2 nats is gone',
      'timings.prefill: 2 -> 4 times',
      'timings.decode: its limit of 3 times is gone',
      'timings.against: none -> prompting',
      'counters.model: true -> false',
      'counters.commands: true -> false',
      'inconclusive: fail -> warn',
    ],
  );
  assert.match(gateMarkdown(report), /^## Gate: .*\n\n- \*\*weaker than .*not gated any more\*\*\n/);
  assert.match(
    gateAnnotations(report, { file: 'a', line: 2 }),
    /^::warning file=a,line=2,title=gate::weaker than .*not gated any more\n/,
  );
  await blessVerb(after, { out: reference }, quiet);
  assert.equal(
    (await told(before)).notes.map((note: string) => note.replace('weaker than when the reference was blessed: ', '')),
    ['alignment.alpha: 0.01 -> 0.05: a row passes sooner', 'timings.against: prompting -> none'],
  );
});

test('a reference of another device class or other kernels says what is not held to it; an edited one is refused', async () => {
  const run = await ran();
  const file = path.join(temporaryFolder(), 'ref.json');
  await blessVerb(run, { out: file }, quiet);
  const text = readFileSync(file, 'utf8');
  for (const edit of [
    text.replace('"fake-1"', '"fake-2"'),
    text.replace('"kernels-1"', '"kernels-2"'),
    text.replace('"divergence":2', '"divergence":9'),
  ]) {
    assert.is.not(edit, text);
    writeFileSync(file, edit);
    const { code, where, message } = await refused(gateVerb(run, { reference: file }, quiet));
    assert.equal([code, where], ['bad-reference', file]);
    assert.match(message, /it is not what was blessed/);
  }
  writeFileSync(file, resealed({ ...JSON.parse(text), deviceClass: 'fake-2', kernels: 'kernels-2' }));
  let said = '';
  await gateVerb(run, { reference: file }, (more) => {
    said += more;
  });
  assert.match(
    said.replace(/\s+/g, ' '),
    /NOTE the reference was made on fake-2, and the run on fake-1, and with other kernels: unchanged cells are compared by the margin only/,
  );
});

test('an answer that was added is no answer of the run', async () => {
  const run = await ran();
  const file = path.join(run, 'items.jsonl');
  appendFileSync(file, `${readFileSync(file, 'utf8').split('\n')[0]}\n`);
  assert.match((await refused(compareVerb(run, run, {}, quiet))).message, /it has 61 answers of 60/);
});

test.run();
