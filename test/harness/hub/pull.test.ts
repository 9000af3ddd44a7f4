// Downloads from a local server that plays the hub: whole, cut and taken up again, damaged, missing, forbidden, offline.

import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { BenchError } from '../../../base/error.ts';
import { openCheckpoint } from '../../../formats/checkpoint/open.ts';
import { loadSpec } from '../../../formats/checkpoint/read-spec.ts';
import { quantise } from '../../../formats/gguf/quantise.ts';
import { hubAccess } from '../../../harness/hub/access.ts';
import { requireCachedModel } from '../../../harness/hub/cache.ts';
import { fetchModel, type PullEvent, pullModel } from '../../../harness/hub/pull.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { COMMIT, type PlayedHub, playHub } from '../../support/hub-server.ts';
import { ROOT } from '../../support/node.ts';
import { suite } from '../../support/suite.ts';

const test = suite('hub');
const NANO = join(ROOT, 'models/persona-nano');
const SERVED = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors', 'README.md'];
const files = new Map(SERVED.map((name) => [name, new Uint8Array(readFileSync(join(NANO, name)))]));
const NAME = 'hf:me/tiny';
const TOKEN = 'hf_secretsecretsecret';

let hub: PlayedHub;
let cache: string;
test.before.each(async () => {
  hub = await playHub(files);
  cache = temporaryFolder();
  process.env.XDG_CACHE_HOME = cache;
  process.env.HF_ENDPOINT = hub.url;
  for (const name of ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN', 'HF_TOKEN_PATH', 'HF_HUB_OFFLINE', 'HF_HOME']) {
    delete process.env[name];
  }
});
test.after.each(() => hub.close());

const quiet = (): void => {};

/** persona-nano with its matrices in 8 bits. */
async function nanoGguf(): Promise<string> {
  const path = join(temporaryFolder(), 'nano.gguf');
  const checkpoint = await openCheckpoint(NANO);
  await quantise(await loadSpec(NANO), checkpoint, 'q8_0', { name: 'nano', tokenizer: new Map() }, path);
  await checkpoint.close();
  return path;
}

const asked = (path: string) => hub.requests.filter((request) => request.path.endsWith(path));
const partial = (path: string): string => join(cache, 'persona-bench', 'hub', 'me--tiny', 'partial', COMMIT, path);

async function fails(work: () => Promise<unknown>, code: string, message: RegExp, hint: RegExp): Promise<void> {
  try {
    await work();
  } catch (error) {
    assert.instance(error, BenchError);
    const found = error as BenchError;
    assert.is(found.code, code, found.message);
    assert.match(found.message, message);
    assert.match(found.hint ?? '', hint);
    assert.not.match(`${found.message} ${found.hint} ${found.where} ${found.stack}`, TOKEN);
    return;
  }
  assert.unreachable(`${code} was not thrown`);
}

test('a model comes whole, is checked, and is there without the network from then on', async () => {
  const events: PullEvent[] = [];
  const folder = await pullModel(NAME, (event) => events.push(event));
  assert.equal(readdirSync(folder).sort(), [
    'config.json',
    'model.safetensors',
    'tokenizer.json',
    'tokenizer_config.json',
  ]);
  for (const name of readdirSync(folder))
    assert.equal(new Uint8Array(readFileSync(join(folder, name))), files.get(name));
  assert.is((await loadSpec(folder)).family, 'llama');
  const total = events.reduce((sum, event) => sum + (event.kind === 'bytes' ? event.bytes : 0), 0);
  const plan = events.find(({ kind }) => kind === 'plan');
  assert.ok(plan?.kind === 'plan' && plan.files === 4 && plan.bytes === total);
  const before = hub.requests.length;
  assert.is(await fetchModel(NAME, quiet), folder);
  assert.is(requireCachedModel(NAME), folder);
  assert.is(requireCachedModel(`${NAME}@${COMMIT}`), folder);
  assert.is(hub.requests.length, before, 'nothing was asked');
  assert.is(await pullModel(NAME, quiet), folder);
  assert.is(asked('/model.safetensors').length, 1, 'a pull asks for the commit, not for the files again');
});

