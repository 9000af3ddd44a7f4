// The divergence of a variant from the dense network, over whole models: against the f64 network, exactly 0 for the dense
// network itself, and the same bits whatever the batch.

import * as assert from 'uvu/assert';
import { openCheckpoint } from '../../../formats/checkpoint/open.ts';
import { loadSpec } from '../../../formats/checkpoint/read-spec.ts';
import {
  DENSE,
  type Diverged,
  type LoadedEngine,
  loadEngine,
  type Sequence,
  type Variant,
} from '../../../gpu/index.ts';
import { type ReferenceMask, type ReferenceModel, referenceModel } from '../../../gpu/reference/network/forward.ts';
import { logSoftmax } from '../../../gpu/reference/network/log-softmax.ts';
import { fixture, shared, temporaryFolder } from '../../support/folders.ts';
import { randomMask } from '../../support/masks.ts';
import { normals, type RandomModel, randomTokens, writeRandomModel } from '../../support/random-model.ts';
import { suite } from '../../support/suite.ts';

/** Against the f64 network of random weights; a divergence in parts of itself where that is above one nat. */
const LOOSE = 1e-4;
const test = suite('divergence');

async function reference(folder: string, change: ReferenceMask | null = null): Promise<ReferenceModel> {
  const checkpoint = await openCheckpoint(folder);
  const found = await referenceModel(await loadSpec(folder), checkpoint, change);
  await checkpoint.close();
  return found;
}

/** A mask, an adapter and a vector of random values, alone and together. */
function variantsOf({ matrices, spec }: LoadedEngine): readonly Variant[] {
  const normal = normals(8);
  const values = (length: number) => Float32Array.from({ length }, () => 0.1 * normal());
  const mask = randomMask(4, matrices);
  const tensors = new Map(
    matrices.map(({ name, rows, columns }) => [name, { a: values(3 * columns), b: values(rows * 3) }]),
  );
  const adapter = { id: 'adapter', rank: 3, alpha: 6, tensors };
  const vector = values(spec.hidden).map((value) => 10 * value);
  const steer = { id: 'steer', edits: [{ layer: 0, kind: 'add' as const, vector, scale: 0.7 }] };
  return [
    { id: 'mask', mask },
    { id: 'soft mask', mask, gamma: 0.5 },
    { id: 'adapter', adapter },
    { id: 'steer', steer },
    { id: 'all', mask, adapter, steer },
  ];
}

/** Rows from - 1 on of both networks, by the definition: sum of p (log p - log q), log p and log q of the next token. */
function expectedOf(dense: ReferenceModel, variant: ReferenceModel, tokens: Uint32Array, from: number): Diverged {
  const logits = [dense, variant].map((model) => model.logits(tokens).slice(from - 1, -1));
  const [p, q] = logits.map((rows) => rows.map((row) => logSoftmax(row, row.length)));
  const of = (rows: readonly Float64Array[]) => Float32Array.from(rows, (row, i) => row[tokens[from + i]!]!);
  const divergence = Float32Array.from(p!, (row, i) =>
    row.reduce((sum, value, v) => sum + Math.exp(value) * (value - q![i]![v]!), 0),
  );
  return { divergence, dense: of(p!), variant: of(q!) };
}

function meets(label: string, found: Diverged, expected: Diverged): void {
  for (const name of ['divergence', 'dense', 'variant'] as const) {
    assert.is(found[name].length, expected[name].length, label);
    expected[name].forEach((value, i) => {
      const off = Math.abs(found[name][i]! - value) / Math.max(1, Math.abs(value));
      assert.ok(off < LOOSE, `${label}, ${name} ${i}: ${found[name][i]} for ${value}`);
    });
  }
}

const MODELS: readonly RandomModel[] = [
  { family: 'llama', seed: 3, format: 'bf16', hidden: 40, heads: 5, ffn: 52, vocab: 97, layers: 3 },
  { family: 'llama', seed: 4, format: 'f16', hidden: 30, heads: 3, headSize: 10, ffn: 63, vocab: 259, tied: false },
  { family: 'gpt2', seed: 5, format: 'f32', hidden: 42, heads: 3, ffn: 50, vocab: 131, headBias: true, tied: false },
  { family: 'gpt_neox', seed: 6, format: 'bf16', hidden: 33, heads: 3, ffn: 63, vocab: 65, tied: false },
];

for (const model of MODELS) {
  test(`${model.family} ${model.format}: masks, adapters and vectors meet the f64 network; dense against dense is 0`, async () => {
    const folder = temporaryFolder();
    await writeRandomModel(folder, model);
    const engine = await loadEngine(folder);
    try {
      const plain = await reference(folder);
      const tokens = randomTokens(2, 40, engine.spec.vocab);
      for (const variant of variantsOf(engine)) {
        const { mask, gamma, adapter, steer } = variant;
        const change = { tensors: mask?.tensors ?? new Map(), ...(gamma !== undefined && { gamma }) };
        const altered = await reference(folder, { ...change, ...(adapter && { adapter }), ...(steer && { steer }) });
        const [found] = await engine.divergence([{ tokens, from: 3, variant }]);
        const expected = expectedOf(plain, altered, tokens, 3);
        meets(`${model.family} ${variant.id}`, found!, expected);
        assert.ok(
          expected.divergence.some((value) => value > 0.01),
          `${variant.id}: it changes the network`,
        );
      }
      const [same] = await engine.divergence([{ tokens, from: 1, variant: DENSE }]);
      assert.equal(same!.divergence, new Float32Array(39), 'KL(dense || dense)');
      assert.equal(same!.dense, same!.variant);
      const [scored] = await engine.score([{ tokens, from: 1, variant: DENSE }]);
      assert.equal(same!.dense, scored!.logprobs, 'the log-probabilities of scoring, to the bit');
    } finally {
      await engine.dispose();
    }
    assert.is(engine.heldBytes, 0);
  });
}

