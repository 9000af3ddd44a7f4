// Masked networks on the device: against the f64 network, equal to the bit in every layout and beside every neighbour.

import * as assert from 'uvu/assert';
import { openCheckpoint } from '../../../formats/checkpoint/open.ts';
import { loadSpec } from '../../../formats/checkpoint/read-spec.ts';
import {
  DENSE,
  type LoadedEngine,
  loadEngine,
  type Mask,
  type Sampling,
  type Sequence,
  type Variant,
} from '../../../gpu/index.ts';
import { type ReferenceMask, referenceModel } from '../../../gpu/reference/network/forward.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { randomMask } from '../../support/masks.ts';
import { type RandomFamily, randomTokens, writeRandomModel } from '../../support/random-model.ts';
import { suite } from '../../support/suite.ts';

const LOOSE = 1e-4;
const VOCAB = 97;
const test = suite('variants');

async function opened(
  family: RandomFamily,
  format: 'f32' | 'bf16' = 'f32',
): Promise<{ folder: string; engine: LoadedEngine }> {
  const folder = temporaryFolder();
  await writeRandomModel(folder, { family, seed: 3, vocab: VOCAB, hidden: 64, heads: 4, ffn: 96, format });
  return { folder, engine: await loadEngine(folder) };
}

async function twin(folder: string, mask: ReferenceMask | null = null) {
  const checkpoint = await openCheckpoint(folder);
  try {
    return await referenceModel(await loadSpec(folder), checkpoint, mask);
  } finally {
    await checkpoint.close();
  }
}

const scores = async (engine: LoadedEngine, variant: Variant, seeds = [1, 2, 3]): Promise<readonly Float32Array[]> => {
  const sequences = seeds.map(
    (seed): Sequence => ({ tokens: randomTokens(seed, 20 + 30 * seed, VOCAB), from: 1, variant }),
  );
  return (await engine.score(sequences)).map(({ logprobs }) => logprobs);
};

for (const family of ['llama', 'gpt2', 'gpt_neox'] as const) {
  test(`${family}: masked and soft networks meet the f64 network`, async () => {
    const { folder, engine } = await opened(family);
    try {
      const mask = randomMask(5, engine.matrices);
      for (const gamma of [0, 0.5]) {
        const reference = await twin(folder, { tensors: mask.tensors, gamma });
        for (const layout of ['masked', 'baked'] as const) {
          const [found] = await scores(engine, { id: `${layout} ${gamma}`, mask, gamma, layout }, [1]);
          const expected = reference.logprobs(randomTokens(1, 50, VOCAB));
          const worst = Math.max(...expected.map((value, i) => Math.abs(value - found![i]!)));
          assert.ok(worst < LOOSE, `${layout}, gamma ${gamma}: ${worst}`);
        }
      }
    } finally {
      await engine.dispose();
    }
  });
}

test('every layout gives the same bits, gamma 1 those of the dense network, and a partial mask leaves the rest whole', async () => {
  for (const [family, format] of [
    ['llama', 'bf16'],
    ['qwen2', 'f32'],
  ] as const) {
    const { engine } = await opened(family, format);
    try {
      const whole = randomMask(7, engine.matrices);
      const some: Mask = {
        id: 'some',
        tensors: new Map([...whole.tensors].filter(([name]) => /1\.self_attn\.k|0\.mlp\.up/.test(name))),
      };
      assert.is(some.tensors.size, 2);
      const dense = await scores(engine, DENSE);
      for (const mask of [whole, some]) {
        const masked = await scores(engine, { id: `${mask.id} masked`, mask, layout: 'masked' });
        assert.equal(await scores(engine, { id: `${mask.id} baked`, mask, layout: 'baked' }), masked);
        assert.equal(await scores(engine, { id: `${mask.id}`, mask }), masked);
        assert.not.equal(masked, dense);
        assert.equal(await scores(engine, { id: `${mask.id} open`, mask, gamma: 1 }), dense, 'gamma 1');
      }
      assert.equal(await scores(engine, { id: 'empty', mask: { id: 'empty', tensors: new Map() } }), dense);
      assert.equal(await scores(engine, DENSE), dense, 'the base weights are as they were');
    } finally {
      await engine.dispose();
    }
  }
});