test('a GGUF of a repository comes alone, under a name of its own, with all of its shards', async () => {
  const gguf = new Uint8Array(readFileSync(await nanoGguf()));
  await hub.close();
  hub = await playHub(
    new Map([...files, ['nano.Q8_0.gguf', gguf], ['other.gguf', gguf], ['big-00001-of-00002.gguf', gguf]]),
  );
  process.env.HF_ENDPOINT = hub.url;
  const name = `${NAME}/nano.Q8_0.gguf`;
  await fails(async () => requireCachedModel(name), 'not-downloaded', /not downloaded/, /bench pull hf:me\/tiny\/nano/);
  const folder = await pullModel(name, quiet);
  assert.equal(readdirSync(folder), ['nano.Q8_0.gguf']);
  assert.is((await loadSpec(folder)).layers, 4);
  assert.is(requireCachedModel(name), folder);
  assert.is(asked('/other.gguf').length, 0);
  const shards = `${NAME}/big-00001-of-00002.gguf`;
  await fails(() => pullModel(shards, quiet), 'bad-model', /has no big-00002-of-00002\.gguf/, /all of its shards/);
  await fails(() => pullModel(`${NAME}/none.gguf`, quiet), 'bad-model', /has no none\.gguf/, /GGUF must be at its top/);
});

test('a cut connection is taken up where it broke off', async () => {
  hub.cuts.set('model.safetensors', { at: 100_000, times: 2 });
  const folder = await pullModel(NAME, quiet);
  assert.equal(new Uint8Array(readFileSync(join(folder, 'model.safetensors'))), files.get('model.safetensors'));
  const ranges = asked('/model.safetensors').map(({ range }) => range);
  assert.is(ranges[0], undefined);
  assert.ok(
    ranges.length === 3 && ranges.slice(1).every((range) => /^bytes=[1-9]\d*-$/.test(range ?? '')),
    ranges.join(),
  );
  assert.ok(asked('/model.safetensors').every(({ encoding }) => encoding === 'identity'));
});

test('a connection that breaks again and again is an error, and the next pull goes on', async () => {
  hub.cuts.set('model.safetensors', { at: 50_000, times: 4 });
  await fails(
    () => pullModel(NAME, quiet),
    'hub-connection',
    /broke at byte \d+ of \d+ of model\.saf/,
    /go on from there/,
  );
  const kept = statSync(partial('model.safetensors')).size;
  assert.ok(kept > 0 && kept <= 200_000, `${kept} bytes kept`);
  const folder = await pullModel(NAME, quiet);
  assert.is(asked('/model.safetensors').at(-1)?.range, `bytes=${kept}-`);
  assert.equal(new Uint8Array(readFileSync(join(folder, 'model.safetensors'))), files.get('model.safetensors'));
});

test('a file that the tree has and the hub has not', async () => {
  hub.lost.add('tokenizer.json');
  await fails(() => pullModel(NAME, quiet), 'hub-missing', /tokenizer\.json/, /revision/);
});

test('a damaged file is thrown away and never shown', async () => {
  for (const path of ['config.json', 'model.safetensors']) {
    hub.wrong.add(path);
    await fails(() => pullModel(NAME, quiet), 'bad-digest', new RegExp(path), /pull again/);
    assert.not.ok(existsSync(partial(path)));
    await fails(async () => requireCachedModel(NAME), 'not-downloaded', /not downloaded/, /bench pull hf:me\/tiny/);
    hub.wrong.delete(path);
  }
  await pullModel(NAME, quiet);
});

test('what the hub has not, or does not show', async () => {
  await fails(() => pullModel('hf:me/none', quiet), 'hub-missing', /hf:me\/none/, /owner, name and revision/);
  await fails(() => pullModel('hf:me/tiny@v9', quiet), 'hub-missing', /hf:me\/tiny@v9/, /revision/);
  hub.token = TOKEN;
  await fails(() => pullModel(NAME, quiet), 'hub-access', /401/, /HF_TOKEN/);
  hub.status = 403;
  await fails(() => pullModel(NAME, quiet), 'hub-access', /403/, /licence/);
  hub.status = 503;
  await fails(() => pullModel(NAME, quiet), 'hub-connection', /503/, /later/);
  hub.status = null;
  process.env.HF_TOKEN = 'not-a-token';
  await fails(() => pullModel(NAME, quiet), 'bad-token', /HF_TOKEN/, /hf_/);
  assert.not.ok(existsSync(join(cache, 'persona-bench', 'hub', 'me--tiny', 'snapshots')));
});

