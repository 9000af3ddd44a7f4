// Adapters in PEFT's layout: PEFT's own golden numbers, bytes there and back, and every way in which a folder of someone
// else may be wrong.

import { cpSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { BenchError } from '../../../base/error.ts';
import { mergeAdapter } from '../../../baselines/lora/merge.ts';
import {
  type AdapterModel,
  adapterFiles,
  adapterId,
  CONFIG,
  readAdapter,
  readAdapterTensors,
  WEIGHTS,
} from '../../../baselines/lora/peft.ts';
import { readPeftConfig } from '../../../baselines/lora/peft-config.ts';
import { inspectWeights } from '../../../formats/checkpoint/inspect.ts';
import { type Adapter, type LoadedEngine, loadEngine, type Variant } from '../../../gpu/index.ts';
import { writeAdapter } from '../../support/adapters.ts';
import { fixture, temporaryFolder } from '../../support/folders.ts';
import { normals, randomTokens, writeRandomModel } from '../../support/random-model.ts';
import { type Tensor, writeSafetensors } from '../../support/safetensors.ts';
import { suite } from '../../support/suite.ts';

const test = suite('PEFT adapters');
const BASE = fixture('families/llama3');
const FOLDER = fixture('families/adapters/llama3-lora');
const LOOSE = 1e-4;

async function modelOf(folder: string): Promise<AdapterModel> {
  const { matrices, digest: weights, family } = await inspectWeights(folder);
  return { matrices, weights, family };
}
const ask = async (engine: LoadedEngine, tokens: Uint32Array, variant: Variant): Promise<Float32Array> =>
  (await engine.score([{ tokens, from: 1, variant }]))[0]!.logprobs;
const apart = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));

test("an adapter that PEFT saved gives PEFT's own log-probabilities", async () => {
  const golden = JSON.parse(readFileSync(join(FOLDER, 'golden.json'), 'utf8')) as {
    ids: number[];
    logprobs: number[];
  }[];
  const engine = await loadEngine(BASE);
  try {
    const adapter = await readAdapter(FOLDER, await modelOf(BASE));
    assert.equal([adapter.rank, adapter.alpha], [4, 8]);
    let [worst, compared] = [0, 0];
    for (const { ids, logprobs } of golden.filter((one) => one.logprobs.length > 0)) {
      worst = Math.max(worst, apart(logprobs, await ask(engine, Uint32Array.from(ids), { id: 'peft', adapter })));
      compared += logprobs.length;
    }
    console.log(`  ${compared} log-probabilities, worst ${worst.toExponential(1)}`);
    assert.ok(compared > 50 && worst < LOOSE, `${worst}`);
  } finally {
    await engine.dispose();
  }
});

test('the training fixtures are read as tensors', async () => {
  const tensors = await readAdapterTensors(
    fixture('families/adapters/training_init.safetensors'),
    await modelOf(BASE),
    4,
  );
  assert.is(tensors.size, 6);
  for (const { a, b } of tensors.values()) {
    assert.ok(a.some((value) => value !== 0));
    assert.ok(b.every(Number.isFinite));
  }
});

function randomAdapter(seed: number, { matrices }: AdapterModel, of: (name: string) => boolean = () => true): Adapter {
  const normal = normals(seed);
  const rank = 3;
  const values = (length: number) => Float32Array.from({ length }, () => 0.1 * normal());
  const tensors = new Map(
    matrices
      .filter(({ name }) => of(name))
      .map(({ name, rows, columns }) => [name, { a: values(rank * columns), b: values(rows * rank) }]),
  );
  return { id: adapterId({ rank, alpha: 5, tensors }), rank, alpha: 5, tensors };
}
const config = (folder: string) => JSON.parse(readFileSync(join(folder, CONFIG), 'utf8'));

for (const family of ['llama', 'gpt2', 'gpt_neox'] as const) {
  test(`${family}: what is written is read again to the bit, and merged it scores as it did beside the weights`, async () => {
    const place = temporaryFolder();
    const folder = join(place, 'base');
    mkdirSync(folder);
    await writeRandomModel(folder, { family, seed: 3, vocab: 97, hidden: 64, heads: 4, ffn: 96, format: 'f32' });
    const model = await modelOf(folder);
    const adapter = randomAdapter(5, model);
    const out = join(place, 'adapter');
    await writeAdapter(out, adapter, model, { base: 'base', dropout: 0.1 });
    assert.equal(readdirSync(out).sort(), [CONFIG, WEIGHTS]);
    assert.equal(await readAdapter(out, model), adapter);
    assert.is(config(out).fan_in_fan_out, family === 'gpt2');
    const merged = join(place, 'merged');
    await mergeAdapter(folder, out, merged);
    const tokens = randomTokens(1, 40, 97);
    const engine = await loadEngine(folder);
    const beside = await ask(engine, tokens, { id: 'adapter', adapter });
    const without = await ask(engine, tokens, { id: 'dense' });
    await engine.dispose();
    const other = await loadEngine(merged);
    const within = await ask(other, tokens, { id: 'dense' });
    await other.dispose();
    assert.ok(apart(beside, within) < LOOSE, `${apart(beside, within)}`);
    assert.ok(apart(without, within) > 0.01, 'the adapter does something');
    await mergeAdapter(folder, out, merged).then(
      () => assert.unreachable('it wrote over a folder'),
      (error: BenchError) => assert.is(error.code, 'unwritable'),
    );
    assert.equal(readdirSync(place).sort(), ['adapter', 'base', 'merged']);
  });
}

