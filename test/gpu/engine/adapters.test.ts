// Low-rank adapters beside the weights: against the f64 network, PEFT's own golden numbers, and in one batch with masks.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { MatrixInfo } from '../../../formats/checkpoint/matrices.ts';
import { openCheckpoint } from '../../../formats/checkpoint/open.ts';
import { loadSpec } from '../../../formats/checkpoint/read-spec.ts';
import { headerLength, parseHeader } from '../../../formats/safetensors/header.ts';
import {
  type Adapter,
  DENSE,
  type LoadedEngine,
  loadEngine,
  type Sampling,
  type Sequence,
  type Variant,
} from '../../../gpu/index.ts';
import { referenceModel } from '../../../gpu/reference/network/forward.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { randomMask } from '../../support/masks.ts';
import { ROOT } from '../../support/node.ts';
import { normals, randomTokens, writeRandomModel } from '../../support/random-model.ts';
import { suite } from '../../support/suite.ts';

const LOOSE = 1e-4;
const VOCAB = 97;
const test = suite('adapters');

function randomAdapter(seed: number, matrices: readonly MatrixInfo[], rank = 3): Adapter {
  const normal = normals(seed);
  const values = (length: number): Float32Array => Float32Array.from({ length }, () => 0.1 * normal());
  const tensors = matrices.map(
    ({ name, rows, columns }) => [name, { a: values(rank * columns), b: values(rows * rank) }] as const,
  );
  return { id: `adapter ${seed}`, rank, alpha: 2 * rank, tensors: new Map(tensors) };
}

const opened = async (family: 'llama' | 'gpt2' | 'gpt_neox', format: 'f32' | 'bf16' = 'f32') => {
  const folder = temporaryFolder();
  await writeRandomModel(folder, { family, seed: 3, vocab: VOCAB, hidden: 64, heads: 4, ffn: 96, format });
  return { folder, engine: await loadEngine(folder) };
};
const scores = async (engine: LoadedEngine, variant: Variant, seed = 1): Promise<Float32Array> =>
  (await engine.score([{ tokens: randomTokens(seed, 50, VOCAB), from: 1, variant }]))[0]!.logprobs;

for (const [family, format] of [
  ['llama', 'f32'],
  ['llama', 'bf16'],
  ['gpt2', 'f32'],
  ['gpt_neox', 'f32'],
] as const) {
  test(`${family} ${format}: an adapter, whole or of some matrices, alone or beside a mask, meets the f64 network`, async () => {
    const { folder, engine } = await opened(family, format);
    try {
      const some = engine.matrices.filter(({ role }) => ['q', 'v', 'up', 'o', 'qkv'].includes(role));
      const mask = randomMask(4, engine.matrices);
      for (const [of, masked] of [
        [engine.matrices, false],
        [some, false],
        [some, true],
      ] as const) {
        const adapter = randomAdapter(7, of);
        const checkpoint = await openCheckpoint(folder);
        const edits = { tensors: masked ? mask.tensors : new Map(), adapter };
        const reference = await referenceModel(await loadSpec(folder), checkpoint, edits);
        await checkpoint.close();
        const expected = reference.logprobs(randomTokens(1, 50, VOCAB));
        for (const layout of ['masked', 'baked'] as const) {
          const variant = { id: `${of.length} ${layout}`, adapter, ...(masked && { mask, layout }) };
          const found = await scores(engine, variant);
          const worst = Math.max(...expected.map((value, i) => Math.abs(value - found[i]!)));
          assert.ok(worst < LOOSE, `${of.length} matrices, masked ${masked}: ${worst}`);
        }
      }
    } finally {
      await engine.dispose();
    }
    assert.is(engine.heldBytes, 0);
  });
}

