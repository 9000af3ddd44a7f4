// What a family adds must not cost the promise: a result depends on nothing but its own sequence. Windows shorter than a
// shared prefix, norms of queries and keys, partial rotary and parallel residuals, in scoring and in decoding.

import * as assert from 'uvu/assert';
import {
  DENSE,
  type LoadedEngine,
  type LoadOptions,
  loadEngine,
  type Sampling,
  type Scored,
  type Sequence,
} from '../../gpu/index.ts';
import { fixture, temporaryFolder } from '../support/folders.ts';
import { randomTokens, writeRandomModel } from '../support/random-model.ts';
import { suite } from '../support/suite.ts';

const test = suite('families');

/** Options of questions of one long persona: prefixes of 40 tokens and more. */
function tree(vocab: number): readonly Sequence[] {
  const persona = randomTokens(1, 40, vocab);
  return [0, 1, 2, 3].flatMap((question) => {
    const asked = randomTokens(20 + question, 3 + 5 * question, vocab);
    return [0, 1].map((option) => {
      const answer = randomTokens(50 + 2 * question + option, 2 + question, vocab);
      const tokens = Uint32Array.from([...persona, ...asked, ...answer]);
      return { tokens, from: persona.length + asked.length, variant: DENSE };
    });
  });
}

const bits = ({ logprobs, greedy }: Scored): readonly unknown[] => [new Uint32Array(logprobs.buffer.slice(0)), greedy];

const GREEDY: Sampling = { maxTokens: 24, temperature: 0, topK: 0, topP: 1, seed: 0, stopTokens: [] };
const SAMPLED: Sampling = { ...GREEDY, temperature: 1, seed: 5 };

async function continued(
  engine: LoadedEngine,
  prompts: readonly Uint32Array[],
  sampling: Sampling,
): Promise<readonly (readonly number[])[]> {
  const out: number[][] = prompts.map(() => []);
  const asked = prompts.map((tokens) => ({ tokens, variant: DENSE }));
  for await (const { sequence, token } of engine.generate(asked, sampling)) out[sequence]!.push(token);
  return out;
}

async function using(
  folder: string,
  options: LoadOptions,
  work: (engine: LoadedEngine) => Promise<void>,
): Promise<void> {
  const engine = await loadEngine(folder, options);
  try {
    await work(engine);
  } finally {
    await engine.dispose();
  }
}

/** A window of 9 in the first and the last of three layers. */
async function mixed(): Promise<string> {
  const folder = temporaryFolder();
  const layerTypes = ['sliding_attention', 'full_attention', 'sliding_attention'];
  await writeRandomModel(folder, { family: 'qwen2', seed: 6, layers: 3, kvHeads: 2, window: 9, layerTypes });
  return folder;
}

const FOLDERS: Readonly<Record<string, () => string | Promise<string>>> = {
  mistral: () => fixture('families/mistral'),
  'qwen2 with windows in some layers': mixed,
  qwen3: () => fixture('families/qwen3'),
  gpt_neox: () => fixture('families/gpt_neox'),
};

for (const [name, find] of Object.entries(FOLDERS)) {
  test(`${name}: a score is the same alone, in any order and at any batch size`, async () => {
    const folder = await find();
    await using(folder, {}, async (engine) => {
      const sequences = tree(engine.spec.vocab);
      const together = (await engine.score(sequences)).map(bits);
      for (const [i, sequence] of sequences.entries()) {
        assert.equal(bits((await engine.score([sequence]))[0]!), together[i], `sequence ${i} alone`);
        // Scored from its first token on, the shared prefix included.
        const [whole] = await engine.score([{ ...sequence, from: 1 }]);
        const tail = {
          logprobs: whole!.logprobs.slice(sequence.from - 1),
          greedy: whole!.greedy.slice(sequence.from - 1),
        };
        assert.equal(bits(tail), together[i], `sequence ${i} whole`);
      }
      const order = [5, 2, 7, 0, 3, 6, 1, 4];
      const shuffled = await engine.score(order.map((i) => sequences[i]!));
      assert.equal(
        shuffled.map(bits),
        order.map((i) => together[i]),
        'shuffled',
      );
      for (const maxRows of [1, 70]) {
        await using(folder, { maxRows }, async (small) => {
          assert.equal((await small.score(sequences)).map(bits), together, `${maxRows} rows`);
        });
      }
    });
  });

  test(`${name}: decoding agrees with scoring, alone, together and in steps of any size`, async () => {
    const folder = await find();
    await using(folder, {}, async (engine) => {
      const prompts = [60, 3, 33].map((length, i) => randomTokens(80 + i, length, engine.spec.vocab));
      for (const sampling of [GREEDY, SAMPLED]) {
        const found = await continued(engine, prompts, sampling);
        assert.equal((await continued(engine, prompts.slice(0, 1), sampling))[0], found[0]);
        // One row per step: every token of a prompt looks back at a cache that earlier steps filled.
        for (const maxRows of [1, 7]) {
          await using(folder, { maxRows }, async (small) => {
            assert.equal(await continued(small, prompts, sampling), found, `${maxRows} rows`);
          });
        }
        if (sampling !== GREEDY) continue;
        for (const [i, tokens] of prompts.entries()) {
          const all = Uint32Array.from([...tokens, ...found[i]!]);
          const [scored] = await engine.score([{ tokens: all, from: tokens.length, variant: DENSE }]);
          assert.equal(Array.from(scored!.greedy), new Array(24).fill(1), `prompt ${i}`);
        }
      }
    });
  });
}

test.run();