test('the names of target modules stand for the updated matrices and for no others', async () => {
  const model = await modelOf(BASE);
  const targets = (of: (name: string) => boolean): readonly string[] =>
    JSON.parse(Buffer.from(adapterFiles(randomAdapter(1, model, of), model)[0]!.bytes).toString()).target_modules;
  assert.equal(
    targets((name) => /q_proj|down_proj/.test(name)),
    ['down_proj', 'q_proj'],
  );
  assert.equal(
    targets((name) => name === 'model.layers.1.self_attn.q_proj.weight'),
    ['1.self_attn.q_proj'],
  );
});

test('a checkpoint whose names leave the prefix out has its modules named as transformers names them', async () => {
  const info = { name: 'h.0.attn.c_attn.weight', layer: 0, module: 'attention', role: 'qkv', tap: 'qkv' } as const;
  const model: AdapterModel = { matrices: [{ ...info, rows: 6, columns: 2 }], family: 'gpt2', weights: 'w' };
  const folder = join(temporaryFolder(), 'adapter');
  const adapter = randomAdapter(1, model);
  await writeAdapter(folder, adapter, model);
  assert.match(readFileSync(join(folder, WEIGHTS)).toString('latin1'), /base_model\.model\.transformer\.h\.0\.attn/);
  assert.equal(await readAdapter(folder, model), adapter);
});

/** A copy of PEFT's folder, broken. */
async function refused(spoil: (folder: string) => unknown, message: RegExp, given?: AdapterModel): Promise<BenchError> {
  const folder = join(temporaryFolder(), 'adapter');
  cpSync(FOLDER, folder, { recursive: true });
  await spoil(folder);
  return readAdapter(folder, given ?? (await modelOf(BASE))).then(
    () => assert.unreachable(`${message} was not refused`),
    (error) => {
      assert.is(error.code, 'bad-adapter', `${error.stack}`);
      assert.match(error.message, message);
      assert.ok(error.where.startsWith(folder) && error.hint, 'a place and a next step');
      return error;
    },
  );
}
const changed = (changes: object) => (folder: string) =>
  writeFileSync(join(folder, CONFIG), JSON.stringify({ ...config(folder), ...changes }));

