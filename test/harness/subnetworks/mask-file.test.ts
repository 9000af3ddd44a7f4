// Mask files: bytes there and back, and every way in which a file of someone else may be wrong.

import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { MatrixInfo } from '../../../formats/checkpoint/matrices.ts';
import type { Masks } from '../../../harness/subnetworks/combine.ts';
import {
  type MaskFile,
  type MaskHeader,
  maskOf,
  readMaskFile,
  requireMaskFits,
  writeMaskFile,
} from '../../../harness/subnetworks/mask-file.ts';
import { keptOf, maskId, placesOf } from '../../../harness/subnetworks/masks.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { maskTensor } from '../../support/masks.ts';
import { safetensorsBytes } from '../../support/safetensors.ts';
import { suite } from '../../support/suite.ts';

const test = suite('mask files');
const HEADER: MaskHeader = {
  model: 'a'.repeat(64),
  tokenizer: 'b'.repeat(64),
  persona: 'extraversion',
  opposite: null,
  score: 'wanda',
  parameters: { gamma: 0 },
  statistic: 'rms',
  sparsity: 0.5,
  group: 'row',
  tokens: 'answer',
  chat: true,
  calibration: 'c'.repeat(64),
  seed: 0,
};
const NAMES = ['model.layers.0.self_attn.q_proj.weight', 'model.layers.0.mlp.up_proj.weight'];
const masks: Masks = new Map(NAMES.map((name, i) => [name, maskTensor(i + 1, 5 + i, 33 + 31 * i)]));
const infos: readonly MatrixInfo[] = NAMES.map((name, i) => ({
  ...{ name, layer: 0, module: i === 0 ? 'attention' : 'mlp', role: i === 0 ? 'q' : 'up' },
  ...{ tap: i === 0 ? 'qkv' : 'up', rows: 5 + i, columns: 33 + 31 * i },
}));

async function written(content: MaskFile = { header: HEADER, masks }): Promise<string> {
  const file = join(temporaryFolder(), 'mask.safetensors');
  await writeMaskFile(file, content);
  return file;
}

async function refused(file: string, message: RegExp): Promise<void> {
  await readMaskFile(file).then(
    () => assert.unreachable(`${message} was not refused`),
    (error) => {
      assert.is(error.code, 'bad-mask');
      assert.match(error.message, message);
      assert.ok(error.where.startsWith(file) && error.hint, 'a place and a next step');
    },
  );
}

/** The header's JSON and the data of a file, apart. */
function apart(file: string): { header: Record<string, never>; data: Uint8Array } {
  const bytes = readFileSync(file);
  const length = Number(bytes.readBigUInt64LE());
  return { header: JSON.parse(bytes.subarray(8, 8 + length).toString()), data: bytes.subarray(8 + length) };
}

test('what is written is read back, and equal masks give equal bytes', async () => {
  const file = await written();
  const found = await readMaskFile(file);
  assert.equal(found.header, HEADER);
  assert.equal([...found.masks].sort(), [...masks].sort());
  assert.is(maskId(found.masks), maskId(masks));
  assert.is(maskOf(found).id, maskId(masks));
  const again = await written({ header: HEADER, masks: new Map([...masks].reverse()) });
  assert.equal(readFileSync(again), readFileSync(file));
});

test('what is read and written again is the same file, and nothing else is left beside it', async () => {
  const file = await written();
  const again = join(temporaryFolder(), 'folder', 'mask.safetensors');
  await writeMaskFile(again, await readMaskFile(file));
  assert.equal(readFileSync(again), readFileSync(file));
  // What cannot be written leaves nothing: the target is a folder here.
  await writeMaskFile(join(again, '..'), { header: HEADER, masks }).then(
    () => assert.unreachable(),
    (error) => assert.is(error.code, 'unwritable'),
  );
  assert.equal(readdirSync(join(again, '..')), ['mask.safetensors']);
  assert.equal(readdirSync(join(again, '../..')), ['folder']);
});

