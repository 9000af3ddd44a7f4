// `bench pull`, and suites that name a model of the hub, against a local server that plays it.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { METHODS } from '../../api/methods.ts';
import { findModel } from '../../api/models.ts';
import type { BenchError } from '../../base/error.ts';
import { pullVerb } from '../../cli/pull.ts';
import { byteLines } from '../../cli/pull-progress.ts';
import { fetchedSuiteOf } from '../../cli/suite-options.ts';
import { loadSuite } from '../../harness/config/index.ts';
import { EVALUATIONS } from '../../harness/evaluations/index.ts';
import { temporaryFolder } from '../support/folders.ts';
import { COMMIT, type PlayedHub, playHub } from '../support/hub-server.ts';
import { ROOT } from '../support/node.ts';
import { suite } from '../support/suite.ts';

const test = suite('pull');
const NANO = join(ROOT, 'models/persona-nano');
const files = new Map(
  ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'].map((name) => [
    name,
    new Uint8Array(readFileSync(join(NANO, name))),
  ]),
);
const SUITE = `version: 1
name: hub
models: [hf:me/tiny]
personas: { file: ${join(ROOT, 'personas.yaml')}, select: [introversion, extraversion] }
evaluations:
  - { id: choice, kind: choice, scorer: per-token, items-per-trait: 2 }
methods:
  - { id: none, method: none, control: true }
`;

let hub: PlayedHub;
let file: string;
test.before.each(async () => {
  hub = await playHub(files);
  process.env.XDG_CACHE_HOME = temporaryFolder();
  process.env.HF_ENDPOINT = hub.url;
  process.env.HF_TOKEN = 'hf_secretsecretsecret';
  file = join(temporaryFolder(), 'suite.yaml');
  writeFileSync(file, SUITE);
});
test.after.each(() => hub.close());

test('bench pull prints the folder, and no token', async () => {
  let printed = '';
  const stdout = { write: (text: string) => (printed += text) };
  assert.is(await pullVerb('hf:me/tiny@main', { progress: 'none' }, stdout), 0);
  assert.match(printed, new RegExp(`hub/me--tiny/snapshots/${COMMIT}\n$`));
  assert.not.match(printed, 'secret');
  for (const [name, hint] of [
    ['persona-nano', /bundled models and folders need no download/],
    ['HuggingFaceTB/SmolLM2-135M', /did you mean hf:HuggingFaceTB\/SmolLM2-135M\?/],
    ['https://huggingface.co/me/tiny/tree/v1', /did you mean hf:me\/tiny@v1\?/],
    ['HF:me/tiny', /did you mean hf:me\/tiny\?/],
    ['./models/me', /write bench pull/],
  ] as const) {
    try {
      await pullVerb(name, {}, stdout);
      assert.unreachable();
    } catch (error) {
      assert.match((error as BenchError).message, /is not the name of a model of the hub/);
      assert.match((error as BenchError).hint ?? '', hint);
    }
  }
});

test('a model of the hub without its hf: is no folder, and the name that was meant is told', async () => {
  const error = await findModel('some-owner/tiny', '/nowhere').catch((reason: BenchError) => reason);
  assert.match((error as BenchError).message, /no such model/);
  assert.match((error as BenchError).hint ?? '', /did you mean hf:some-owner\/tiny\?/);
});

test('with --json it prints one document, whether it downloads or not', async () => {
  for (const requests of ['some', 'none'] as const) {
    let printed = '';
    const stdout = { write: (text: string) => (printed += text) };
    if (requests === 'none') process.env.HF_HUB_OFFLINE = '1';
    try {
      assert.is(await pullVerb('hf:me/tiny', { progress: 'none', json: true }, stdout), 0);
    } finally {
      delete process.env.HF_HUB_OFFLINE;
    }
    const { model, folder } = JSON.parse(printed);
    assert.is(model, 'hf:me/tiny');
    assert.ok(existsSync(join(folder, 'config.json')), folder);
  }
});

test('plan and validate say what is not downloaded; run downloads it', async () => {
  try {
    await loadSuite(file, { registry: METHODS, kinds: EVALUATIONS });
    assert.unreachable();
  } catch (error) {
    const { message, hint } = error as Error & { hint?: string };
    assert.match(message, /hf:me\/tiny is not downloaded yet/);
    assert.is(hint, 'bench pull hf:me/tiny');
  }
  assert.is(hub.requests.length, 0);
  const loaded = await fetchedSuiteOf(file, { progress: 'none' });
  assert.equal(
    loaded.models.map(({ id, path }) => [id, path.endsWith(COMMIT)]),
    [['tiny', true]],
  );
  assert.equal((await loadSuite(file, { registry: METHODS, kinds: EVALUATIONS })).models, loaded.models);
});

test('--model in place of a model of the hub downloads nothing, and may name one itself', async () => {
  assert.is(
    (await loadSuite(file, { registry: METHODS, kinds: EVALUATIONS, model: 'persona-nano' })).models[0]?.id,
    'persona-nano',
  );
  assert.is(hub.requests.length, 0);
  const chosen = await fetchedSuiteOf(file, { model: 'hf:me/tiny@main', progress: 'none' });
  assert.is(chosen.models[0]?.id, 'tiny');
});

test('a name that is none is an error at its place in the suite', async () => {
  writeFileSync(file, SUITE.replace('hf:me/tiny', 'hf:me/../tiny'));
  try {
    await loadSuite(file, { registry: METHODS, kinds: EVALUATIONS });
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /suite\.yaml:3:10 .*names no model of the hub/);
  }
});

test('plain progress is a line for every tenth', () => {
  const lines: string[] = [];
  const display = byteLines({ write: (text) => lines.push(text) });
  display.tell({ kind: 'plan', name: 'hf:a/b', files: 2, bytes: 1e6 });
  for (let i = 0; i < 100; i++) display.tell({ kind: 'bytes', bytes: 1e4 });
  assert.is(lines.length, 11);
  assert.is(lines[0], 'downloading hf:a/b: 2 files, 1.0 MB\n');
  assert.is(lines.at(-1), '1.0 MB of 1.0 MB\n');
});

test.run();
