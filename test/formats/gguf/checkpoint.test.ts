// A GGUF as a checkpoint: names, the order of rows, shards, config; and what quantise writes read back.

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { BenchError } from '../../../base/error.ts';
import { copyCheckpoint } from '../../../formats/checkpoint/copy.ts';
import { openCheckpoint } from '../../../formats/checkpoint/open.ts';
import { resolveTensors } from '../../../formats/checkpoint/parts.ts';
import { loadSpec } from '../../../formats/checkpoint/read-spec.ts';
import type { Spec } from '../../../formats/checkpoint/spec.ts';
import { openGguf } from '../../../formats/gguf/file.ts';
import { ggufFiles } from '../../../formats/gguf/files.ts';
import { ggufAt } from '../../../formats/gguf/find.ts';
import { checkpointName, ggufName } from '../../../formats/gguf/names.ts';
import { quantise } from '../../../formats/gguf/quantise.ts';
import { type OutTensor, type Typed, writeGguf } from '../../../formats/gguf/write.ts';
import { narrow, widen } from '../../../formats/tensors/numbers.ts';
import type { Format } from '../../../formats/tensors/tensor.ts';
import { fixture, temporaryFolder } from '../../support/folders.ts';
import { ROOT } from '../../support/node.ts';
import { suite } from '../../support/suite.ts';

const test = suite('gguf checkpoints');
const NANO = join(ROOT, 'models/persona-nano');
const DESCRIBED = { name: 'nano', tokenizer: new Map<string, Typed>() };

async function written(model: string, format: Format): Promise<string> {
  const path = join(temporaryFolder(), `${format}.gguf`);
  const checkpoint = await openCheckpoint(model);
  try {
    await quantise(await loadSpec(model), checkpoint, format, DESCRIBED, path);
  } finally {
    await checkpoint.close();
  }
  return path;
}

/** All numbers of a tensor, read in pieces that fit no row. */
async function numbersOf(model: string, name: string): Promise<Float64Array> {
  const checkpoint = await openCheckpoint(model);
  try {
    const tensor = checkpoint.tensors.get(name)!;
    const bytes = narrow(new Float64Array(tensor.shape.reduce((product, n) => product * n, 1)), tensor.format);
    for (let at = 0; at < bytes.length; at += 997) await tensor.read(at, bytes.subarray(at, at + 997));
    return widen(bytes, tensor.format);
  } finally {
    await checkpoint.close();
  }
}

async function refused(work: Promise<unknown>, code: string, message: RegExp): Promise<void> {
  try {
    await work;
  } catch (error) {
    assert.is((error as BenchError).code, code, String(error));
    assert.match((error as BenchError).message, message);
    return;
  }
  assert.unreachable(`not refused: ${message}`);
}

test('names go both ways', () => {
  for (const [gguf, name] of [
    ['token_embd.weight', 'model.embed_tokens.weight'],
    ['output.weight', 'lm_head.weight'],
    ['blk.12.attn_q.bias', 'model.layers.12.self_attn.q_proj.bias'],
    ['blk.0.ffn_down.weight', 'model.layers.0.mlp.down_proj.weight'],
  ] as const) {
    assert.is(checkpointName(gguf), name);
    assert.is(ggufName(name), gguf);
  }
  assert.is(checkpointName('blk.3.ffn_gate_exps.weight'), 'model.layers.3.ffn_gate_exps.weight');
});

test('a model written in its own format is the same model', async () => {
  for (const [model, format] of [
    [NANO, 'bf16'],
    [fixture('families/llama3'), 'f32'],
    [fixture('families/qwen2'), 'f32'],
    [fixture('families/qwen3'), 'f32'],
  ] as const) {
    const path = await written(model, format);
    const [was, is] = [await loadSpec(model), await loadSpec(path)];
    const plain = ({ rope, normEps, ...rest }: Spec) => ({ ...rest, eps: Math.fround(normEps), base: rope?.base });
    assert.equal(plain(is), plain(was), model);
    const checkpoint = await openCheckpoint(model);
    const names = [...checkpoint.tensors.keys()];
    const parts = resolveTensors(was, checkpoint);
    await checkpoint.close();
    assert.ok(parts.layers.length > 0);
    for (const name of names)
      assert.equal(await numbersOf(path, name), await numbersOf(model, name), `${model} ${name}`);
  }
});

test('rows of queries and keys lie pair by pair in the file of a Llama', async () => {
  const path = await written(NANO, 'bf16');
  const { headSize } = await loadSpec(NANO);
  const ours = await numbersOf(NANO, 'model.layers.1.self_attn.k_proj.weight');
  const file = await openGguf(path);
  const tensor = file.tensors.find(({ name }) => name === 'blk.1.attn_k.weight')!;
  const columns = tensor.shape[1]!;
  const bytes = new Uint8Array(tensor.end - tensor.begin);
  await file.read(tensor, 0, bytes);
  await file.close();
  const stored = widen(bytes, 'bf16');
  const row = (values: Float64Array, k: number): Float64Array => values.slice(k * columns, (k + 1) * columns);
  for (const [theirs, own] of [
    [0, 0],
    [1, headSize / 2],
    [2, 1],
    [headSize + 5, headSize + headSize / 2 + 2],
  ] as const) {
    assert.equal(row(stored, theirs), row(ours, own));
  }
});

