// What a family adds must not cost the promise: a result depends on nothing but its own sequence. Windows shorter than a
// shared prefix, norms of queries and keys, partial rotary and parallel residuals, in scoring and in decoding.

import * as assert from 'uvu/assert';
import { DENSE, type LoadedEngine, loadEngine, type Scored, type Sequence } from '../../../gpu/index.ts';
import { fixture } from '../../support/folders.ts';
import { randomTokens } from '../../support/random-model.ts';
import { suite } from '../../support/suite.ts';

const test = suite('families', { timeoutMs: 240_000 });

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

async function continued(engine: LoadedEngine, prompts: readonly Uint32Array[]): Promise<number[][]> {
  const out: number[][] = prompts.map(() => []);
  const sampling = { maxTokens: 24, temperature: 0, topK: 0, topP: 1, seed: 0, stopTokens: [] };
  const asked = prompts.map((tokens) => ({ tokens, variant: DENSE }));
  for await (const { sequence, token } of engine.generate(asked, sampling)) out[sequence]!.push(token);
  return out;
}

for (const name of ['mistral', 'qwen3', 'gpt_neox']) {
  test(`${name}: scores and continuations are the same alone, together and at any batch size`, async () => {
    const folder = fixture(`families/${name}`);
    const engine = await loadEngine(folder);
    try {
      const sequences = tree(engine.spec.vocab);
      const together = (await engine.score(sequences)).map(bits);
      for (const [i, sequence] of sequences.entries()) {
        assert.equal(bits((await engine.score([sequence]))[0]!), together[i], `sequence ${i} alone`);
      }
      const prompts = [60, 3, 33].map((length, i) => randomTokens(80 + i, length, engine.spec.vocab));
      const found = await continued(engine, prompts);
      assert.equal((await continued(engine, prompts.slice(0, 1)))[0], found[0]);
      for (const [i, tokens] of prompts.entries()) {
        const all = Uint32Array.from([...tokens, ...found[i]!]);
        const [scored] = await engine.score([{ tokens: all, from: tokens.length, variant: DENSE }]);
        assert.equal(Array.from(scored!.greedy), new Array(24).fill(1), `prompt ${i}: decoding agrees with scoring`);
      }
      const small = await loadEngine(folder, { maxRows: 70 });
      try {
        assert.equal((await small.score(sequences)).map(bits), together, 'in smaller batches');
      } finally {
        await small.dispose();
      }
    } finally {
      await engine.dispose();
    }
  });
}

test.run();