test('a batch may mix two masks, an adapter and the dense network, each as if alone', async () => {
  const { engine } = await opened('llama');
  try {
    const adapter = randomAdapter(9, engine.matrices);
    const variants: readonly Variant[] = [
      DENSE,
      { id: 'mask a', mask: randomMask(1, engine.matrices) },
      { id: 'mask b', mask: randomMask(2, engine.matrices), layout: 'masked' },
      { id: 'adapter', adapter },
      { id: 'both', adapter, mask: randomMask(1, engine.matrices) },
    ];
    const alone: Float32Array[] = [];
    for (const variant of variants) alone.push(await scores(engine, variant));
    for (const [i, one] of alone.entries()) for (const other of alone.slice(0, i)) assert.not.equal(one, other);
    const tokens = randomTokens(1, 50, VOCAB);
    const mixed = await engine.score(
      [...variants].reverse().map((variant): Sequence => ({ tokens, from: 1, variant })),
    );
    mixed.forEach(({ logprobs }, i) => {
      assert.equal(logprobs, alone[variants.length - 1 - i], variants[variants.length - 1 - i]!.id);
    });
    const greedy: Sampling = { maxTokens: 6, temperature: 0, topK: 0, topP: 1, seed: 0, stopTokens: [] };
    const said = async (asked: readonly Variant[]): Promise<number[][]> => {
      const out: number[][] = asked.map(() => []);
      const prompts = asked.map((variant) => ({ tokens: randomTokens(5, 9, VOCAB), variant }));
      for await (const { sequence, token } of engine.generate(prompts, greedy)) out[sequence]!.push(token);
      return out;
    };
    const together = await said(variants);
    for (const [i, variant] of variants.entries()) assert.equal((await said([variant]))[0], together[i], variant.id);
    assert.equal(await scores(engine, DENSE), alone[0], 'the base weights are as they were');
  } finally {
    await engine.dispose();
  }
});

test('beside an adapter every layout of a mask gives the same bits, and compact is refused', async () => {
  for (const [family, format] of [
    ['llama', 'bf16'],
    ['gpt2', 'f32'],
  ] as const) {
    const { engine } = await opened(family, format);
    try {
      const adapter = randomAdapter(9, engine.matrices);
      // Whole channels: alone such a mask is run compact.
      const { tensors } = await engine.select({
        scores: new Map(
          engine.matrices
            .filter(({ module }) => module === 'mlp')
            .map(({ name }) => [name, { kind: 'random', seed: 3 }] as const),
        ),
        group: { kind: 'channels' },
        sparsity: 0.5,
      });
      for (const mask of [randomMask(1, engine.matrices), { id: 'channels', tensors }]) {
        const both = { adapter, mask };
        const masked = await scores(engine, { id: 'm', ...both, layout: 'masked' });
        assert.equal(await scores(engine, { id: 'b', ...both, layout: 'baked' }), masked);
        assert.equal(await scores(engine, { id: 'd', ...both }), masked);
        assert.not.equal(await scores(engine, { id: 'n', mask }), masked);
        await scores(engine, { id: 'c', ...both, layout: 'compact' }).then(
          () => assert.unreachable(),
          (error) => assert.is(error.code, 'bad-variant'),
        );
      }
    } finally {
      await engine.dispose();
    }
    assert.is(engine.heldBytes, 0);
  }
});

test('the room that an adapter takes beside its weights does not grow with the layers', async () => {
  const rows = 64;
  const room = async (layers: number): Promise<number> => {
    const folder = temporaryFolder();
    await writeRandomModel(folder, { family: 'llama', seed: 3, vocab: VOCAB, hidden: 64, heads: 4, ffn: 96, layers });
    const engine = await loadEngine(folder, { maxRows: rows });
    try {
      const adapter = randomAdapter(2, engine.matrices);
      await scores(engine, DENSE);
      const before = engine.heldBytes;
      await scores(engine, { id: 'adapter', adapter });
      const weights = [...adapter.tensors.values()].reduce((sum, { a, b }) => sum + a.byteLength + b.byteLength, 0);
      return engine.heldBytes - before - weights;
    } finally {
      await engine.dispose();
    }
  };
  const more = (await room(6)) - (await room(2));
  // B's zero blocks and the uniforms of four layers; the scratch of one layer would be 4 * 64 * 2 * 96 bytes.
  assert.ok(more < 4 * 24_000, `${more} bytes for four more layers`);
});

