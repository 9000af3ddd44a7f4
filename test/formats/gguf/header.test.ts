// GGUF headers: what is read from a sound one, and that each unsound one is refused at its place before anything is allocated.

import * as assert from 'uvu/assert';
import type { BenchError } from '../../../base/error.ts';
import { MAX_TENSORS, NeedMore, parseHeader } from '../../../formats/gguf/header.ts';
import { headerBytes, type OutTensor, type Typed } from '../../../formats/gguf/write.ts';
import { suite } from '../../support/suite.ts';

const test = suite('gguf headers');
const FILE = 'model.gguf';

const tensor = (name: string, shape: readonly number[], type = 'F32', bytes?: number): OutTensor => ({
  name,
  type,
  shape,
  bytes: bytes ?? 4 * shape.reduce((product, n) => product * n, 1),
  pieces: async function* () {},
});

const KEYS = new Map<string, Typed>([
  ['general.architecture', { type: 'string', value: 'llama' }],
  ['a.count', { type: 'u32', value: 7 }],
  ['a.below', { type: 'i32', value: -3 }],
  ['a.share', { type: 'f32', value: 0.5 }],
  ['a.flag', { type: 'bool', value: true }],
  ['a.words', { type: 'strings', value: ['ü', '', 'ab'] }],
  ['a.kinds', { type: 'i32s', value: [1, -1] }],
  ['a.scores', { type: 'f32s', value: [0.25, -2] }],
]);
const TENSORS = [tensor('one', [2, 32]), tensor('two', [3, 64], 'Q4_1', 3 * 40), tensor('three', [5])];

/** A sound file of these keys and tensors. */
function sound(keys: ReadonlyMap<string, Typed> = KEYS, tensors: readonly OutTensor[] = TENSORS): Buffer {
  const data = tensors.reduce((sum, { bytes }) => sum + 32 * Math.ceil(bytes / 32), 0);
  return Buffer.concat([headerBytes(keys, tensors), Buffer.alloc(data)]);
}

function refused(bytes: Uint8Array, message: RegExp, code = 'bad-weights', fileBytes = bytes.length): void {
  try {
    parseHeader(bytes, fileBytes, FILE);
  } catch (error) {
    assert.is((error as BenchError).code, code, String(error));
    assert.match((error as BenchError).message, message);
    assert.is((error as BenchError).where, FILE);
    return;
  }
  assert.unreachable(`not refused: ${message}`);
}

/** The file with `value` at the place of `field`, which is there once. */
function changed(field: string, by: (bytes: Buffer, at: number) => void, bytes = sound()): Buffer {
  const at = bytes.indexOf(field);
  assert.ok(at > 0 && bytes.indexOf(field, at + 1) < 0, field);
  by(bytes, at + field.length);
  return bytes;
}

test('keys of every type and tensors in their order', () => {
  const bytes = sound();
  const { version, metadata, tensors } = parseHeader(bytes, bytes.length, FILE);
  assert.is(version, 3);
  assert.equal([...metadata.keys()], [...KEYS.keys()]);
  for (const [key, { value }] of KEYS) {
    const read = metadata.get(key);
    assert.equal(typeof read === 'object' ? Array.from(read as ArrayLike<unknown>) : read, value, key);
  }
  const start = bytes.length - (256 + 128 + 32);
  assert.equal(
    tensors.map(({ name, type, shape, begin, end }) => [name, type.name, shape, begin - start, end - begin]),
    [
      ['one', 'F32', [2, 32], 0, 256],
      ['two', 'Q4_1', [3, 64], 256, 120],
      ['three', 'F32', [5], 384, 20],
    ],
  );
});

test('a header that goes on says how many bytes it needs, at every cut', () => {
  const bytes = sound();
  const header = bytes.length - 416;
  for (let length = 0; length < header - 32; length += 7) {
    try {
      parseHeader(bytes.subarray(0, length), bytes.length, FILE);
      assert.unreachable(`cut at ${length}`);
    } catch (error) {
      assert.instance(error, NeedMore);
      assert.ok((error as NeedMore).bytes > length && (error as NeedMore).bytes <= bytes.length);
    }
    // The file itself ends there: then it is damaged.
    refused(bytes.subarray(0, length), /the file has|cannot hold them/);
  }
});

test('other magic, versions and byte orders', () => {
  const at = (offset: number, value: number): Buffer => {
    const bytes = sound();
    bytes.writeUInt32LE(value, offset);
    return bytes;
  };
  refused(at(0, 0x20204747), /does not start with "GGUF"/);
  refused(at(4, 1), /GGUF version 1; versions 2 and 3 are read/, 'unsupported-model');
  refused(at(4, 0x03000000), /big-endian/, 'unsupported-model');
  const two = at(4, 2);
  assert.is(parseHeader(two, two.length, FILE).tensors.length, 3);
});

