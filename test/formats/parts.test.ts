// Spec + checkpoint -> parts: names, shapes and counts, and what is said about a tensor that does not fit.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { BenchError } from '../../base/error.ts';
import { openCheckpoint } from '../../formats/checkpoint/open.ts';
import { allSources, type Parts, parameterCount, resolveTensors } from '../../formats/checkpoint/parts.ts';
import { loadSpec } from '../../formats/checkpoint/read-spec.ts';
import { fixture, temporaryFolder } from '../support/folders.ts';
import { type RandomModel, writeRandomModel } from '../support/random-model.ts';
import { writeSafetensors } from '../support/safetensors.ts';
import { test } from '../support/suite.ts';

async function resolve(folder: string): Promise<Parts> {
  const checkpoint = await openCheckpoint(folder);
  try {
    return resolveTensors(await loadSpec(folder), checkpoint);
  } finally {
    await checkpoint.close();
  }
}

async function random(options: RandomModel): Promise<{ folder: string; parts: Parts }> {
  const folder = temporaryFolder();
  await writeRandomModel(folder, options);
  return { folder, parts: await resolve(folder) };
}

async function refused(folder: string, message: RegExp): Promise<void> {
  const error = await resolve(folder).then(
    () => assert.unreachable(`${message} was not refused`),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof BenchError, String(error));
  assert.is(error.code, 'bad-weights');
  assert.match(error.message, message);
  assert.match(error.where ?? '', /bench-test/);
  assert.match(error.hint ?? '', /one model/);
}

const COUNTS: Readonly<Record<string, number>> = {
  llama3: 49_392,
  'llama-bf16': 44_016,
  mistral: 50_520,
  qwen2: 40_672,
  qwen3: 36_104,
  gpt2: 37_008,
  gpt_neox: 47_200,
};
for (const [family, count] of Object.entries(COUNTS)) {
  test(`${family}: ${count} parameters`, async () => {
    assert.is(parameterCount(await resolve(fixture(`families/${family}`))), count);
  });
}

test('Llama: q, k and v are one matrix of three weights, the head its own', async () => {
  const parts = await resolve(fixture('families/llama3'));
  const { qkv, gate, up, down, o } = parts.layers[1]!;
  assert.equal(
    qkv.names,
    ['q', 'k', 'v'].map((letter) => `model.layers.1.self_attn.${letter}_proj.weight`),
  );
  assert.equal([qkv.rows, qkv.columns, qkv.transposed, qkv.bias], [96, 48, false, null]);
  assert.equal(
    qkv.sources.map(({ shape }) => shape),
    [
      [48, 48],
      [24, 48],
      [24, 48],
    ],
  );
  assert.equal([gate?.names, gate?.rows, gate?.columns], [['model.layers.1.mlp.gate_proj.weight'], 80, 48]);
  assert.equal([up.rows, down.rows, down.columns, o.rows, o.columns], [80, 48, 80, 48, 48]);
  assert.equal([parts.head.names, parts.positions, parts.norm.bias], [['lm_head.weight'], null, null]);
});

test('GPT-2: one transposed matrix of q, k and v with its bias, learned positions, a tied head', async () => {
  const parts = await resolve(fixture('families/gpt2'));
  const { qkv, gate, down, norm1 } = parts.layers[2]!;
  assert.equal(
    [qkv.names, qkv.rows, qkv.columns, qkv.transposed],
    [['transformer.h.2.attn.c_attn.weight'], 96, 32, true],
  );
  assert.equal([qkv.bias?.names, qkv.bias?.size], [['transformer.h.2.attn.c_attn.bias'], 96]);
  assert.equal([gate, down.columns, down.bias?.size, norm1.bias?.size], [null, 80, 32, 32]);
  assert.equal([parts.positions?.rows, parts.positions?.transposed], [128, false]);
  assert.is(parts.head.sources[0], parts.embedding.sources[0]);
});

test('biases of Llama, of the head, and sizes of their own', async () => {
  const { parts } = await random({
    ...{ family: 'llama', seed: 1, heads: 4, kvHeads: 2, headSize: 10, hidden: 36, vocab: 50 },
    ...{ attentionBias: true, mlpBias: true, headBias: true, tied: false },
  });
  const { qkv, o, gate, down } = parts.layers[0]!;
  assert.equal([qkv.rows, qkv.columns, qkv.bias?.size, qkv.bias?.sources.length], [80, 36, 80, 3]);
  assert.equal([o.rows, o.columns, o.bias?.size], [36, 40, 36]);
  assert.equal([gate?.bias?.size, down.bias?.size], [72, 36]);
  assert.equal([parts.head.bias?.names, parts.head.bias?.size], [['lm_head.bias'], 50]);
});

test('a tied head with a bias of its own', async () => {
  const { parts } = await random({ family: 'gpt2', seed: 1, headBias: true });
  assert.equal([parts.head.sources[0] === parts.embedding.sources[0], parts.head.bias?.size], [true, 97]);
  assert.is(parts.embedding.bias, null);
});