test('a network that an adapter does not fit gives back what it took', async () => {
  const folder = temporaryFolder();
  await writeRandomModel(folder, { family: 'llama', seed: 3, vocab: VOCAB, hidden: 64, heads: 4, ffn: 96 });
  // gate and up take 48 KiB, and are held in parts.
  const engine = await loadEngine(folder, { maxBindingBytes: 40_000 });
  try {
    const dense = await scores(engine, DENSE);
    const adapter = randomAdapter(2, engine.matrices);
    const held: number[] = [];
    for (let time = 0; time < 2; time++) {
      await scores(engine, { id: 'adapter', adapter }).then(
        () => assert.unreachable(),
        (error) => assert.is(error.code, 'bad-variant'),
      );
      held.push(engine.heldBytes);
    }
    assert.is(held[1], held[0], 'a second failure holds no more than the first');
    assert.equal(await scores(engine, DENSE), dense);
  } finally {
    await engine.dispose();
  }
  assert.is(engine.heldBytes, 0);
});

test('an adapter of another network is refused', async () => {
  const { engine } = await opened('llama');
  try {
    const good = randomAdapter(1, engine.matrices);
    const [name, update] = [...good.tensors][0]!;
    const bad: readonly (readonly [Adapter, RegExp])[] = [
      [{ ...good, rank: 0 }, /rank is 0/],
      [{ ...good, rank: 5 }, /rank 5 of 64 x 64 takes 320 and 320/],
      [{ ...good, alpha: Number.NaN }, /alpha is NaN/],
      [{ ...good, tensors: new Map([['other', update]]) }, /no matrix other/],
      [{ ...good, tensors: new Map([[name, { ...update, a: update.a.map(() => Number.NaN) }]]) }, /not finite/],
    ];
    for (const [adapter, text] of bad) {
      await scores(engine, { id: 'x', adapter }).then(
        () => assert.unreachable(`${text}`),
        (error) => {
          assert.is(error.code, 'bad-adapter');
          assert.match(error.message, text);
        },
      );
    }
  } finally {
    await engine.dispose();
  }
});

const PEFT = join(ROOT, 'test/fixtures/families/adapters/llama3-lora');
if (!existsSync(PEFT)) test.skip("PEFT's golden numbers", 'the fixture is absent');
else {
  test("PEFT's own adapter gives PEFT's log-probabilities", async () => {
    const config = JSON.parse(readFileSync(join(PEFT, 'adapter_config.json'), 'utf8')) as {
      r: number;
      lora_alpha: number;
    };
    const bytes = readFileSync(join(PEFT, 'adapter_model.safetensors'));
    const length = headerLength(bytes, bytes.length, PEFT);
    const { entries } = parseHeader(bytes.subarray(8, 8 + length), bytes.length - 8 - length, PEFT);
    const parts = new Map<string, { a?: Float32Array; b?: Float32Array }>();
    for (const { name, begin, end } of entries) {
      const [, weight, which] = /^base_model\.model\.(.*)\.lora_([AB])\.weight$/.exec(name)!;
      const data = new Float32Array(Uint8Array.from(bytes.subarray(8 + length + begin, 8 + length + end)).buffer);
      const key = `${weight}.weight`;
      parts.set(key, { ...parts.get(key), [which === 'A' ? 'a' : 'b']: data });
    }
    const tensors = parts as unknown as Adapter['tensors'];
    const adapter: Adapter = { id: 'peft', rank: config.r, alpha: config.lora_alpha, tensors };
    const engine = await loadEngine(join(ROOT, 'test/fixtures/families/llama3'));
    try {
      const golden: unknown = JSON.parse(readFileSync(join(PEFT, 'golden.json'), 'utf8'));
      const cases = (Array.isArray(golden) ? golden : [golden]) as { ids: number[]; logprobs: number[] }[];
      let worst = 0;
      for (const { ids, logprobs: expected } of cases) {
        if (ids.length < 2) continue;
        const [found] = await engine.score([
          { tokens: Uint32Array.from(ids), from: 1, variant: { id: 'peft', adapter } },
        ]);
        expected.forEach((value, i) => {
          worst = Math.max(worst, Math.abs(value - found!.logprobs[i]!));
        });
      }
      assert.ok(worst > 0 && worst < LOOSE, `largest difference ${worst}`);
    } finally {
      await engine.dispose();
    }
  });
}

test.run();
