// What a hub may say that is not so: other commits, indexes that lead elsewhere, answers that are none, silence.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { BenchError } from '../../../base/error.ts';
import { hubAccess } from '../../../harness/hub/access.ts';
import { requireCachedModel } from '../../../harness/hub/cache.ts';
import { type PullEvent, pullModel } from '../../../harness/hub/pull.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { COMMIT, type PlayedHub, playHub } from '../../support/hub-server.ts';
import { ROOT } from '../../support/node.ts';
import { suite } from '../../support/suite.ts';

const test = suite('hub that errs');
const SERVED = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'];
const files = new Map(
  SERVED.map((name) => [name, new Uint8Array(readFileSync(join(ROOT, 'models/persona-nano', name)))]),
);
const NAME = 'hf:me/tiny';

const played: PlayedHub[] = [];
test.before(() => {
  for (const name of ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN', 'HF_TOKEN_PATH', 'HF_HUB_OFFLINE', 'HF_HOME']) {
    delete process.env[name];
  }
});
test.after.each(async () => {
  for (const hub of played.splice(0)) await hub.close();
});

/** A hub, and an empty cache. */
async function play(...what: Parameters<typeof playHub>): Promise<PlayedHub> {
  const hub = await playHub(...what);
  played.push(hub);
  process.env.HF_ENDPOINT = hub.url;
  process.env.XDG_CACHE_HOME = temporaryFolder();
  return hub;
}

const quiet = (): void => {};
const weightsAsked = (hub: PlayedHub): boolean => hub.requests.some(({ path }) => path.endsWith('.safetensors'));

async function fails(work: () => Promise<unknown>, code: string, message: RegExp, hint: RegExp): Promise<void> {
  try {
    await work();
  } catch (error) {
    assert.instance(error, BenchError);
    const found = error as BenchError;
    assert.is(found.code, code, found.message);
    assert.match(found.message, message);
    assert.match(found.hint ?? '', hint);
    return;
  }
  assert.unreachable(`${code} was not thrown`);
}

const SHARDS = ['model-00001-of-00002.safetensors', 'odd_name.safetensors'];

/** The model with its weights split: `named` in the index, `there` in the repository. */
const split = (named: readonly unknown[], there: readonly string[]): Promise<PlayedHub> => {
  const { 'model.safetensors': weights, ...rest } = Object.fromEntries(files);
  const map = { weight_map: Object.fromEntries(named.map((name, k) => [`t${k}`, name])) };
  return play(
    new Map([
      ...Object.entries(rest),
      ['model.safetensors.index.json', new Uint8Array(Buffer.from(JSON.stringify(map)))],
      ...there.map((name): [string, Uint8Array] => [name, weights ?? new Uint8Array()]),
    ]),
  );
};

test('split weights come as the index names them, and no other weights', async () => {
  await split(SHARDS, [...SHARDS, 'other.safetensors']);
  const events: PullEvent[] = [];
  const folder = await pullModel(NAME, (event) => events.push(event));
  assert.equal(
    readdirSync(folder).filter((name) => name.includes('safetensors')),
    ['model-00001-of-00002.safetensors', 'model.safetensors.index.json', 'odd_name.safetensors'],
  );
  const total = events.reduce((sum, event) => sum + (event.kind === 'bytes' ? event.bytes : 0), 0);
  const plan = events.find(({ kind }) => kind === 'plan');
  assert.ok(plan?.kind === 'plan' && plan.files === 6 && plan.bytes === total);
});

test('an index that names what is not beside it, or nothing, shows no model', async () => {
  for (const [named, message] of [
    [[...SHARDS, 'lost.safetensors'], /"lost\.safetensors", which is not in the same folder/],
    [['../x.safetensors'], /"\.\.\/x\.safetensors", which is not/],
    [['/etc/passwd'], /which is not/],
    [[{ a: 1 }], /not an index of 1 to 512 shards/],
    [['tokenizer.json'], /which is not/],
    [[], /not an index of 1 to 512 shards/],
    [Array.from({ length: 513 }, (_, k) => `${k}.safetensors`), /not an index of 1 to 512/],
  ] as const) {
    const hub = await split(named, SHARDS);
    await fails(() => pullModel(NAME, quiet), 'bad-model', message, /not whole/);
    assert.not.ok(weightsAsked(hub), 'no weights were asked for');
    await fails(async () => requireCachedModel(NAME), 'not-downloaded', /not downloaded/, /./);
  }
});

test('what the engine cannot run is refused before its weights come', async () => {
  const config = new Uint8Array(Buffer.from('{"model_type":"mamba"}'));
  const hub = await play(new Map([...files, ['config.json', config]]));
  await fails(() => pullModel(NAME, quiet), 'unsupported-model', /mamba/, /./);
  assert.not.ok(weightsAsked(hub), 'no weights were asked for');
});

test('a commit is never taken for another one', async () => {
  const pinned = 'f'.repeat(40);
  const hub = await play(files);
  hub.revisions.add(pinned);
  await fails(() => pullModel(`${NAME}@${pinned}`, quiet), 'bad-hub', /another commit, 0123/, /HF_ENDPOINT/);
  await pullModel(NAME, quiet);
  const refs = join(process.env.XDG_CACHE_HOME ?? '', 'persona-bench', 'hub', 'me--tiny', 'refs');
  writeFileSync(join(refs, pinned), COMMIT);
  await fails(async () => requireCachedModel(`${NAME}@${pinned}`), 'not-downloaded', /@ffff/, /bench pull/);
});

test('no word of a server reaches the terminal, and what it did not mean is its error', async () => {
  const hub = await play(files);
  for (const answer of ['\x1b[2J\x1b[31mHELLO', '[null]', '{}', '3', '']) {
    hub.answer = answer;
    await fails(() => pullModel(NAME, quiet), 'bad-hub', /^[ -~]*hf:me\/tiny[ -~]*$/, /HF_ENDPOINT/);
  }
  await play(files, [null as never]);
  await fails(() => pullModel(NAME, quiet), 'bad-hub', /cannot be read/, /HF_ENDPOINT/);
});

test('a server that falls silent is given up, and what came is kept', async () => {
  const hub = await play(files);
  hub.silent.add('model.safetensors');
  const access = { ...hubAccess(), idleMs: 100 };
  await fails(() => pullModel(NAME, quiet, access), 'hub-connection', /broke at byte 40 of/, /go on from there/);
});

test('a server that trickles is given up too, and what came is kept', async () => {
  const hub = await play(files);
  hub.trickles.set('model.safetensors', 20);
  const access = { ...hubAccess(), idleMs: 100 };
  await fails(() => pullModel(NAME, quiet, access), 'hub-connection', /broke at byte \d+ of/, /go on from there/);
});

test('a hub that says when to come again is obeyed, and named where that is long', async () => {
  const hub = await play(files);
  hub.busy.set('model.safetensors', { after: '1', times: 1 });
  const start = performance.now();
  await pullModel(NAME, quiet, hubAccess());
  assert.ok(performance.now() - start >= 1000);
  const other = await play(files);
  other.busy.set('model.safetensors', { after: new Date(Date.now() + 3.6e6).toUTCString(), times: 9 });
  await fails(
    () => pullModel(NAME, quiet, hubAccess()),
    'hub-connection',
    /429 .* wait for 3\d{3} s/,
    /again after that/,
  );
});

test.run();
