// Checkpoints as people have them: valid ones that look odd are read, and what stands in place of one is named as what it is.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { BenchError } from '../../base/error.ts';
import { openCheckpoint } from '../../formats/checkpoint/open.ts';
import { loadSpec } from '../../formats/checkpoint/read-spec.ts';
import { readTensors } from '../../formats/safetensors/tensor-file.ts';
import { folderWith, refused } from '../support/checkpoint.ts';
import { temporaryFolder } from '../support/folders.ts';
import { safetensorsBytes } from '../support/safetensors.ts';
import { test } from '../support/suite.ts';

const entry = (dtype: unknown, shape: unknown, offsets: unknown): Record<string, unknown> => ({
  dtype,
  shape,
  data_offsets: offsets,
});

/** Refused because of its header, which is given as text, bytes or a value. */
async function badHeader(header: unknown, data: number, message: RegExp): Promise<void> {
  const text = typeof header === 'string' || header instanceof Uint8Array ? header : JSON.stringify(header);
  await refused(
    folderWith(safetensorsBytes(text, new Uint8Array(data))),
    'bad-weights',
    message,
    /model\.safetensors$/,
  );
}

test('empty tensors are read, wherever they stand; one that a part needs is still of the wrong shape', async () => {
  const header = {
    first: entry('F32', [0], [0, 0]),
    w: entry('F32', [1], [0, 4]),
    between: entry('BF16', [3, 0], [4, 4]),
    wide: entry('F16', [0, 2 ** 31, 2 ** 31, 2 ** 31, 2 ** 31], [4, 4]),
    v: entry('F32', [1], [4, 8]),
    last: entry('I64', [2, 0, 2], [8, 8]),
  };
  const checkpoint = await openCheckpoint(folderWith(safetensorsBytes(JSON.stringify(header), new Uint8Array(8))));
  assert.equal([...checkpoint.tensors.keys()].sort(), ['between', 'first', 'v', 'w', 'wide']);
  await checkpoint.tensors.get('between')!.read(0, new Uint8Array(0));
  await checkpoint.close();
  await badHeader({ a: entry('F32', [0], [0, 4]) }, 4, /shape \[0\] of F32 takes 0 bytes, and 4 are stored/);
  await badHeader(
    { a: entry('F32', [0], [4, 4]), w: entry('F32', [1], [0, 4]), b: entry('F32', [1], [2, 6]) },
    6,
    /inside/,
  );
});

test('a header of too many tensors is refused before they are looked at', async () => {
  const many = (n: number): string =>
    `{${Array.from({ length: n }, (_, k) => `"${k}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`).join(',')}}`;
  await badHeader(many(2 ** 17 + 1), 0, /names more than 131072 tensors/);
  await badHeader(many(500_000), 0, /has more than 2097152 values/);
  const checkpoint = await openCheckpoint(folderWith(safetensorsBytes(many(2 ** 17), new Uint8Array(0))));
  assert.is(checkpoint.tensors.size, 2 ** 17);
  await checkpoint.close();
});

test('a Git LFS pointer in place of the weights, a shard or a config is named as one', async () => {
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 548105171\n`;
  const told = async (work: Promise<unknown>, where: RegExp): Promise<void> => {
    const error = await work.then(
      () => assert.unreachable(),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof BenchError);
    assert.match(error.message, /this is a Git LFS pointer/);
    assert.match(error.hint ?? '', /git lfs pull/);
    assert.match(error.where ?? '', where);
  };
  const folder = folderWith(Buffer.from(pointer));
  await told(openCheckpoint(folder), /model\.safetensors$/);
  const split = folderWith(null);
  writeFileSync(join(split, 'model.safetensors.index.json'), '{"weight_map": {"x": "a.safetensors"}}');
  writeFileSync(join(split, 'a.safetensors'), pointer);
  await told(openCheckpoint(split), /a\.safetensors$/);
  writeFileSync(join(split, 'model.safetensors.index.json'), pointer);
  await told(openCheckpoint(split), /index\.json$/);
  writeFileSync(join(folder, 'config.json'), pointer);
  await told(loadSpec(folder), /config\.json$/);
  await told(readTensors(join(folder, 'model.safetensors'), { dtype: 'U32', code: 'bad-mask', hint: 'no' }), /./);
});

test('an index that maps a tensor to anything but a file name is refused by its place', async () => {
  for (const shard of [{ toString: 1 }, {}, [], null, 7, '../x.safetensors', 'x.bin']) {
    const folder = folderWith(null);
    writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify({ weight_map: { x: shard } }));
    await refused(
      folder,
      'bad-weights',
      /tensor "x": its shard .* is not the name of a \.safetensors file/,
      /index\.json$/,
    );
  }
});

test('another file, pickled weights and an adapter in place of a model are named as what they are', async () => {
  const told = async (path: string, message: RegExp, hint: RegExp): Promise<void> => {
    for (const open of [loadSpec, openCheckpoint]) {
      const error = await open(path).then(
        () => assert.unreachable(),
        (reason: unknown) => reason,
      );
      assert.ok(error instanceof BenchError);
      assert.equal([error.code, error.where], ['bad-model', path]);
      assert.match(error.message, message);
      assert.match(error.hint ?? '', hint);
    }
  };
  const folder = temporaryFolder();
  const at = (name: string, content = ''): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  await told(at('notes.txt', 'GGU'), /a model is a folder or a GGUF, and this is another file/, /config\.json/);
  at('adapter_config.json', '{}');
  await told(folder, /has an adapter/, /--adapter/);
  for (const name of ['pytorch_model.bin', 'pytorch_model-00001-of-00002.bin', 'consolidated.00.pth']) {
    const pickled = folderWith(null);
    writeFileSync(join(pickled, name), '');
    const error = await openCheckpoint(pickled).catch((reason: BenchError) => reason);
    assert.match((error as BenchError).message, /pickled weights are not read/);
  }
});

test.run();