test('the scaling of Llama 3 goes along as divisors of the frequencies', async () => {
  const model = fixture('families/llama3');
  const { rope } = await loadSpec(model);
  assert.is(rope?.scale?.kind, 'llama3');
  const scale = (await loadSpec(await written(model, 'f32'))).rope?.scale;
  assert.is(scale?.kind, 'factors');
  const { ropeFrequencies } = await import('../../../gpu/engine/forward/rope.ts');
  const [was, is] = [ropeFrequencies(rope!), ropeFrequencies({ ...rope!, scale: scale! })];
  for (const [pair, frequency] of was.entries()) assert.ok(Math.abs(is[pair]! / frequency - 1) < 1e-6, `pair ${pair}`);
});

test('shards are one model, and each must be the one that its name says', async () => {
  const whole = await openGguf(await written(NANO, 'bf16'));
  const folder = temporaryFolder();
  const shard = async (k: number, keys: ReadonlyMap<string, Typed>): Promise<void> => {
    const tensors = whole.tensors
      .filter((_, i) => i % 2 === k)
      .map(
        (tensor): OutTensor => ({
          ...tensor,
          type: tensor.type.name,
          bytes: tensor.end - tensor.begin,
          async *pieces() {
            const bytes = new Uint8Array(tensor.end - tensor.begin);
            await whole.read(tensor, 0, bytes);
            yield bytes;
          },
        }),
      );
    await writeGguf(join(folder, `m-0000${k + 1}-of-00002.gguf`), keys, tensors);
  };
  const number = (k: number): [string, Typed][] => [
    ['split.no', { type: 'u32', value: k }],
    ['split.count', { type: 'u32', value: 2 }],
  ];
  const keys = new Map<string, Typed>(number(0));
  for (const [key, value] of whole.metadata) {
    if (typeof value === 'string') keys.set(key, { type: 'string', value });
    else if (typeof value === 'number') keys.set(key, { type: Number.isInteger(value) ? 'u32' : 'f32', value });
  }
  await shard(0, keys);
  await refused(openCheckpoint(folder), 'bad-model', /there is no such file/);
  await shard(1, new Map(number(1)));
  await whole.close();
  assert.is(await ggufAt(folder), join(folder, 'm-00001-of-00002.gguf'));
  const name = 'model.layers.2.mlp.up_proj.weight';
  assert.equal(await numbersOf(folder, name), await numbersOf(NANO, name));
  renameSync(join(folder, 'm-00001-of-00002.gguf'), join(folder, 'first'));
  renameSync(join(folder, 'm-00002-of-00002.gguf'), join(folder, 'm-00001-of-00002.gguf'));
  renameSync(join(folder, 'first'), join(folder, 'm-00002-of-00002.gguf'));
  await refused(openCheckpoint(folder), 'bad-weights', /split\.no: is shard 2 of 2, and is used as 1 of 2/);
});

test('a folder with one GGUF is that model; with several, one must be named', async () => {
  const folder = temporaryFolder();
  const bytes = readFileSync(await written(NANO, 'q8_0'));
  writeFileSync(join(folder, 'a.gguf'), bytes);
  assert.is((await loadSpec(folder)).hidden, 128);
  writeFileSync(join(folder, 'b.gguf'), bytes);
  await refused(loadSpec(folder), 'bad-model', /2 GGUF files: "a\.gguf", "b\.gguf"/);
  await mkdir(join(folder, 'empty'));
  assert.is(await ggufAt(join(folder, 'empty')), null);
});

test('a copy of a GGUF is a model folder with the numbers of its blocks, changed where it was edited', async () => {
  const path = await written(NANO, 'q4_1');
  const into = join(temporaryFolder(), 'copy');
  const edited = 'model.layers.0.mlp.down_proj.weight';
  await copyCheckpoint(path, into, ({ name }) => (name === edited ? (rows) => rows.fill(0) : null));
  assert.equal((await loadSpec(into)).layers, (await loadSpec(path)).layers);
  const other = 'model.layers.1.self_attn.q_proj.weight';
  assert.equal(await numbersOf(into, other), Float64Array.from(Float32Array.from(await numbersOf(path, other))));
  assert.ok((await numbersOf(into, edited)).every((value) => value === 0));
});

test('what a file says that no supported model has is refused by its name', async () => {
  const folder = temporaryFolder();
  const keys = (more: Readonly<Record<string, Typed>>): Map<string, Typed> =>
    new Map(Object.entries<Typed>({ 'general.architecture': { type: 'string', value: 'llama' }, ...more }));
  const fails = async (more: Readonly<Record<string, Typed>>, code: string, message: RegExp): Promise<void> => {
    const path = join(folder, `${Math.random()}.gguf`);
    await writeGguf(path, keys(more), []);
    await refused(loadSpec(path), code, message);
  };
  const u32 = (value: number): Typed => ({ type: 'u32', value });
  await fails(
    { 'general.architecture': { type: 'string', value: 'mamba' } },
    'unsupported-model',
    /"mamba" is not supported/,
  );
  await fails({ 'llama.expert_count': u32(8) }, 'unsupported-model', /llama\.expert_count 8 is not supported/);
  await fails({}, 'bad-model', /num_hidden_layers is missing/);
  await fails({ 'llama.block_count': { type: 'string', value: 'four' } }, 'bad-model', /block_count is string/);
  await fails(
    { 'llama.attention.key_length': u32(64), 'llama.attention.value_length': u32(32) },
    'unsupported-model',
    /heads of 64 for keys and 32 for values/,
  );
  await fails(
    { 'llama.rope.scaling.type': { type: 'string', value: 'yarn' }, 'llama.rope.scaling.factor': u32(4) },
    'bad-model',
    /num_hidden_layers is missing/,
  );
  await refused(
    ggufFiles(join(folder, 'absent.gguf'))
      .then((files) => assert.is(files, null))
      .then(() => loadSpec(join(folder, 'absent.gguf'))),
    'bad-model',
    /no such model folder/,
  );
});

test.run();