test('a network without its removed channels gives the bits of the masked one, and takes less room', async () => {
  for (const [family, format] of [
    ['llama', 'bf16'],
    ['gpt2', 'f32'],
    ['gpt_neox', 'f32'],
  ] as const) {
    const { engine } = await opened(family, format);
    try {
      const names = engine.matrices.filter(({ module }) => module === 'mlp').map(({ name }) => name);
      for (const sparsity of [0.5, 0.9]) {
        const { tensors } = await engine.select({
          scores: new Map(names.map((name) => [name, { kind: 'random', seed: 3 }])),
          group: { kind: 'channels' },
          sparsity,
        });
        const mask = { id: `channels ${sparsity}`, tensors };
        const masked = await scores(engine, { id: 'm', mask, layout: 'masked' });
        assert.equal(await scores(engine, { id: 'c', mask, layout: 'compact' }), masked, `${family} ${sparsity}`);
        assert.equal(await scores(engine, { id: 'd', mask }), masked, 'which layout is chosen changes nothing');
      }
      for (const [sparsity, rows] of [
        [0.5, 64],
        [0.9, 64],
        [0.7, 128],
      ] as const) {
        const { tensors } = await engine.select({
          scores: new Map(engine.matrices.map(({ name }) => [name, { kind: 'random', seed: 5 }])),
          group: { kind: 'tiles', rows },
          sparsity,
        });
        const mask = { id: `tiles ${sparsity}`, tensors };
        const masked = await scores(engine, { id: 'm', mask, layout: 'masked' });
        assert.equal(await scores(engine, { id: 't', mask, layout: 'compact' }), masked, `${family} tiles ${sparsity}`);
      }
      const soft = { id: 's', mask: randomMask(1, engine.matrices), gamma: 0.5, layout: 'compact' } as const;
      await scores(engine, soft).then(
        () => assert.unreachable(),
        (error) => assert.is(error.code, 'bad-variant'),
      );
    } finally {
      await engine.dispose();
    }
  }
});

test('a batch may mix masks and the dense network, and each result is that of the same request alone', async () => {
  const { engine } = await opened('llama');
  const greedy: Sampling = { maxTokens: 6, temperature: 0, topK: 0, topP: 1, seed: 0, stopTokens: [] };
  const drawn: Sampling = { ...greedy, temperature: 1, seed: 4 };
  try {
    const variants: readonly Variant[] = [
      DENSE,
      { id: 'a', mask: randomMask(1, engine.matrices) },
      { id: 'b', mask: randomMask(2, engine.matrices), layout: 'masked' },
      { id: 'c', mask: randomMask(2, engine.matrices), gamma: 0.3 },
    ];
    const alone: (readonly Float32Array[])[] = [];
    for (const variant of variants) alone.push(await scores(engine, variant));
    const mixed = [1, 2, 3].flatMap((seed) =>
      variants.map((variant): Sequence => ({ tokens: randomTokens(seed, 20 + 30 * seed, VOCAB), from: 1, variant })),
    );
    const found = await engine.score(mixed);
    found.forEach(({ logprobs }, i) => {
      assert.equal(logprobs, alone[i % variants.length]![Math.floor(i / variants.length)], `${mixed[i]!.variant.id}`);
    });
    const said = async (
      asked: readonly { tokens: Uint32Array; variant: Variant }[],
      sampling: Sampling,
    ): Promise<number[][]> => {
      const out: number[][] = asked.map(() => []);
      for await (const { sequence, token } of engine.generate(asked, sampling)) out[sequence]!.push(token);
      return out;
    };
    const prompts = variants.map((variant) => ({ tokens: randomTokens(9, 7, VOCAB), variant }));
    for (const sampling of [greedy, drawn]) {
      const together = await said(prompts, sampling);
      for (const [i, prompt] of prompts.entries()) assert.equal((await said([prompt], sampling))[0], together[i]);
    }
    const held = engine.heldBytes;
    await engine.trim();
    assert.ok(engine.heldBytes < held, 'trim gives the masks back');
    assert.equal(await scores(engine, variants[1]!), alone[1], 'and the next call brings them again');
    // More variants than stay on the device, then the first again.
    for (let seed = 20; seed < 32; seed++)
      await scores(engine, { id: `${seed}`, mask: randomMask(seed, engine.matrices) }, [1]);
    assert.equal(await scores(engine, variants[1]!), alone[1]);
    // An id that stands for another mask is not taken for the one before.
    assert.not.equal(await scores(engine, { ...variants[1]!, mask: randomMask(50, engine.matrices) }), alone[1]);
  } finally {
    await engine.dispose();
  }
  assert.is(engine.heldBytes, 0);
});

test('a mask of another network is refused by name and shape', async () => {
  const { engine } = await opened('llama');
  try {
    const [first] = engine.matrices;
    const { rows, columns, name } = first!;
    const of = (tensors: [string, { rows: number; columns: number; words: Uint32Array }][]) => ({
      id: 'x',
      mask: { id: 'x', tensors: new Map(tensors) },
    });
    const words = new Uint32Array(rows * Math.ceil(columns / 32));
    for (const [variant, text] of [
      [of([['model.layers.9.mlp.up_proj.weight', { rows, columns, words }]]), /no matrix model\.layers\.9/],
      [of([[name, { rows: rows + 1, columns, words }]]), /65 x 64.* 64 x 64/],
      [of([[name, { rows, columns, words: words.subarray(1) }]]), /words/],
      [{ id: 'g', gamma: 2 }, /gamma is 2/],
    ] as const) {
      try {
        await scores(engine, variant, [1]);
        assert.unreachable();
      } catch (error) {
        assert.is((error as { code: string }).code, 'bad-mask');
        assert.match((error as Error).message, text);
      }
    }
  } finally {
    await engine.dispose();
  }
});

test.run();
