import * as assert from 'uvu/assert';
import { BenchError } from '../../base/error.ts';
import { type PlanServices, planVerb } from '../../cli/plan.ts';
import type { Suite } from '../../harness/config/resolved.ts';
import { DEVICE, fakeEvaluate, fakeSuite, fakeText } from '../support/fake.ts';
import { temporaryFolder } from '../support/folders.ts';
import { RULES } from '../support/gate.ts';
import { fakeModel, runFake } from '../support/session.ts';
import { suite } from '../support/suite.ts';

const test = suite('bench plan');

async function plan(out: string, options: Parameters<typeof planVerb>[1] = {}, changes: Partial<Suite> = {}) {
  let text = '';
  const services: PlanServices = {
    machine: async (device) => ({
      wantedDevice: device,
      device: async () => DEVICE,
      load: () => assert.unreachable('a plan loads no model') as never,
      text: async () => fakeText(),
      kernels: async () => 'kernels-1',
      evaluate: fakeEvaluate({ loads: 0, evaluations: 0 }),
    }),
    suite: async () => fakeSuite({ models: [{ id: 'tiny', path: fakeModel(out), template: null }], ...changes }),
    config: async () => 'name: fake\n',
    stdout: {
      write: (chunk: string) => {
        text += chunk;
        return true;
      },
    } as PlanServices['stdout'],
  };
  const code = await planVerb('fake.yaml', { out, ...options }, services);
  return { code, text };
}

test('cells are listed as missing, and as stored after a run', async () => {
  const out = temporaryFolder();
  const before = await plan(out);
  assert.is(before.code, 0);
  assert.match(before.text, /\nevery cell: model tiny, evaluation choice\n/);
  assert.match(before.text, /\n1\s+none\s+-\s+-\s+12\s+[0-9a-f]{7}\s+missing/);
  assert.match(before.text, /\nNext: {4}bench run fake\.yaml --out \S+\n$/);
  assert.match(
    before.text,
    /^fake: 5 cells on fake device, 0 stored, 5 to run \(60 items\)\nevery cell: .*\nWarning: model tiny does not know [^#]*\n\n#/,
  );
  await runFake(out, { suite: { methods: fakeSuite().methods.map((entry) => ({ ...entry, options: {} })) } });
  const after = await plan(out, {}, { methods: fakeSuite().methods.map((entry) => ({ ...entry, options: {} })) });
  assert.match(after.text, /5 stored, 0 to run/);
});

test('the looks of a gate have a column, and another look is no earlier state of a cell', async () => {
  const out = temporaryFolder();
  const gate = { ...RULES, rows: ['prompting'], looks: [4, 12] };
  const { text } = await plan(out, {}, { gate });
  assert.match(text, /^fake: 9 cells on fake device, 0 stored, 9 to run \(52 items\)/);
  assert.match(text, /\nwith --gate: 5 cells at first, and those of looks 2 to 2 for rows that stay open\n/);
  assert.match(text, /\n1 +none +- +- +1 +4 /);
  assert.match(text, /\n3 +prompting +extraversion +plain +2 +8 /);
  await runFake(out, { suite: { gate }, options: { undecided: () => [] } });
  const { text: why } = await plan(out, { why: true }, { gate });
  assert.match(why, /\n3 +prompting +extraversion +plain +2 +8 +\w+ +missing\n {5}never stored\n/);
  assert.match(why, /\n2 +prompting +extraversion +plain +1 +4 +\w+ +stored\n/);
});

test('--why names what changed', async () => {
  const out = temporaryFolder();
  assert.match((await plan(out, { why: true })).text, /never stored/);
  const methods = (place: string) => [{ id: 'prompting', method: 'prompting', control: false, options: { place } }];
  await runFake(out, { suite: { methods: methods('user') } });
  const { text } = await plan(out, { why: true }, { methods: methods('system') });
  assert.match(text, /missing\n {5}method\.options\.place: "user" -> "system"/);
  const document = JSON.parse((await plan(out, { why: true, json: true }, { methods: methods('system') })).text);
  assert.equal(document.cells[0].why, ['method.options.place: "user" -> "system"']);
  assert.is(document.cells[0].status, 'missing');
});

test('--show-prompt prints text and token ids of the first item of a cell', async () => {
  const out = temporaryFolder();
  const { text } = await plan(out, { showPrompt: 2 });
  assert.match(text, /cell 2, item extraversion-0/);
  assert.match(
    text,
    /system: You are extraversion\.\nuser: How does extraversion take case 0\?\n\(A\) as extraversion would, 0/,
  );
  const shown = JSON.parse((await plan(out, { showPrompt: 2, json: true })).text);
  assert.is(Buffer.from(shown.ids).toString('utf8'), shown.text);
  assert.is(shown.answers.length, 2);
  try {
    await plan(out, { showPrompt: 6 });
    assert.unreachable();
  } catch (error) {
    assert.is((error as BenchError).code, 'no-cell');
    assert.instance(error, BenchError);
  }
});

test('--print-config prints the suite and plans nothing', async () => {
  assert.is((await plan(temporaryFolder(), { printConfig: true })).text, 'name: fake\n');
});

test('--quiet prints nothing', async () => {
  assert.is((await plan(temporaryFolder(), { quiet: true })).text, '');
});

test.run();
