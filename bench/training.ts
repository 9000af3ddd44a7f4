// npm run bench:training: a step of LoRA beside scoring the same tokens, interleaved in one run; a step must cost at most
// four times as much. The updates are of every matrix, at the rank and the batch of the default suite.

import { fileURLToPath } from 'node:url';
import { DENSE, loadEngine, type Sample } from '../gpu/index.ts';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 15);
const RANK = 8;
const TOKENS = 256;
const LENGTH = 64;

const engine = await loadEngine(fileURLToPath(new URL('../models/persona-nano', import.meta.url)));
const { vocab } = engine.spec;
console.log(`${engine.device.name}; persona-nano, rank ${RANK}, ${TOKENS} tokens in sequences of ${LENGTH}`);
for (const counted of [LENGTH / 2, LENGTH - 1]) {
  const batch = Array.from({ length: TOKENS / LENGTH }, (_, s): Sample => {
    // No two sequences share a prefix: scoring would compute it once.
    const tokens = Uint32Array.from(
      { length: LENGTH + 1 },
      (_, i) => (Math.imul(i + 1 + 97 * s, 0x9e3779b1) >>> 8) % vocab,
    );
    return { tokens, from: LENGTH + 1 - counted, to: LENGTH + 1 };
  });
  const trainer = await engine.trainer({
    rank: RANK,
    alpha: 2 * RANK,
    dropout: 0,
    targets: engine.matrices.map(({ name }) => name),
    seed: 0,
    beta1: 0.9,
    beta2: 0.999,
    eps: 1e-8,
    decay: 0.01,
    clip: 1,
    rows: TOKENS,
  });
  const score = () => engine.score(batch.map(({ tokens, from }) => ({ tokens, from, variant: DENSE })));
  const step = () => trainer.step(batch, 1e-4);
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const start = performance.now();
    await work();
    return performance.now() - start;
  };
  await score();
  await step();
  const rounds: { readonly scoreMs: number; readonly stepMs: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push({ scoreMs: await timed(score), stepMs: await timed(step) });
  }
  const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);
  const middle = (values: readonly number[]) => sorted(values)[values.length >> 1]!;
  const ratios = sorted(rounds.map(({ scoreMs, stepMs }) => stepMs / scoreMs));
  const [least, greatest] = [ratios[0]!, ratios.at(-1)!];
  console.log(
    `${counted} of ${LENGTH} tokens with a target: scoring ${middle(rounds.map(({ scoreMs }) => scoreMs)).toFixed(1)} ms, ` +
      `a step ${middle(rounds.map(({ stepMs }) => stepMs)).toFixed(1)} ms: ` +
      `${middle(ratios).toFixed(2)} times (${least.toFixed(2)} to ${greatest.toFixed(2)})`,
  );
  trainer.dispose();
}
await engine.dispose();