test('the bits lie as the format says: word w, bit b is column 32 w + b', async () => {
  const words = new Uint32Array(2 * 2);
  words[0] = 1 << 5;
  words[3] = 1; // row 1, column 32
  const { data, header } = apart(
    await written({ header: HEADER, masks: new Map([['x', { rows: 2, columns: 33, words }]]) }),
  );
  assert.equal((header as unknown as Record<string, { dtype: string; shape: number[] }>).x!.shape, [2, 2]);
  assert.equal((header as unknown as Record<string, { dtype: string }>).x!.dtype, 'U32');
  assert.equal([...data], [32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
});

test('a damaged or foreign file is refused with its reason', async () => {
  const folder = temporaryFolder();
  await refused(join(folder, 'none'), /no such file/);
  await refused(folder, /folder or a device/);
  const file = await written();
  const whole = readFileSync(file);
  const changed = async (bytes: Uint8Array, message: RegExp): Promise<void> => {
    const path = join(folder, 'changed.safetensors');
    writeFileSync(path, bytes);
    await refused(path, message);
  };
  await changed(whole.subarray(0, 4), /4 bytes/);
  await changed(whole.subarray(0, whole.length - 4), /bytes of data|outside/);
  await changed(Buffer.concat([Buffer.from([255, 255, 255, 255, 255, 0, 0, 0]), whole.subarray(8)]), /header claims/);
  const { header, data } = apart(file);
  const metadata = (header as unknown as { __metadata__: Record<string, string> }).__metadata__;
  const withHeader = (change: object): Uint8Array => safetensorsBytes(JSON.stringify({ ...header, ...change }), data);
  const withMetadata = (change: object): Uint8Array => withHeader({ __metadata__: { ...metadata, ...change } });
  await changed(withMetadata({ format: 'other' }), /no mask/);
  await changed(withMetadata({ version: '9' }), /version "9"/);
  await changed(withMetadata({ header: '[]' }), /not JSON as bench writes it/);
  await changed(withMetadata({ header: JSON.stringify({ ...HEADER, seed: 'x' }) }), /no valid "seed"/);
  const said = (change: object) => withMetadata({ header: JSON.stringify({ ...HEADER, ...change }) });
  await changed(said({ model: '\u001b[2J' }), /no valid "model"/);
  await changed(said({ persona: 'x'.repeat(201) }), /no valid "persona"/);
  await changed(said({ parameters: { a: '\u009b2J' } }), /no valid "parameters"/);
  await changed(said({ parameters: [] }), /no valid "parameters"/);
  await changed(said({ sparsity: 1 }), /no valid "sparsity"/);
  await changed(
    withMetadata({ header: JSON.stringify(HEADER).replace('"sparsity":0.5', '"sparsity":-1e999') }),
    /"sparsity"/,
  );
  await changed(said({ seed: 0.5 }), /no valid "seed"/);
  await changed(withMetadata({ tensors: '{}' }), /does not fit its undefined columns/);
  await changed(withHeader({ __metadata__: 3 }), /metadata/);
  const [name] = NAMES;
  const declared = JSON.parse(metadata.tensors!);
  const declare = (change: object) =>
    withMetadata({ tensors: JSON.stringify({ ...declared, [name!]: { ...declared[name!], ...change } }) });
  await changed(declare({ kept: 1 }), /keeps \d+ places, and its header says 1/);
  const object = { toString: 1, valueOf: 1 };
  await changed(declare({ kept: object }), /its header says \{"toString":1/);
  await changed(declare({ columns: object }), /does not fit its \{"toString":1/);
  await changed(declare({ columns: 3 }), /does not fit its 3 columns/);
  await changed(
    withMetadata({ tensors: JSON.stringify({ ...declared, other: { columns: 1, kept: 0 } }) }),
    /"other" is declared/,
  );
  // As many bits in every row, one of them elsewhere; and a header that claims what its bits are not.
  const moved = Uint8Array.from(data);
  const first = (header as unknown as Record<string, { data_offsets: number[] }>)[name!]!.data_offsets[0]!;
  const byte = moved[first]!;
  moved[first] = ((byte << 1) | (byte >> 7)) & 0xff;
  assert.is.not(moved[first], byte);
  await changed(safetensorsBytes(JSON.stringify(header), moved), /not what was written/);
  await changed(said({ sparsity: 0.25 }), /not what was written/);
  await changed(said({ persona: 'introversion' }), /not what was written/);
  await changed(withMetadata({ content: undefined }), /not what was written/);
  // A bit beyond the last column.
  const spoilt = Uint8Array.from(data);
  const tensor = (header as unknown as Record<string, { data_offsets: number[] }>)[name!]!;
  spoilt[tensor.data_offsets[0]! + 7] = 0x80;
  await changed(safetensorsBytes(JSON.stringify(header), spoilt), /beyond its 33/);
  const as = { ...(header as unknown as Record<string, object>)[name!], dtype: 'I32' };
  await changed(withHeader({ [name!]: as }), /is I32, and U32 is expected/);
});

test('a tensor larger than any is refused before it is read', async () => {
  const file = join(temporaryFolder(), 'huge.safetensors');
  const bytes = 2 ** 31;
  const header = JSON.stringify({ x: { dtype: 'U32', shape: [2 ** 29, 1], data_offsets: [0, bytes] } });
  writeFileSync(file, safetensorsBytes(header, new Uint8Array(0)));
  truncateSync(file, 8 + header.length + bytes); // sparse: no disk is taken
  await refused(file, /"x" has 2147483648 bytes/);
});

test('a mask of other weights, tokenizer or shapes is refused with both', async () => {
  const content = { header: HEADER, masks };
  const model = { weights: HEADER.model, tokenizer: HEADER.tokenizer, matrices: infos };
  requireMaskFits(content, model, 'm');
  requireMaskFits(content, { ...model, tokenizer: null }, 'm');
  const fails = (other: Partial<typeof model>, message: RegExp): void => {
    assert.throws(
      () => requireMaskFits(content, { ...model, ...other }, 'm'),
      (error: Error & { code: string }) => error.code === 'bad-mask' && message.test(error.message),
    );
  };
  fails({ weights: 'f'.repeat(64) }, new RegExp(`${'a'.repeat(64)}.*${'f'.repeat(64)}`));
  fails({ tokenizer: 'e'.repeat(64) }, new RegExp(`${'b'.repeat(64)}.*${'e'.repeat(64)}`));
  fails({ matrices: infos.slice(1) }, /no matrix "model\.layers\.0\.self_attn/);
  fails({ matrices: infos.map((info) => ({ ...info, rows: 9 })) }, /5 x 33.*9 x 33/);
});

test('counts', () => {
  const naive = [...masks.values()].reduce(
    (sum, { words }) =>
      sum + [...words].reduce((n, word) => n + [...word.toString(2)].filter((bit) => bit === '1').length, 0),
    0,
  );
  assert.is(keptOf(masks), naive);
  assert.is(placesOf(masks), 5 * 33 + 6 * 64);
});

test.run();