test('the token comes from the usual places and goes to the hub alone', async () => {
  hub.token = TOKEN;
  const place = join(temporaryFolder(), 'token');
  writeFileSync(place, `${TOKEN}\n`);
  mkdirSync(join(cache, 'huggingface'));
  for (const env of [{ HF_TOKEN: TOKEN }, { HUGGING_FACE_HUB_TOKEN: TOKEN }, { HF_TOKEN_PATH: place }]) {
    assert.is(hubAccess({ ...env, XDG_CACHE_HOME: cache }).token, TOKEN);
  }
  assert.is(hubAccess({ HF_TOKEN: ' ', HUGGING_FACE_HUB_TOKEN: '', HF_TOKEN_PATH: place }).token, TOKEN);
  assert.is(hubAccess({ XDG_CACHE_HOME: cache }).token, null);
  assert.is(hubAccess({ HF_TOKEN_PATH: cache }).token, null, 'a folder holds no token');
  writeFileSync(join(cache, 'huggingface', 'token'), TOKEN);
  hub.elsewhere.add('model.safetensors');
  await pullModel(NAME, quiet);
  const [sent] = hub.requests.filter(({ server }) => server === 'elsewhere');
  assert.ok(sent !== undefined && sent.authorization === undefined, 'the other host saw no token');
  assert.ok(asked('/config.json').every(({ authorization }) => authorization === `Bearer ${TOKEN}`));
});

test('the token does not follow a list that goes on at another host', async () => {
  process.env.HF_TOKEN = hub.token = TOKEN;
  hub.next = 'elsewhere';
  await fails(() => pullModel(NAME, quiet), 'hub-missing', /404/, /./);
  const sent = hub.requests.filter(({ server }) => server === 'elsewhere');
  assert.ok(sent.length > 0 && sent.every(({ authorization }) => authorization === undefined));
});

test('a list that does not end, and an address with a password', async () => {
  hub.next = 'hub';
  await fails(() => pullModel(NAME, quiet), 'bad-hub', /does not end/, /HF_ENDPOINT/);
  process.env.HF_ENDPOINT = hub.url.replace('//', `//user:${TOKEN}@`);
  await fails(() => pullModel(NAME, quiet), 'bad-hub', /password/, /HF_TOKEN/);
});

test('a cache that cannot be written', async () => {
  process.env.XDG_CACHE_HOME = join(cache, 'file');
  writeFileSync(process.env.XDG_CACHE_HOME, '');
  await fails(() => pullModel(NAME, quiet), 'unwritable', /cannot be written/, /XDG_CACHE_HOME/);
});

test('offline: the cache or a clear error, and no request', async () => {
  process.env.HF_HUB_OFFLINE = '1';
  await fails(() => pullModel(NAME, quiet), 'offline', /HF_HUB_OFFLINE/, /bench pull/);
  assert.is(hub.requests.length, 0);
  delete process.env.HF_HUB_OFFLINE;
  const folder = await pullModel(NAME, quiet);
  process.env.HF_HUB_OFFLINE = '1';
  assert.is(await pullModel(NAME, quiet), folder);
});

test('a server that does not answer, and one that lies', async () => {
  process.env.HF_ENDPOINT = 'http://127.0.0.1:9';
  await fails(() => pullModel(NAME, quiet), 'hub-connection', /does not answer/, /HF_HUB_OFFLINE/);
  process.env.HF_ENDPOINT = 'ftp://x';
  await fails(() => pullModel(NAME, quiet), 'bad-hub', /HF_ENDPOINT/, /unset/);
  const entry = { type: 'file', path: 'chat_template.jinja', oid: 'a'.repeat(40) };
  for (const lie of [
    { ...entry, size: 1e12 },
    { ...entry, size: -1 },
    { ...entry, size: 5, oid: '../../x' },
  ]) {
    const liar = await playHub(files, [lie]);
    process.env.HF_ENDPOINT = liar.url;
    await fails(() => pullModel(NAME, quiet), 'bad-hub', /chat_template\.jinja/, /HF_ENDPOINT/);
    await liar.close();
  }
  const paths = ['../config.json', '/etc/passwd', 'a/config.json', 'model.bin', 'x.safetensors'];
  const stranger = await playHub(
    files,
    paths.map((path) => ({ ...entry, path, size: 5 })),
  );
  process.env.HF_ENDPOINT = stranger.url;
  assert.is(readdirSync(await pullModel(NAME, quiet)).length, 4, 'other files are left where they are');
  await stranger.close();
});

test('two pulls at once fetch each file once', async () => {
  const [one, two] = await Promise.all([pullModel(NAME, quiet), pullModel(NAME, quiet)]);
  assert.is(one, two);
  assert.is(asked('/model.safetensors').length, 1);
});

test.run();