test('Qwen: biases of q, k and v alone; Qwen3 has norms of queries and keys, one vector of both', async () => {
  const [qwen2, qwen3] = [await resolve(fixture('families/qwen2')), await resolve(fixture('families/qwen3'))];
  const { qkv, o, qkNorm, gate } = qwen2.layers[1]!;
  assert.equal([qkv.bias?.size, qkv.bias?.names.length, o.bias, gate?.bias, qkNorm], [80, 3, null, null, null]);
  assert.equal(
    [qwen3.layers[0]!.qkNorm?.size, qwen3.layers[0]!.qkNorm?.names],
    [32, ['q', 'k'].map((letter) => `model.layers.0.self_attn.${letter}_norm.weight`)],
  );
  assert.equal([qwen3.layers[0]!.o.rows, qwen3.layers[0]!.o.columns], [40, 64]);
});

test('GPT-NeoX: one matrix of q, k and v as it is stored, a head of another name', async () => {
  const parts = await resolve(fixture('families/gpt_neox'));
  const { qkv, o, gate, norm2, down } = parts.layers[1]!;
  assert.equal([qkv.rows, qkv.columns, qkv.transposed, qkv.bias?.size, qkv.sources.length], [144, 48, false, 144, 1]);
  assert.equal([o.bias?.size, gate, norm2.bias?.size, down.bias?.size], [48, null, 48, 48]);
  assert.equal([parts.head.names, parts.positions], [['embed_out.weight'], null]);
});

for (const family of ['llama', 'mistral', 'qwen2', 'qwen3', 'gpt_neox', 'gpt2'] as const) {
  test(`${family}: names without the prefix`, async () => {
    const { parts } = await random({ family, seed: 1, prefix: false, tied: false });
    assert.match(parts.embedding.names[0]!, /^(embed_tokens|embed_in|wte)\.weight$/);
    assert.is(parts.layers.length, 2);
  });

  test(`${family}: every tensor is used, and each one missing or misshapen is named`, async () => {
    const options: RandomModel = {
      ...{ family, seed: 2, layers: 1, hidden: 8, heads: 2, vocab: 5, positions: 6, tied: false },
      ...(family === 'llama' ? { attentionBias: true, mlpBias: true } : {}),
      ...(family === 'gpt_neox' ? { rotaryShare: 0.5 } : {}),
      headBias: true,
    };
    const { folder, parts } = await random(options);
    const { tensors } = await writeRandomModel(folder, options);
    assert.equal(
      allSources(parts)
        .map(({ name }) => name)
        .sort(),
      [...tensors.keys()].sort(),
    );
    assert.is(
      parameterCount(parts),
      [...tensors.values()].reduce((total, { values }) => total + values.length, 0),
    );
    const path = join(folder, 'model.safetensors');
    for (const [name, tensor] of tensors) {
      const quoted = name.replaceAll('.', '\\.');
      const others = [...tensors].filter(([other]) => other !== name);
      await writeSafetensors(path, new Map(others));
      await refused(
        folder,
        new RegExp(`${quoted} is missing; config\\.json requires \\[${tensor.shape.join(', ')}\\]`),
      );
      const longer = [...tensor.shape.slice(0, -1), tensor.shape[tensor.shape.length - 1]! + 1];
      const values = new Float32Array(longer.reduce((product, n) => product * n, 1));
      await writeSafetensors(path, new Map([...others, [name, { ...tensor, shape: longer, values }]]));
      await refused(
        folder,
        new RegExp(`${quoted} has shape \\[${longer.join(', ')}\\], but .* \\[${tensor.shape.join(', ')}\\]`),
      );
    }
  });
}

test('Qwen3 without its head_dim: the default of transformers, which the tensors contradict', async () => {
  const { folder } = await random({ family: 'qwen3', seed: 1 });
  const path = join(folder, 'config.json');
  const config = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, JSON.stringify({ ...config, head_dim: undefined }));
  await refused(folder, /q_proj\.weight has shape \[32, 32\], but config\.json requires \[512, 32\]/);
});

test('a matrix stored the other way round is misshapen', async () => {
  const options: RandomModel = { family: 'gpt2', seed: 1, layers: 1, hidden: 8, heads: 2 };
  const { folder } = await random(options);
  const { tensors } = await writeRandomModel(folder, options);
  const name = 'transformer.h.0.mlp.c_fc.weight';
  await writeSafetensors(
    join(folder, 'model.safetensors'),
    new Map([...tensors, [name, { ...tensors.get(name)!, shape: [16, 8] }]]),
  );
  await refused(folder, /c_fc\.weight has shape \[16, 8\], but config\.json requires \[8, 16\]/);
});

test('a tensor of a dtype that the engine does not compute with', async () => {
  const { folder } = await random({ family: 'llama', seed: 1, layers: 1 });
  const path = join(folder, 'model.safetensors');
  const bytes = readFileSync(path);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = bytes.toString('utf8', 8, 8 + length).replaceAll('"F32"', '"I32"');
  bytes.write(header, 8);
  writeFileSync(path, bytes);
  await refused(folder, /embed_tokens\.weight is stored as I32; F32, F16 and BF16 are supported/);
});

test('a config with more layers or another vocabulary than the weights', async () => {
  const { folder } = await random({ family: 'llama', seed: 1 });
  const path = join(folder, 'config.json');
  const config = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, JSON.stringify({ ...config, num_hidden_layers: 3 }));
  await refused(folder, /model\.layers\.2\.input_layernorm\.weight is missing/);
  writeFileSync(path, JSON.stringify({ ...config, vocab_size: 98 }));
  await refused(folder, /embed_tokens\.weight has shape \[97, 32\], but config\.json requires \[98, 32\]/);
});

test.run();
