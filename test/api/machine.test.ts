// The machine of a run: how often it reads a model's weights, and what it makes of weights that change under it.

import { statSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { machineOf } from '../../api/machine.ts';
import type { BenchError } from '../../base/error.ts';
import { DigestMemo, type FileDigest, weightDigests } from '../../harness/store/digests.ts';
import { shared, temporaryFolder } from '../support/folders.ts';
import { writeRandomModel } from '../support/random-model.ts';
import { countingReads } from '../support/reads.ts';
import { runFake } from '../support/session.ts';
import { test } from '../support/suite.ts';

const path = temporaryFolder();
await writeRandomModel(path, { family: 'llama', seed: 21, hidden: 128, shards: 2 });
const size = [1, 2].reduce((sum, k) => sum + statSync(join(path, `model-0000${k}-of-00002.safetensors`)).size, 0);
const model = { id: 'random', path, template: null };
const machine = machineOf(undefined);

test('a cold run reads weights once for their digest and once for the device', async () => {
  let digest: FileDigest | undefined;
  const planned = await countingReads(async () => {
    digest = (await weightDigests(path, new DigestMemo(null))).weights;
  });
  const loaded = await countingReads(async () => {
    const { engine } = await machine.load(model, digest);
    assert.is(engine.weightsDigest, digest?.sha256);
    await engine.dispose();
  });
  assert.ok(planned >= size && planned < 1.1 * size, `${planned} bytes for the digest of ${size}`);
  assert.ok(loaded > 0.9 * size && loaded < 1.2 * size, `${loaded} bytes to load ${size}`);
  const alone = await countingReads(async () => (await machine.load(model)).engine.dispose());
  assert.ok(alone > loaded + 0.9 * size, `${alone} bytes without a known digest, ${loaded} with one`);
});

test('weights that are others than the plan was made with are not run', async () => {
  const error = await machine.load(model, { marks: 'of before', sha256: 'f'.repeat(64) }).then(
    () => assert.unreachable(),
    (reason: unknown) => reason,
  );
  assert.equal([(error as BenchError).code, (error as BenchError).where], ['model-changed', path]);
});

test('what a user should know of a model is in the report of a run that computes and of one that reads the store', async () => {
  const folder = shared('cases/tied-head');
  if (folder === null) return;
  const tied = join(folder, 'model');
  const base = temporaryFolder();
  const run = () =>
    runFake(base, { machine: { notes: () => machine.notes!({ id: 'x', path: tied, template: null }) } });
  const [first, second] = [await run(), await run()];
  assert.ok(first.calls.loads > 0 && second.calls.loads === 0);
  for (const { result } of [first, second]) {
    assert.match(result.notes.join('\n'), /Model tiny: config\.json ties .* the stored head is used/);
  }
});

test.run();
