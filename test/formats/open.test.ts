// Checkpoints on disk: what is read from sound ones, and that each unsound one is refused by file and tensor.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { BenchError } from '../../base/error.ts';
import { parseJson } from '../../base/json.ts';
import { openCheckpoint } from '../../formats/checkpoint/open.ts';
import { loadSpec } from '../../formats/checkpoint/read-spec.ts';
import { widen } from '../../formats/tensors/numbers.ts';
import { folderWith, refused } from '../support/checkpoint.ts';
import { fixture, temporaryFolder } from '../support/folders.ts';
import { writeRandomModel } from '../support/random-model.ts';
import { safetensorsBytes, writeSafetensors } from '../support/safetensors.ts';
import { test } from '../support/suite.ts';

const sha256 = (...parts: Uint8Array[]): string =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex');

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

test('deep nesting is refused before it is parsed, in headers, indexes and configs', async () => {
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  await badHeader(`{"a": {"dtype": "F32", "shape": ${deep}, "data_offsets": [0, 4]}}`, 4, /nested deeper than 64/);
  const folder = folderWith(safetensorsBytes('{}', new Uint8Array(0)));
  for (const text of [`{"hidden_size": ${deep}}`, `{"a": "[[", "b": ${deep}}`]) {
    writeFileSync(join(folder, 'config.json'), text);
    try {
      await loadSpec(folder);
      assert.unreachable();
    } catch (error) {
      assert.is((error as BenchError).code, 'bad-model');
      assert.match((error as BenchError).message, /nested deeper than 64/);
    }
  }
  // Brackets in strings are no nesting.
  const brackets = { text: '['.repeat(1000), quote: '\\"[' };
  assert.equal(parseJson(JSON.stringify(brackets)), brackets);
  assert.throws(() => parseJson('"never closed [[['), SyntaxError);
});

test('a shard that is a pipe is refused and not waited for', async () => {
  if (process.platform === 'win32') return;
  const folder = folderWith(null);
  writeFileSync(join(folder, 'model.safetensors.index.json'), '{"weight_map": {"x": "pipe.safetensors"}}');
  execFileSync('mkfifo', [join(folder, 'pipe.safetensors')]);
  await refused(folder, 'bad-weights', /not a file/, /pipe\.safetensors$/);
});

test('tensors of each format, read whole and in parts', async () => {
  const folder = folderWith(null);
  const values = [1, -2.5, 0.15625, 65504, 3];
  await writeSafetensors(
    join(folder, 'model.safetensors'),
    new Map([
      ['a', { shape: [5], values, format: 'f32' }],
      ['b', { shape: [1, 5], values, format: 'f16' }],
      ['c', { shape: [5], values: [1, -2.5, 0.15625, 65536, 3], format: 'bf16' }],
      ['d', { shape: [], values: [7], format: 'f32' }],
    ]),
  );
  const checkpoint = await openCheckpoint(folder);
  assert.equal([...checkpoint.tensors.keys()], ['a', 'b', 'c', 'd']);
  for (const [name, shape, format, expected] of [
    ['a', [5], 'f32', values],
    ['b', [1, 5], 'f16', values],
    ['c', [5], 'bf16', [1, -2.5, 0.15625, 65536, 3]],
    ['d', [], 'f32', [7]],
  ] as const) {
    const tensor = checkpoint.tensors.get(name)!;
    assert.equal([tensor.name, tensor.shape, tensor.format], [name, shape, format]);
    const size = format === 'f32' ? 4 : 2;
    const whole = new Uint8Array(size * expected.length);
    await tensor.read(0, whole);
    assert.equal(Array.from(widen(whole, format)), expected);
    const last = new Uint8Array(size);
    await tensor.read(whole.length - size, last);
    assert.equal(widen(last, format)[0], expected[expected.length - 1]);
    for (const [offset, length] of [
      [-1, 1],
      [1, whole.length],
      [whole.length, 1],
    ] as const) {
      const outside = await tensor.read(offset, new Uint8Array(length)).catch((error: BenchError) => error.code);
      assert.is(outside, 'bad-weights');
    }
  }
  await checkpoint.close();
});

test('the digest of one file is its sha256, of shards that of their contents in order', async () => {
  const single = await openCheckpoint(fixture('families/gpt2'));
  const bytes = readFileSync(fixture('families/gpt2/model.safetensors'));
  assert.is(await single.digest(), sha256(bytes));
  assert.is(single.bytes, bytes.length);
  await single.close();
  const shards = [1, 2].map((k) => readFileSync(fixture(`families/llama-bf16/model-0000${k}-of-00002.safetensors`)));
  const sharded = await openCheckpoint(fixture('families/llama-bf16'));
  assert.is(await sharded.digest(), sha256(...shards));
  assert.is(sharded.bytes, shards[0]!.length + shards[1]!.length);
  await sharded.close();
});

