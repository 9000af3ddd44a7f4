// Our engine, as a child process: the same work, asked through the engine's own interface.

import { loadEngine } from '../../gpu/index.ts';
import { serve } from './turns.mjs';

const TOP = 5;

const [folder] = process.argv.slice(2);
const engine = await loadEngine(folder);
const { testbed } = engine.device;
const variant = { id: 'dense' };

const scored = async (tokens, from) => {
  const start = performance.now();
  const [result] = await engine.score([{ tokens: Uint32Array.from(tokens), from, variant }]);
  return { ms: performance.now() - start, result };
};

serve({
  about: () => ({
    engine: `ours (${testbed.dawn})`,
    device: engine.device.name,
    node: testbed.node,
    cpu: testbed.cpu,
  }),
  logprobs: async ({ tokens }) => {
    const { result } = await scored(tokens, 1);
    const found = [];
    // The longest first: its buffers hold the shorter ones.
    for (let i = tokens.length - 2; i >= 0; i--) {
      const top = await engine.top(Uint32Array.from(tokens.slice(0, i + 1)), TOP);
      found.unshift({ logprob: result.logprobs[i], top });
    }
    return found;
  },
  // n + 1 tokens take n rows. `all`: every row goes through the head; else the last alone.
  score: async ({ tokens, all }) => {
    const { ms } = await scored(tokens, all ? 1 : tokens.length - 1);
    return { ms };
  },
  decode: async ({ tokens, count }) => {
    const sampling = { maxTokens: count, temperature: 0, topK: 0, topP: 1, seed: 0, stopTokens: [] };
    const made = [];
    let start = 0;
    for await (const { token } of engine.generate([{ tokens: Uint32Array.from(tokens), variant }], sampling)) {
      if (made.length === 0) start = performance.now();
      made.push(token);
    }
    return { ms: (performance.now() - start) * (count / (count - 1)), made };
  },
  close: () => engine.dispose(),
});
