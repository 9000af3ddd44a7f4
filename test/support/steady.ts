// Loads and closes of one small model, with a little work in between: what the process and the device still hold.

import { DENSE, type LoadedEngine, loadEngine, type Sequence } from '../../gpu/index.ts';
import { randomTokens, writeRandomModel } from './random-model.ts';

const VOCAB = 97;

/** Writes the model that the rounds load. */
export async function steadyModel(folder: string): Promise<void> {
  await writeRandomModel(folder, { family: 'llama', seed: 12, format: 'bf16', vocab: VOCAB });
}

/** One load, every kind of call, and a close. Returns the bytes that the ledger still shows. */
export async function round(folder: string): Promise<number> {
  const engine = await loadEngine(folder);
  try {
    await work(engine);
  } finally {
    await engine.dispose();
  }
  return engine.heldBytes;
}

async function work(engine: LoadedEngine): Promise<void> {
  const tokens = randomTokens(1, 12, VOCAB);
  const sequences = [2, 5, 9].map((from): Sequence => ({ tokens, from, variant: DENSE }));
  await engine.score(sequences);
  await engine.top(tokens, 3);
  const sampling = { maxTokens: 2, temperature: 0, topK: 0, topP: 1, seed: 0, stopTokens: [] };
  for await (const _ of engine.generate([{ tokens, variant: DENSE }], sampling)) {
    // Only so that every kind of pass has been made.
  }
}

/** Resident bytes of this process after garbage collection; needs `--expose-gc`. */
export async function residentBytes(): Promise<number> {
  for (let pass = 0; pass < 3; pass++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return process.memoryUsage.rss();
}
