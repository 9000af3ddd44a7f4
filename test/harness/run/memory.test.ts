import { mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { sha256 } from '../../../base/digest.ts';
import { BenchError } from '../../../base/error.ts';
import { inspectWeights } from '../../../formats/checkpoint/inspect.ts';
import { openCheckpoint } from '../../../formats/checkpoint/open.ts';
import { EVALUATIONS } from '../../../harness/evaluations/index.ts';
import { benchVersion, gitState, provenanceOf, versions } from '../../../harness/run/provenance.ts';
import { DeviceMemo, deviceFingerprint } from '../../../harness/store/devices.ts';
import { DigestMemo, filesDigest, weightDigests } from '../../../harness/store/digests.ts';
import { seal } from '../../../harness/store/records.ts';
import { DEVICE, fakeSuite } from '../../support/fake.ts';
import { fixture, temporaryFolder } from '../../support/folders.ts';
import { writeRandomModel } from '../../support/random-model.ts';
import { countingReads } from '../../support/reads.ts';
import { suite } from '../../support/suite.ts';

const test = suite('memory');

const fileDigest = async (file: string, memo: DigestMemo): Promise<string> =>
  (await filesDigest([file], file, memo)).sha256;

const settled = new Date(Date.now() - 60_000);

test('a digest is remembered for a settled file, and forgotten when the file changes', async () => {
  const folder = temporaryFolder();
  const file = path.join(folder, 'weights');
  writeFileSync(file, 'abc');
  utimesSync(file, settled, settled);
  const memo = new DigestMemo(path.join(folder, 'files.json'));
  assert.is(await fileDigest(file, memo), sha256('abc'));
  memo.save();
  // A false memory shows that the file is not read again.
  const saved = path.join(folder, 'files.json');
  const { sha256: _, ...remembered } = JSON.parse(readFileSync(saved, 'utf8').replace(sha256('abc'), 'f'.repeat(64)));
  writeFileSync(saved, JSON.stringify(seal(remembered)));
  assert.is(await fileDigest(file, new DigestMemo(saved)), 'f'.repeat(64));
  writeFileSync(file, 'abd');
  assert.is(await fileDigest(file, new DigestMemo(saved)), sha256('abd'));
});

test('the digest of a file that was just written is not remembered', async () => {
  const folder = temporaryFolder();
  const file = path.join(folder, 'weights');
  writeFileSync(file, 'abc');
  const memo = new DigestMemo(path.join(folder, 'files.json'));
  await fileDigest(file, memo);
  memo.save();
  assert.throws(() => readFileSync(path.join(folder, 'files.json')));
});

test('damaged memories are forgotten, and said', () => {
  const folder = temporaryFolder();
  const file = path.join(folder, 'memo.json');
  const unsealed = { a: { mark: 'x', digest: 'f'.repeat(64) } };
  for (const content of ['', '[]', '{"a": 1}', JSON.stringify(unsealed), JSON.stringify({ entries: unsealed })]) {
    writeFileSync(file, content);
    const notes: string[] = [];
    assert.is(new DigestMemo(file, (text) => notes.push(text)).get('a', 'x'), null);
    assert.is(new DeviceMemo(file, (text) => notes.push(text)).get('a'), null);
    assert.equal(notes, Array(2).fill('memo.json of the store is not what was written: it is computed again'));
  }
  const notes: string[] = [];
  assert.is(new DeviceMemo(path.join(folder, 'absent.json'), (text) => notes.push(text)).get('a'), null);
  assert.equal(notes, []);
});

test('an edited device or digest is not believed, and a memory made again is', () => {
  const folder = temporaryFolder();
  const [devices, files] = ['devices.json', 'files.json'].map((name) => path.join(folder, name)) as [string, string];
  new DeviceMemo(devices).set('here', DEVICE);
  const memo = new DigestMemo(files);
  memo.set('weights', 'mark', '0'.repeat(64));
  memo.save();
  assert.equal(new DeviceMemo(devices).get('here'), DEVICE);
  assert.is(new DigestMemo(files).get('weights', 'mark'), '0'.repeat(64));
  writeFileSync(devices, readFileSync(devices, 'utf8').replace('fake device', 'NVIDIA H200'));
  writeFileSync(files, readFileSync(files, 'utf8').replace('"0000', '"1000'));
  const notes: string[] = [];
  assert.is(new DeviceMemo(devices, (text) => notes.push(text)).get('here'), null);
  assert.is(new DigestMemo(files, (text) => notes.push(text)).get('weights', 'mark'), null);
  assert.is(notes.length, 2);
  new DeviceMemo(devices).set('here', DEVICE);
  assert.equal(new DeviceMemo(devices).get('here'), DEVICE);
});

test('weights are one file, or the shards that the index names', async () => {
  const memo = new DigestMemo(null);
  const folder = temporaryFolder();
  writeFileSync(path.join(folder, 'config.json'), '{}');
  writeFileSync(path.join(folder, 'a.safetensors'), 'a');
  writeFileSync(path.join(folder, 'b.safetensors'), 'b');
  const index = { weight_map: { x: 'a.safetensors', y: 'b.safetensors', z: 'a.safetensors' } };
  writeFileSync(path.join(folder, 'model.safetensors.index.json'), JSON.stringify(index));
  const sharded = await weightDigests(folder, memo);
  assert.is(sharded.config, sha256('{}'));
  assert.is(sharded.weights.sha256, sha256('ab'), 'over the shards in the order of their names, each once');
  writeFileSync(path.join(folder, 'b.safetensors'), 'c');
  assert.is((await weightDigests(folder, memo)).weights.sha256, sha256('ac'));
  writeFileSync(path.join(folder, 'model.safetensors'), 'm');
  assert.is((await weightDigests(folder, memo)).weights.sha256, sha256('m'));
});

test('run.json, masks and adapters name the weights by one digest, of shards too', async () => {
  for (const name of ['gpt2', 'llama-bf16']) {
    const folder = fixture(`families/${name}`);
    const checkpoint = await openCheckpoint(folder);
    const { weights } = await weightDigests(folder, new DigestMemo(null));
    assert.is(weights.sha256, await checkpoint.digest(), name);
    await checkpoint.close();
    assert.is((await inspectWeights(folder)).digest, weights.sha256, name);
  }
});

test('weights that were hashed for the plan are not hashed again, unless they changed', async () => {
  const folder = temporaryFolder();
  await writeRandomModel(folder, { family: 'llama', seed: 3, format: 'f16', shards: 2 });
  const { weights } = await weightDigests(folder, new DigestMemo(null));
  const reads = await countingReads(async () => {
    const checkpoint = await openCheckpoint(folder);
    assert.is(await checkpoint.digest(weights), weights.sha256);
    await checkpoint.close();
  });
  const sizes = [1, 2].map((k) => statSync(path.join(folder, `model-0000${k}-of-00002.safetensors`)).size);
  const size = sizes[0]! + sizes[1]!;
  assert.ok(reads > 0 && reads < size, `${reads} bytes were read, of ${size} in two files: more than their headers`);
  const other = { marks: `${weights.marks} `, sha256: 'f'.repeat(64) };
  const whole = await countingReads(async () => {
    const checkpoint = await openCheckpoint(folder);
    assert.is(await checkpoint.digest(other), weights.sha256, 'a memory of another state is not believed');
    await checkpoint.close();
  });
  assert.ok(whole >= size, `${whole} bytes of ${size}`);
});

test('a model that is a file, is missing or has no weights is an error with its place', async () => {
  const memo = new DigestMemo(null);
  const folder = temporaryFolder();
  const file = path.join(folder, 'model');
  writeFileSync(file, '');
  const empty = path.join(folder, 'empty');
  mkdirSync(empty);
  writeFileSync(path.join(empty, 'config.json'), '{}');
  const outside = path.join(folder, 'outside');
  mkdirSync(outside);
  writeFileSync(path.join(outside, 'config.json'), '{}');
  writeFileSync(path.join(outside, 'model.safetensors.index.json'), '{"weight_map": {"x": "../../etc/passwd"}}');
  for (const [where, reason] of [
    [file, /is a folder or a GGUF/],
    [path.join(folder, 'absent'), /no such model folder/],
    [empty, /neither/],
    [path.join(outside, 'model.safetensors.index.json'), /not the name of a .safetensors file/],
  ] as const) {
    try {
      await weightDigests(where.replace(/.model.safetensors.index.json$/, ''), memo);
      assert.unreachable(where);
    } catch (error) {
      assert.instance(error, BenchError);
      assert.is((error as BenchError).where, where);
      assert.match((error as BenchError).message, reason);
    }
  }
});

test('what may change the device changes the fingerprint, and a device is remembered by it', () => {
  if (process.platform === 'win32') {
    console.log('skipped: devices are not remembered on Windows, where files do not tell the driver version');
    return;
  }
  const environment = { VK_DRIVER_FILES: '/x.json' };
  const base = deviceFingerprint('auto', { webgpu: '1' }, environment);
  assert.is(deviceFingerprint('auto', { webgpu: '1' }, { ...environment, HOME: '/elsewhere' }), base);
  const folder = temporaryFolder();
  for (const other of [
    deviceFingerprint(undefined, { webgpu: '1' }, environment),
    deviceFingerprint('auto', { webgpu: '2' }, environment),
    deviceFingerprint('auto', { webgpu: '1' }, {}),
    deviceFingerprint('auto', { webgpu: '1' }, { ...environment, BENCH_DEVICE: 'swiftshader' }),
    deviceFingerprint('auto', { webgpu: '1' }, { ...environment, LD_LIBRARY_PATH: folder }),
  ]) {
    assert.is.not(other, base);
  }
  const with_ = { ...environment, LD_LIBRARY_PATH: folder };
  const before = deviceFingerprint('auto', {}, with_);
  writeFileSync(path.join(folder, 'libvulkan.so.1'), '');
  assert.is.not(deviceFingerprint('auto', {}, with_), before, 'a loader that appears is seen');

  const memo = new DeviceMemo(path.join(folder, 'devices.json'));
  assert.is(memo.get(base), null);
  memo.set(base, DEVICE);
  assert.equal(memo.get(base), DEVICE);
  assert.is(memo.get(before), null);
});

test('the provenance names how chats were put to each model', () => {
  const chat = { thinking: 'empty', system: { text: 'Be brief.' }, date: '2026-12-01' } as const;
  const models = [
    { id: 'said', path: '/m', template: null, chat },
    { id: 'silent', path: '/n', template: null },
  ];
  const found = provenanceOf(fakeSuite({ models }), EVALUATIONS, [], new Map(), 'k', []).models;
  assert.equal(
    found.map(({ id, thinking, system, date }) => [id, thinking, system, date]),
    [
      ['said', 'empty', 'Be brief.', '2026-12-01'],
      ['silent', 'off', 'empty', '2024-07-26'],
    ],
  );
});

test('versions and git state tell the truth', () => {
  assert.match(benchVersion(), /^\d+\.\d+\.\d+/);
  assert.is(versions().node, process.versions.node);
  assert.match(versions().webgpu ?? '', /^0\.6/);
  assert.is(versions().icu, process.versions.icu, 'words of scripts without spaces come from its dictionaries');
  assert.is(gitState(temporaryFolder()), null);
});

test.run();