test('shards hold what one file holds', async () => {
  const [one, two] = [temporaryFolder(), temporaryFolder()];
  await writeRandomModel(one, { family: 'llama', seed: 1, format: 'f16' });
  await writeRandomModel(two, { family: 'llama', seed: 1, format: 'f16', shards: 2 });
  const [a, b] = [await openCheckpoint(one), await openCheckpoint(two)];
  assert.equal([...b.tensors.keys()], [...a.tensors.keys()]);
  for (const [name, tensor] of a.tensors) {
    const size = 2 * tensor.shape.reduce((product, n) => product * n, 1);
    const [x, y] = [new Uint8Array(size), new Uint8Array(size)];
    await tensor.read(0, x);
    await b.tensors.get(name)!.read(0, y);
    assert.equal(x, y);
  }
  await a.close();
  await b.close();
});

test('tensors of other dtypes are set aside, not refused', async () => {
  const header = { mask: entry('BOOL', [4], [0, 4]), ids: entry('I64', [1], [4, 12]), w: entry('F32', [1], [12, 16]) };
  const checkpoint = await openCheckpoint(folderWith(safetensorsBytes(JSON.stringify(header), new Uint8Array(16))));
  assert.equal([...checkpoint.tensors.keys()], ['w']);
  assert.equal(
    [...checkpoint.foreign].map(([name, { dtype }]) => [name, dtype]),
    [
      ['mask', 'BOOL'],
      ['ids', 'I64'],
    ],
  );
  await checkpoint.close();
});

test('no folder, a file for a folder, no config, no weights', async () => {
  const folder = folderWith(null);
  await refused(join(folder, 'absent'), 'bad-model', /no such model folder/, /absent$/);
  await refused(join(folder, 'config.json'), 'bad-model', /is a folder or a GGUF/, /config\.json$/);
  await refused(folder, 'bad-model', /neither model\.safetensors nor model\.safetensors\.index\.json/, /bench-test/);
  await refused(temporaryFolder(), 'bad-model', /no config\.json/, /bench-test/);
});

test('a file that ends early, wherever it ends', async () => {
  const bytes = readFileSync(fixture('families/gpt2/model.safetensors'));
  const header = 8 + Number(bytes.readBigUInt64LE(0));
  for (const [length, message] of [
    [0, /the file has 0 bytes/],
    [7, /the file has 7 bytes/],
    [8, /the header claims \d+ bytes, and the file has 0/],
    [header - 1, /the header claims/],
    [header, /outside the 0 bytes of data/],
    [bytes.length - 1, /outside the \d+ bytes of data/],
  ] as const) {
    await refused(folderWith(bytes.subarray(0, length)), 'bad-weights', message, /model\.safetensors$/);
  }
});

test('a file cut short after it was opened', async () => {
  const folder = temporaryFolder();
  cpSync(fixture('families/gpt2'), folder, { recursive: true });
  const checkpoint = await openCheckpoint(folder);
  truncateSync(join(folder, 'model.safetensors'), 5000);
  const tensor = checkpoint.tensors.get('transformer.wte.weight')!;
  const error = await tensor.read(0, new Uint8Array(4 * 128 * 32)).catch((reason: BenchError) => reason);
  await checkpoint.close();
  assert.ok(error instanceof BenchError);
  assert.match(error.message, /"transformer\.wte\.weight": the file ends at byte \d+/);
});

test('a header length of 2^60, of 2^64 - 1, and one byte too many', async () => {
  for (const length of [2n ** 60n, 2n ** 64n - 1n, 100_000_001n]) {
    const bytes = new Uint8Array(64);
    new DataView(bytes.buffer).setBigUint64(0, length, true);
    await refused(
      folderWith(bytes),
      'bad-weights',
      new RegExp(`claims ${length} bytes, and 100000000 are allowed`),
      /./,
    );
  }
  const bytes = safetensorsBytes('{}', new Uint8Array(0));
  bytes[0]!++;
  await refused(folderWith(bytes), 'bad-weights', /claims 3 bytes, and the file has 2/, /./);
});

test('a header that is not a JSON object in UTF-8', async () => {
  await badHeader('{"a": ', 0, /not valid JSON/);
  await badHeader('', 0, /not valid JSON/);
  await badHeader('[]', 0, /not a JSON object/);
  await badHeader('null', 0, /not a JSON object/);
  await badHeader(Uint8Array.of(0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d), 0, /not UTF-8/);
});