test('counts and lengths that the file cannot hold', () => {
  const u64 = (offset: number, value: bigint): Buffer => {
    const bytes = sound();
    bytes.writeBigUInt64LE(value, offset);
    return bytes;
  };
  refused(u64(8, 2n ** 63n), /beyond 2\^53/);
  refused(u64(8, BigInt(MAX_TENSORS) + 1n), /the number of tensors: claims 131073, and 131072 are allowed/);
  refused(u64(8, 1000n), /the number of tensors: claims 1000, and the \d+ bytes that follow cannot hold them/);
  refused(u64(16, 60_000n), /the number of keys: claims 60000, and the \d+ bytes/);
  refused(u64(24, 70_000n), /the name of key 0: claims 70000 bytes, and 65535 are allowed/);
  refused(u64(24, 5000n), /the name of key 0: needs bytes 32 to 5032, and the file has/);
  const longList = changed('a.scores', (bytes, at) => bytes.writeBigUInt64LE(2n ** 40n, at + 8));
  refused(longList, /key "a\.scores": claims 1099511627776, and the \d+ bytes that follow cannot hold them/);
  const longText = changed('a.words', (bytes, at) => bytes.writeBigUInt64LE(2n ** 27n, at + 16));
  refused(longText, /key "a\.words", element 0: needs bytes \d+ to \d+, and the file has \d+/);
});

test('values that no type has', () => {
  refused(
    changed('a.count', (bytes, at) => bytes.writeUInt32LE(13, at)),
    /key "a\.count": has values of type 13/,
  );
  refused(
    changed('a.flag', (bytes, at) => bytes.writeUInt8(2, at + 4)),
    /key "a\.flag": 2 is neither true/,
  );
  refused(
    changed('a.kinds', (bytes, at) => bytes.writeUInt32LE(9, at + 4)),
    /list of lists/,
    'unsupported-model',
  );
  refused(
    changed('a.words', (bytes, at) => bytes.writeUInt8(0xff, at + 24)),
    /key "a\.words", element 0: is not UTF-8/,
  );
  const twice = new Map([...KEYS, ['a.other', { type: 'u32', value: 1 } as Typed]]);
  const bytes = sound(twice);
  bytes.write('a.count', bytes.indexOf('a.other'));
  refused(bytes, /key "a\.count": is there twice/);
});

test('tensors that cannot be', () => {
  const one = (given: OutTensor, message: RegExp, code?: string): void => refused(sound(KEYS, [given]), message, code);
  one(tensor('wide', [1, 33], 'Q8_0', 34), /tensor "wide": has rows of 33, which are no whole blocks of Q8_0 \(32\)/);
  one(tensor('none', [2, 0]), /tensor "none": has a dimension of 0/);
  one(tensor('many', [1, 1, 1, 1, 1]), /tensor "many": has 5 dimensions/);
  one(tensor('n'.repeat(300), [1]), /the name of tensor 0: claims 300 bytes/);
  refused(sound(KEYS, [tensor('same', [8]), tensor('same', [8])]), /tensor "same": is there twice/);
  const typed = changed('three', (bytes, at) => bytes.writeUInt32LE(99, at + 12));
  refused(typed, /tensor "three" is stored as type 99/, 'unsupported-model');
  const offset = (value: bigint): Buffer => changed('three', (bytes, at) => bytes.writeBigUInt64LE(value, at + 16));
  refused(offset(385n), /tensor "three": starts at byte 385, no multiple of 32/);
  refused(offset(256n), /inside the tensor before/);
  refused(offset(4096n), /tensor "three": ends at byte \d+, and the file has \d+/);
  refused(offset(2n ** 60n), /beyond 2\^53/);
  refused(sound().subarray(0, -32), /tensor "three": ends at byte/);
});

test('the alignment of the file is followed, and must be one', () => {
  const aligned = (value: number): Map<string, Typed> =>
    new Map([...KEYS, ['general.alignment', { type: 'u32', value } as Typed]]);
  refused(sound(aligned(0)), /key "general\.alignment": 0 is not a multiple of 8/);
  refused(sound(aligned(12)), /12 is not a multiple of 8/);
  const bytes = sound(aligned(32));
  assert.is(parseHeader(bytes, bytes.length, FILE).tensors.length, 3);
});

test.run();