test('a config that asks for more than the engine applies is refused, by the field', async () => {
  for (const [changes, message] of [
    [{ peft_type: 'IA3' }, /peft_type is "IA3"/],
    [{ r: 0 }, /r is 0/],
    [{ r: 2 ** 30 }, /r is 1073741824/],
    [{ r: '4' }, /r is "4"/],
    [{ lora_alpha: null }, /lora_alpha is null/],
    [{ use_rslora: 'yes' }, /use_rslora/],
    [{ use_dora: true }, /"use_dora" is true/],
    [{ rank_pattern: { q_proj: 2 } }, /"rank_pattern"/],
    [{ alpha_pattern: { q_proj: 2 } }, /"alpha_pattern"/],
    [{ bias: 'all' }, /bias is "all"/],
    [{ lora_bias: true }, /"lora_bias"/],
    [{ modules_to_save: ['lm_head'] }, /"modules_to_save"/],
    [{ layer_replication: [[0, 1]] }, /"layer_replication"/],
    [{ init_lora_weights: 'pissa' }, /init_lora_weights is "pissa"/],
    [{ of_the_year_2030: 1 }, /"of_the_year_2030" is 1/],
    [{ '\u001b[31m': 'x'.repeat(500) }, /^"\\u001b\[31m" is "x{50,60}\.\.\.,/],
    [{ r: 3 }, /rank 3 here takes \[3,/],
  ] as const) {
    await refused(changed(changes), message);
  }
});

test('rsLoRA scales by the root of the rank', () => {
  const read = (more: object) => readPeftConfig({ peft_type: 'LORA', r: 16, lora_alpha: 8, ...more }, 'f');
  assert.equal(read({ use_rslora: true }), { rank: 16, alpha: 32 });
  assert.equal(read({}), { rank: 16, alpha: 8 });
});

test('a folder that is damaged or none is refused before its tensors are read', async () => {
  await refused((folder) => writeFileSync(join(folder, CONFIG), '{"r": '), /cannot be read as JSON/);
  await refused((folder) => writeFileSync(join(folder, CONFIG), '[1]'), /not a JSON object/);
  await refused((folder) => writeFileSync(join(folder, CONFIG), `${'['.repeat(9999)}`), /nested deeper/);
  await refused((folder) => writeFileSync(join(folder, CONFIG), ' '.repeat(2 ** 24 + 1)), /16777217 bytes/);
  await refused((folder) => truncateSync(join(folder, WEIGHTS), 9000), /bytes/);
  await refused((folder) => truncateSync(join(folder, WEIGHTS), 3), /3 bytes/);
  await refused((folder) => writeFileSync(join(folder, WEIGHTS), Buffer.alloc(64, 255)), /the header claims/);
  const nowhere = await readAdapter('/nowhere', await modelOf(BASE)).catch((error) => error);
  assert.is(nowhere.code, 'bad-adapter');
  assert.match(nowhere.hint, /adapter_config\.json and adapter_model\.safetensors/);
});

const Q = 'base_model.model.model.layers.0.self_attn.q_proj';
const tensor = (shape: readonly number[], value = 0.5, format: Tensor['format'] = 'f32'): Tensor => ({
  shape,
  values: new Float32Array(shape.reduce((a, b) => a * b)).fill(value),
  format,
});
const holding = (tensors: Record<string, Tensor>) => (folder: string) =>
  writeSafetensors(join(folder, WEIGHTS), new Map(Object.entries(tensors)));

test('tensors of another model, of another shape, alone or not finite are refused', async () => {
  const [a, b] = [tensor([4, 48]), tensor([48, 4])];
  const pair = { [`${Q}.lora_A.weight`]: a, [`${Q}.lora_B.weight`]: b };
  await refused(holding({ ...pair, [`${Q.replace('.0.', '.9.')}.lora_A.weight`]: a }), /layers\.9.*updates nothing/);
  await refused(holding({ [`${Q}.lora_A.weight`]: a }), /lora_B\.weight" is missing/);
  await refused(holding({ ...pair, [`${Q}.lora_B.weight`]: tensor([4, 48]) }), /is \[4, 48\].* takes \[48, 4\]/);
  await refused(holding({ ...pair, [`${Q}.lora_A.weight`]: tensor([192]) }), /is \[192\]/);
  await refused(holding({ ...pair, [`${Q}.lora_A.weight`]: tensor([4, 48], Number.NaN) }), /not finite/);
  await refused(holding({}), /no tensor/);
  await refused(() => {}, /updates nothing that this model has/, await modelOf(fixture('families/gpt2')));
  const model = await modelOf(BASE);
  const own = await refused((folder) => {
    for (const { name, bytes } of adapterFiles(randomAdapter(1, model), { ...model, weights: 'e'.repeat(64) }))
      writeFileSync(join(folder, name), bytes);
  }, /trained on weights "e{64}", and these are [0-9a-f]{64}/);
  assert.match(own.hint ?? '', /another model/);
});

test('half-precision tensors are widened exactly', async () => {
  const folder = join(temporaryFolder(), 'adapter');
  cpSync(FOLDER, folder, { recursive: true });
  await holding({
    [`${Q}.lora_A.weight`]: tensor([4, 48], 1.5, 'f16'),
    [`${Q}.lora_B.weight`]: tensor([48, 4], -0.375, 'bf16'),
  })(folder);
  const { tensors } = await readAdapter(folder, await modelOf(BASE));
  const { a, b } = tensors.get('model.layers.0.self_attn.q_proj.weight')!;
  assert.ok(a.length === 192 && a.every((value) => value === 1.5));
  assert.ok(b.length === 192 && b.every((value) => value === -0.375));
});

test('a folder that cannot be written leaves nothing behind', async () => {
  const place = temporaryFolder();
  writeFileSync(join(place, 'file'), '');
  const model = await modelOf(BASE);
  const adapter = randomAdapter(1, model);
  for (const out of [join(place, 'file'), join(place, 'file', 'below')]) {
    await writeAdapter(out, adapter, model).then(
      () => assert.unreachable(),
      (error: BenchError) => assert.is(error.code, 'unwritable'),
    );
  }
  assert.equal(readdirSync(place), ['file']);
});

test.run();
