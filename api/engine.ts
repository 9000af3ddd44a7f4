// `persona-bench/engine`: a model on a device by itself, without suites. Texts are scored and continued; what takes token
// ids, masks, adapters and steering is `model.engine`.

import { wantedDevice } from '../base/device-name.ts';
import { BenchError } from '../base/error.ts';
import { DENSE } from '../formats/checkpoint/dense.ts';
import type { LoadedEngine, Sampling, Variant } from '../gpu/index.ts';
import type { ChatSettings, Prompt, TextModel } from '../harness/text/index.ts';
import { CHAT_DEFAULTS } from '../harness/text/settings.ts';
import { fetchedModel } from './models.ts';

export { BenchError } from '../base/error.ts';
export { DENSE } from '../formats/checkpoint/dense.ts';
export type {
  Adapter,
  Counters,
  EachSums,
  Engine,
  EngineDevice,
  LoadedEngine,
  Mask,
  MaskTensor,
  Sample,
  Sampling,
  Scored,
  Sequence,
  Steer,
  TapSums,
  Top,
  Variant,
} from '../gpu/index.ts';
export type { ChatSettings, Message, Prompt, Rendered, TextModel } from '../harness/text/index.ts';

/** A model on a device. Whoever loads it disposes of it. */
export interface LoadedModel {
  readonly engine: LoadedEngine;
  readonly text: TextModel;
  dispose(): Promise<void>;
}

export interface LoadEngineOptions {
  /** `swiftshader`, `system`, or part of a device's name. */
  readonly device?: string;
  /** Jinja text in place of the model's own chat template. */
  readonly template?: string;
  /** How chats are put to the model, as a suite's keys `thinking`, `system` and `date`; absent ones have a suite's defaults. */
  readonly chat?: Partial<ChatSettings>;
}

/**
 * Loads a model: a bundled name (`persona-nano`), a folder in Hugging Face layout, or hf:owner/name@revision, which is
 * downloaded where it is not there yet.
 * Throws `bad-model`, `bad-weights`, `unsupported-model`, `no-device`, `gpu-memory`, `no-tokenizer`, `bad-template`, ...
 */
export async function loadEngine(model: string, options: LoadEngineOptions = {}): Promise<LoadedModel> {
  const folder = await fetchedModel(model);
  const [gpu, { loadText }] = await Promise.all([import('../gpu/index.ts'), import('../harness/text/index.ts')]);
  const device = wantedDevice(options.device);
  const engine = await gpu.loadEngine(folder, device === undefined ? {} : { device });
  try {
    const text = await loadText(folder, {
      vocab: engine.spec.vocab,
      template: options.template ?? null,
      chat: { ...CHAT_DEFAULTS, ...options.chat },
    });
    return { engine, text, dispose: () => engine.dispose() };
  } catch (error) {
    await engine.dispose();
    throw error;
  }
}

export interface ScoreRequest {
  /** What is scored. After chat messages it is what the assistant answers. */
  readonly text: string;
  /** What comes before it; absent: nothing but the model's BOS token, where it has one. */
  readonly prompt?: Prompt;
  /** A mask, an adapter or steering; absent: the unmodified network. */
  readonly variant?: Variant;
}

/** Log-probabilities are natural. */
export interface TextScore {
  readonly tokens: Uint32Array; // [n] the scored ids
  readonly logprobs: Float32Array; // [n] of each, given all before it
  readonly sum: number; // in nats
  readonly perToken: number; // sum / n
  readonly greedy: boolean; // every token was the likeliest
}

/**
 * Log-probabilities of texts, in the order of the requests; a string is a text without a prompt. Without a prompt and
 * without BOS, the first token has nothing before it and is not scored.
 * Throws `bad-text` for a text that leaves nothing to score, `too-long` beyond the model's positions.
 */
export async function score(
  { engine, text }: Pick<LoadedModel, 'engine' | 'text'>,
  requests: readonly (string | ScoreRequest)[],
): Promise<readonly TextScore[]> {
  const sequences = requests.map((request) => {
    const { text: said, prompt, variant = DENSE } = typeof request === 'string' ? { text: request } : request;
    if (prompt === undefined) return { tokens: text.encode(said), from: 1, variant };
    const before = text.render(prompt);
    const answer = text.continuation(before, said);
    return { tokens: Uint32Array.from([...before.tokens, ...answer]), from: before.tokens.length, variant };
  });
  sequences.forEach(({ tokens, from }, k) => {
    if (tokens.length > from) return;
    throw new BenchError('bad-text', `text ${k + 1} has no token to score`, {
      hint: 'write a longer text, or a prompt',
    });
  });
  const scored = await engine.score(sequences);
  return scored.map(({ logprobs, greedy }, k) => {
    const sum = logprobs.reduce((total, value) => total + value, 0);
    const tokens = sequences[k]!.tokens.slice(sequences[k]!.from);
    return { tokens, logprobs, sum, perToken: sum / logprobs.length, greedy: greedy.every((one) => one === 1) };
  });
}

export interface GenerateOptions extends Partial<Omit<Sampling, 'stopTokens'>> {
  /** Texts that end it; they are not part of the answer. */
  readonly stop?: readonly string[];
  readonly variant?: Variant;
}

/**
 * Continues a prompt; yields text as it is decided. Greedy, of 128 new tokens at most, unless the options say otherwise.
 * Throws `too-long` where prompt and new tokens exceed the model's positions.
 */
export async function* generate(
  { engine, text }: Pick<LoadedModel, 'engine' | 'text'>,
  prompt: Prompt,
  { stop = [], variant = DENSE, ...wanted }: GenerateOptions = {},
): AsyncGenerator<string, void, undefined> {
  const { streamText } = await import('../harness/text/index.ts');
  const { tokens } = text.render(prompt);
  const sampling: Sampling = {
    maxTokens: 128,
    temperature: 0,
    topK: 0,
    topP: 1,
    seed: 0,
    ...wanted,
    stopTokens: text.eos,
  };
  const stream = streamText(text, tokens, stop);
  for await (const { token } of engine.generate([{ tokens, variant }], sampling)) {
    const piece = stream.push(token);
    if (piece !== '') yield piece;
    if (stream.stopped) return;
  }
  const rest = stream.end();
  if (rest !== '') yield rest;
}