/** Two texts under several variants; the second shares a prefix, and asks for what follows it twice. */
function asked(engine: LoadedEngine): readonly Sequence[] {
  const { vocab } = engine.spec;
  const prefix = randomTokens(1, 12, vocab);
  const texts = [5, 9, 21, 1].map((length, i) => Uint32Array.from([...prefix, ...randomTokens(30 + i, length, vocab)]));
  return [DENSE, ...variantsOf(engine)].flatMap((variant) =>
    texts.map((tokens, i) => ({ tokens, from: i === 3 ? 1 : prefix.length, variant })),
  );
}

const bits = ({ divergence, dense, variant }: Diverged): readonly Uint32Array[] =>
  [divergence, dense, variant].map((values) => new Uint32Array(values.slice().buffer));

test('a divergence is the same to the bit alone, in any batch and order, at any batch size, and with a head in chunks', async () => {
  const folder = temporaryFolder();
  await writeRandomModel(folder, { ...MODELS[1]!, hidden: 75, heads: 5, headSize: 30, vocab: 517 });
  const engine = await loadEngine(folder);
  try {
    const sequences = asked(engine);
    const together = (await engine.divergence(sequences)).map(bits);
    for (const [i, sequence] of sequences.entries()) {
      if (i % 3 === 0) await engine.trim();
      assert.equal(bits((await engine.divergence([sequence]))[0]!), together[i], `sequence ${i} alone`);
    }
    const order = [...sequences.keys()].sort((a, b) => ((a * 17) % 23) - ((b * 17) % 23));
    const shuffled = (await engine.divergence(order.map((i) => sequences[i]!))).map(bits);
    for (const [at, i] of order.entries()) assert.equal(shuffled[at], together[i], `sequence ${i} shuffled`);
    for (const options of [{ maxRows: 1 }, { maxRows: 17 }, { maxRows: 32, maxBindingBytes: 66_000 }]) {
      const other = await loadEngine(folder, options);
      try {
        const again = (await other.divergence(sequences)).map(bits);
        for (const [i, one] of again.entries()) assert.equal(one, together[i], `${JSON.stringify(options)}, ${i}`);
      } finally {
        await other.dispose();
      }
    }
  } finally {
    await engine.dispose();
  }
});

test('the work of both networks is counted, and what the model cannot do is refused', async () => {
  const folder = temporaryFolder();
  await writeRandomModel(folder, MODELS[0]!);
  const engine = await loadEngine(folder);
  try {
    const tokens = randomTokens(7, 11, 97);
    await engine.score([{ tokens, from: 1, variant: DENSE }]);
    const once = engine.counters();
    engine.resetCounters();
    await engine.divergence([{ tokens, from: 1, variant: DENSE }]);
    const pair = engine.counters();
    for (const name of ['tokens', 'flops', 'weightBytes'] as const) assert.is(pair[name], 2 * once[name], name);
    assert.is(pair.submits, 1);
    assert.equal(await engine.divergence([]), []);
    for (const [sequence, code] of [
      [{ tokens: Uint32Array.of(1, 97), from: 1 }, 'bad-token'],
      [{ tokens, from: 11 }, 'bad-sequence'],
    ] as const) {
      await engine.divergence([{ ...sequence, variant: DENSE }]).then(
        () => assert.unreachable(code),
        (error) => assert.is(error.code, code),
      );
    }
  } finally {
    await engine.dispose();
  }
});

const trained = shared('models/stories260k');
if (trained === null) test.skip('stories260k', '../shared/models is not on this machine');
else {
  test('stories260k: a mask against the f64 network on its golden texts', async () => {
    const engine = await loadEngine(trained);
    try {
      const mask = randomMask(4, engine.matrices);
      const [plain, altered] = [await reference(trained), await reference(trained, { tensors: mask.tensors })];
      const tokens = randomTokens(3, 60, engine.spec.vocab);
      const [found] = await engine.divergence([{ tokens, from: 1, variant: { id: 'mask', mask } }]);
      meets('stories260k', found!, expectedOf(plain, altered, tokens, 1));
    } finally {
      await engine.dispose();
    }
  });
}

test('families: the golden checkpoints of transformers, masked, against the f64 network', async () => {
  for (const family of ['qwen3', 'gpt2']) {
    const folder = fixture(`families/${family}`);
    const engine = await loadEngine(folder);
    try {
      const mask = randomMask(9, engine.matrices);
      const [plain, altered] = [await reference(folder), await reference(folder, { tensors: mask.tensors })];
      const tokens = randomTokens(3, 20, engine.spec.vocab);
      const [found] = await engine.divergence([{ tokens, from: 1, variant: { id: 'mask', mask } }]);
      meets(family, found!, expectedOf(plain, altered, tokens, 1));
    } finally {
      await engine.dispose();
    }
  }
});

test.run();