test('offsets that overlap, leave a gap or a rest, or lie outside', async () => {
  const w = (begin: number, end: number): unknown => entry('F32', [(end - begin) / 4], [begin, end]);
  await badHeader(
    { a: w(0, 8), b: w(4, 12) },
    12,
    /tensor "b": starts at byte 4 of the data, inside the tensor before/,
  );
  await badHeader({ a: w(0, 8), b: w(0, 8) }, 8, /tensor "b": starts at byte 0.*inside/);
  await badHeader({ a: w(0, 4), b: w(8, 12) }, 12, /tensor "b": starts at byte 8 of the data, and 4 is next/);
  await badHeader({ a: w(4, 8) }, 8, /tensor "a": starts at byte 4 of the data, and 0 is next/);
  await badHeader({ a: w(0, 4) }, 8, /8 bytes of data follow the header, and its tensors fill 4/);
  await badHeader({}, 8, /its tensors fill 0/);
  await badHeader({ a: w(0, 16) }, 8, /tensor "a": data_offsets \[0,16\] are outside the 8 bytes/);
  await badHeader({ a: entry('F32', [1], [8, 4]) }, 8, /data_offsets \[8,4\] are outside/);
  for (const offsets of [undefined, [0], [0, 4, 8], [-4, 0], [0, 4.5], ['0', '4'], [0, 2 ** 60], null, 4]) {
    await badHeader({ a: entry('F32', [1], offsets) }, 4, /tensor "a": data_offsets .* is not a pair of byte offsets/);
  }
});

test('a size that is not shape x dtype, and absurd shapes', async () => {
  await badHeader({ a: entry('F32', [2], [0, 4]) }, 4, /shape \[2\] of F32 takes 8 bytes, and 4 are stored/);
  await badHeader({ a: entry('BF16', [2, 3], [0, 24]) }, 24, /shape \[2,3\] of BF16 takes 12 bytes, and 24/);
  await badHeader({ a: entry('F32', [2 ** 31, 2 ** 31, 2 ** 31], [0, 4]) }, 4, /takes \d/);
  for (const shape of [[-1], [-1, 4], [1.5], [2 ** 40], Array(9).fill(1), 'big', [[1]], undefined, [null]]) {
    await badHeader({ a: entry('F32', shape, [0, 4]) }, 4, /tensor "a": shape .* is not a list of at most 8 integers/);
  }
});

test('a dtype that the format does not know', async () => {
  for (const dtype of ['F128', 'float32', '__proto__', 'constructor', 7, undefined]) {
    await badHeader({ a: entry(dtype, [1], [0, 4]) }, 4, /tensor "a": dtype .* is none of BOOL/);
  }
  await badHeader({ a: null }, 0, /tensor "a": dtype missing/);
  await badHeader({ a: 'F32' }, 0, /tensor "a": dtype missing/);
});

test('a name or field that comes twice, also when it is spelled with an escape', async () => {
  const one = '{"dtype":"F32","shape":[1],"data_offsets":[0,4]}';
  const two = '{"dtype":"F32","shape":[1],"data_offsets":[4,8]}';
  await badHeader(`{"a":${one}, "a" :${two}}`, 8, /the header names "a" twice/);
  await badHeader(`{"a":${one},"\\u0061":${two}}`, 8, /the header names "a" twice/);
  await badHeader(
    '{"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}}',
    4,
    /the header names "shape" twice/,
  );
});

test('names and strings that only look like keys come through', async () => {
  const header = {
    __metadata__: { note: '{"a": "a", "a": 1} \\" : [' },
    'a"b': entry('F32', [1], [0, 4]),
    note: entry('F32', [1], [4, 8]),
    __proto__x: entry('F32', [1], [8, 12]),
  };
  const checkpoint = await openCheckpoint(folderWith(safetensorsBytes(JSON.stringify(header), new Uint8Array(12))));
  assert.equal([...checkpoint.tensors.keys()], ['a"b', 'note', '__proto__x']);
  await checkpoint.close();
});

test('a folder or a lost link in place of a file of a model is named as what it is', async () => {
  for (const name of ['config.json', 'model.safetensors', 'model.safetensors.index.json']) {
    for (const [put, says] of [
      [(path: string) => mkdirSync(path), /a folder or a device, not a file/],
      [(path: string) => symlinkSync(`${path}-lost`, path), /a link to a file that is not there/],
    ] as const) {
      const folder = temporaryFolder();
      if (name !== 'config.json')
        cpSync(join(fixture('families/llama-bf16'), 'config.json'), join(folder, 'config.json'));
      put(join(folder, name));
      const error = await openCheckpoint(folder).catch((reason: BenchError) => reason);
      assert.ok(error instanceof BenchError && error.code === 'bad-model');
      assert.match(error.message, says);
      assert.is(error.where, join(folder, name));
    }
  }
});

test('a hostile name cannot write to the terminal, nor fill it', async () => {
  const folder = folderWith(
    safetensorsBytes(JSON.stringify({ [`\u001b[2J${'x'.repeat(5000)}`]: 1 }), new Uint8Array(0)),
  );
  const error = await openCheckpoint(folder).catch((reason: BenchError) => reason);
  assert.ok(error instanceof BenchError);
  assert.not(error.message.includes('\u001b'));
  assert.ok(error.message.length < 400);
});

test.run();
