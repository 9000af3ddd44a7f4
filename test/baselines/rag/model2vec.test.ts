// Static embedders in the layout of model2vec: the published reference, and small folders with every part and every fault.

import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { embedderDigest, loadEmbedder } from '../../../baselines/rag/model2vec.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { ROOT } from '../../support/node.ts';
import { suite } from '../../support/suite.ts';

const test = suite('model2vec');
const SHARED = join(ROOT, '../shared/models/m2v-bge-64d-vq');

const VOCABULARY = ['[UNK]', '\u2581the', '\u2581sun', '\u2581rain'];
const TOKENIZER = {
  ...{ version: '1.0', truncation: null, padding: null, added_tokens: [], post_processor: null, decoder: null },
  normalizer: { type: 'Lowercase' },
  pre_tokenizer: { type: 'Metaspace', replacement: '\u2581', prepend_scheme: 'always', split: false },
  model: { type: 'Unigram', unk_id: 0, byte_fallback: false, vocab: VOCABULARY.map((token, i) => [token, -1 - i]) },
};

type Tensors = Readonly<Record<string, { dtype: string; shape: number[]; data: ArrayLike<number> & ArrayBufferView }>>;

function folderWith(tensors: Tensors, config: unknown = { normalize: true }): string {
  const folder = temporaryFolder();
  let at = 0;
  const header = Object.fromEntries(
    Object.entries(tensors).map(([name, { dtype, shape, data }]) => {
      const begin = at;
      at += data.byteLength;
      return [name, { dtype, shape, data_offsets: [begin, at] }];
    }),
  );
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const data = Object.values(tensors).map((one) => new Uint8Array(one.data.buffer));
  writeFileSync(join(folder, 'model.safetensors'), Buffer.concat([length, text, ...data]));
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(TOKENIZER));
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  return folder;
}

const matrix = (rows: number[][]) => ({
  embeddings: { dtype: 'F32', shape: [rows.length, rows[0]!.length], data: Float32Array.from(rows.flat()) },
});
const WEIGHTS = { weights: { dtype: 'F64', shape: [4], data: Float64Array.of(9, 0, 2, 1) } };
const MAPPING = { mapping: { dtype: 'I32', shape: [4], data: Int32Array.of(0, 1, 1, 0) } };

if (existsSync(SHARED)) {
  test('the reference embedding of 1000 times "hello"', async () => {
    const embedder = await loadEmbedder(SHARED);
    const [wanted] = JSON.parse(readFileSync(join(SHARED, 'reference_embedding.json'), 'utf8'));
    const found = embedder.embed(Array(1000).fill('hello').join(' '));
    assert.is(embedder.dimensions, 64);
    assert.is(found.length, wanted.length);
    // Float32 of a float64 sum: half a unit in the last place of numbers below 1.
    for (const [d, value] of found.entries())
      assert.ok(Math.abs(value - wanted[d]) < 6e-8, `${d}: ${value} ${wanted[d]}`);
    const cosine = (a: string, b: string) => {
      const [x, y] = [embedder.embed(a), embedder.embed(b)];
      return x.reduce((sum, value, d) => sum + value * y[d]!, 0);
    };
    assert.ok(cosine('a warm summer day', 'hot sun in July') > cosine('a warm summer day', 'the tax form') + 0.1);
  });
} else {
  test.skip('the reference embedding of 1000 times "hello"', `${SHARED} is not on this machine`);
}

test('the mean of rows times weights, through the mapping; unknown words say nothing', async () => {
  const rows = [
    [3, 4],
    [0, 5],
  ];
  const whole = await loadEmbedder(folderWith({ ...matrix(rows), ...MAPPING, ...WEIGHTS }, { normalize: false }));
  // sun: row 1 times 2; rain: row 0 times 1; the: row 1 times 0.
  assert.equal([...whole.embed('Sun rain')], [1.5, 7]);
  assert.equal([...whole.embed('the sun zzz')], [0, 5]);
  assert.equal([...whole.embed('zzz')], [0, 0]);
  const unit = await loadEmbedder(folderWith({ ...matrix(rows), ...MAPPING }));
  assert.equal(
    [...unit.embed('rain')].map((value) => value.toFixed(6)),
    ['0.600000', '0.800000'],
  );
  const plain = await loadEmbedder(folderWith(matrix([...rows, [1, 1], [2, 0]]), { normalize: false }));
  assert.equal([...plain.embed('sun rain')], [1.5, 0.5]);
});

test('half-precision rows are read', async () => {
  const half = { embeddings: { dtype: 'F16', shape: [4, 1], data: Uint16Array.of(0, 0x3c00, 0x4000, 0xc200) } };
  const embedder = await loadEmbedder(folderWith(half, { normalize: false }));
  assert.equal(
    ['the', 'sun', 'rain'].map((word) => embedder.embed(word)[0]),
    [1, 2, -3],
  );
});

async function refused(folder: string, message: RegExp): Promise<void> {
  const error = await loadEmbedder(folder).catch((thrown: unknown) => thrown);
  const { code, hint } = error as { code?: string; hint?: string };
  assert.ok(code === 'bad-embedding' || code === 'bad-weights' || code === 'bad-tokenizer', `${code}`);
  assert.match((error as Error).message, message);
  assert.ok(hint);
}

test('a folder that holds no such embedder is refused', async () => {
  await refused(temporaryFolder(), /there is no config.json/);
  await refused(folderWith({ rows: { dtype: 'F32', shape: [1], data: Float32Array.of(1) } }), /no tensor "embeddings"/);
  await refused(folderWith({ embeddings: { dtype: 'F32', shape: [4], data: new Float32Array(4) } }), /not a matrix/);
  const beyond = { mapping: { dtype: 'I32', shape: [4], data: Int32Array.of(0, 1, 2, 0) } };
  await refused(folderWith({ ...matrix([[1], [2]]), ...beyond }), /token 2 is mapped to row 2 of 2/);
  await refused(folderWith({ ...matrix([[1], [2]]), ...WEIGHTS }), /4 weights for 2 tokens/);
  await refused(folderWith(matrix([[1], [2]])), /embeds only 2 tokens/);
  const cut = folderWith(matrix([[1], [2], [3], [4]]));
  writeFileSync(join(cut, 'model.safetensors'), readFileSync(join(cut, 'model.safetensors')).subarray(0, -3));
  await refused(cut, /data/);
  const odd = { embeddings: { dtype: 'U8', shape: [4, 1], data: Uint8Array.of(1, 2, 3, 4) } };
  await refused(folderWith(odd), /U8, which is not read/);
});

test('the digest is of the content, wherever it lies, and changes with it', () => {
  const folder = folderWith(matrix([[1], [2], [3], [4]]));
  const digest = embedderDigest(folder);
  const copy = temporaryFolder();
  cpSync(folder, copy, { recursive: true });
  assert.is(embedderDigest(copy), digest);
  writeFileSync(join(copy, 'config.json'), '{"normalize": false}');
  assert.is.not(embedderDigest(copy), digest);
});

test.run();
