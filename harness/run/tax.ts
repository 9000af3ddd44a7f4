// What a network is besides its answers to items: how far it is from the dense one on text without a persona, and what it
// writes on neutral questions. Measured once per network, whatever evaluations ask it.

import { DENSE, type Diverged, type Engine, type Sequence, type Variant } from '../../gpu/index.ts';
import type { Suite } from '../config/resolved.ts';
import type { Prepared } from '../method/method.ts';
import type { Cell } from '../plan/cell.ts';
import { neutralParts } from '../plan/neutral.ts';
import { NEUTRAL_QUESTIONS, neutralQuestion, SPOKEN } from '../plan/neutral-questions.ts';
import type { CellRecord, NeutralPrompt, NeutralText, SpokenText, TaxRecord } from '../record/cell-record.ts';
import type { Rendered, TextModel } from '../text/index.ts';
import type { RunnerOptions } from './ports.ts';
import { entryOf } from './set-up.ts';

/** Held-out texts are read until this many tokens: enough for an interval over texts, and a bound on what a suite costs. */
const ENOUGH_TOKENS = 2200;
/** Tokens of an answer at most: a loop shows within 20, and a sentence or two end within 48. */
const ANSWER_TOKENS = 48;

/** An engine with its text side. */
interface Loaded {
  readonly engine: Engine;
  readonly text: TextModel;
}

type Measured = Pick<CellRecord, 'tax' | 'spoken'>;

const measured = new WeakMap<Prepared, Promise<Measured>>();

/**
 * What is measured of a cell's network; once for all cells of one set-up. Draws of a control, of which there are many, cells
 * of the tuning split and of later looks are left out; a prompt changes no network, so that it has no tax.
 */
export function networkOf(
  cell: Cell,
  prepared: Prepared,
  loaded: Loaded,
  { suite, registry }: Pick<RunnerOptions, 'suite' | 'registry'>,
): Promise<Measured> {
  if (cell.split === 'tuning' || cell.look > 1 || cell.lean === true) return Promise.resolve({ tax: null, spoken: [] });
  let made = measured.get(prepared);
  if (made === undefined) {
    const network = registry.get(entryOf(suite, cell).method)?.network === true;
    made = (async () => ({
      tax: network ? await measureTax(loaded, prepared.variant, suite.neutral, halfOf(suite, cell)) : null,
      spoken: await speak(loaded, prepared),
    }))();
    measured.set(prepared, made);
    made.catch(() => measured.delete(prepared));
  }
  return made;
}

/** The half of texts and questions that a network is given; null: all of them. */
type Half = 0 | 1 | null;

/**
 * The poles of a trait share the texts: the networks of a row then read all of them at half the cost. A network of no
 * persona, or of a suite with one kind of pole, reads all.
 */
function halfOf({ personas }: Suite, { network }: Cell): Half {
  const pole = personas.find(({ id }) => id === network)?.pole;
  if (pole === undefined || personas.every((one) => one.pole === pole)) return null;
  return pole === 'high' ? 0 : 1;
}

/** What is the same for all networks of a model: texts and prompts as tokens, and what the dense network makes of them. */
interface Neutral {
  readonly source: readonly string[];
  readonly texts: readonly { readonly tokens: Uint32Array; readonly bytes: number; readonly denseNats: number }[];
  readonly asked: readonly Asked[]; // of the first questions, as many as fit the model's positions
  readonly guessing: number;
}

/** A question put to the dense network as nobody: its prompt, and the answer that it gives. */
interface Asked {
  readonly prompt: Uint32Array;
  readonly answer: readonly number[];
  readonly ended: boolean;
}

const known = new WeakMap<Engine, { readonly source: readonly string[]; readonly made: Promise<Neutral> }>();

/** Made once per loaded model, with the dense network's answers. */
function neutralOf(loaded: Loaded, source: readonly string[]): Promise<Neutral> {
  const before = known.get(loaded.engine);
  if (before?.source === source) return before.made;
  const made = readNeutral(loaded, source);
  known.set(loaded.engine, { source, made });
  made.catch(() => known.delete(loaded.engine));
  return made;
}

async function readNeutral(loaded: Loaded, source: readonly string[]): Promise<Neutral> {
  const { engine, text } = loaded;
  const { calibration, heldOut } = neutralParts(source);
  text.prepare([...calibration, ...heldOut].map((one) => ({ prompt: { text: one }, answers: [] })));
  const read: Uint32Array[] = [];
  for (let k = 0, count = 0; k < heldOut.length && count < ENOUGH_TOKENS; k++) {
    // A text longer than the model's positions is cut; one of a single token has none to predict.
    const tokens = text.encode(heldOut[k]!).subarray(0, engine.spec.maxPositions + 1);
    if (tokens.length < 2) continue;
    read.push(tokens);
    count += tokens.length - 1;
  }
  const dense = await engine.score(read.map((tokens) => ({ tokens, from: 1, variant: DENSE })));
  const prompts = NEUTRAL_QUESTIONS.map((question) => bare(text, question).tokens);
  const long = prompts.findIndex(({ length }) => length >= engine.spec.maxPositions);
  return {
    source,
    texts: read.map((tokens, k) => ({
      tokens,
      bytes: Buffer.byteLength(text.decode(tokens.subarray(1))),
      denseNats: -sum(dense[k]!.logprobs),
    })),
    asked: await ask(loaded, DENSE, long < 0 ? prompts : prompts.slice(0, long)),
    guessing: guessing(
      calibration.map((one) => text.encode(one)),
      read,
      engine.spec.vocab,
    ),
  };
}

function bare(text: TextModel, question: string): Rendered {
  return text.render({ messages: [{ role: 'user', content: question }] });
}

/** Greedy answers; prompts that leave no room for one are answered by nothing. */
async function ask(
  { engine, text }: Loaded,
  variant: Variant,
  prompts: readonly Uint32Array[],
): Promise<readonly Asked[]> {
  const room = engine.spec.maxPositions - prompts.reduce((most, { length }) => Math.max(most, length), 0);
  const maxTokens = Math.min(ANSWER_TOKENS, room);
  const out = prompts.map((): number[] => []);
  if (maxTokens > 0 && prompts.length > 0) {
    const sampling = { maxTokens, temperature: 0, topK: 0, topP: 1, seed: 0, stopTokens: text.eos };
    const asked = prompts.map((tokens) => ({ tokens, variant }));
    for await (const { sequence, token } of engine.generate(asked, sampling)) out[sequence]!.push(token);
  }
  return prompts.map((prompt, i) => ({ prompt, answer: out[i]!, ended: out[i]!.length < maxTokens }));
}

/**
 * A network against the dense one: on the held-out half of `source`, and on the neutral questions with the dense network's
 * own answers; on every other one where it is given a half of them.
 */
async function measureTax(
  loaded: Loaded,
  variant: Variant,
  source: readonly string[],
  half: Half = null,
): Promise<TaxRecord> {
  const { engine, text } = loaded;
  const neutral = await neutralOf(loaded, source);
  const given = <T>(all: readonly T[]): readonly (readonly [at: number, one: T])[] =>
    [...all.entries()].filter(([at]) => half === null || at % 2 === half);
  const texts = given(neutral.texts);
  const asked = given(neutral.asked);
  const scored = await engine.score(texts.map(([, { tokens }]) => ({ tokens, from: 1, variant })));
  const end = text.eos[0] ?? 0; // stands for what comes after an answer: what counts there is the whole distribution
  const found = await engine.divergence(
    asked.map(([, { prompt, answer, ended }]): Sequence => {
      const tokens = Uint32Array.from([...prompt, ...answer, ...(ended ? [end] : [])]);
      return { tokens, from: 1, variant };
    }),
  );
  return {
    texts: texts.map(([at, { tokens, bytes, denseNats }], k): NeutralText => {
      return { at, bytes, tokens: tokens.length - 1, nats: -sum(scored[k]!.logprobs), denseNats };
    }),
    prompts: asked.map(([at, { prompt }], k) => ({ at, ...conversation(found[k]!, prompt.length) })),
    guessing: neutral.guessing,
  };
}

function conversation({ divergence }: Diverged, prompt: number): Omit<NeutralPrompt, 'at'> {
  const [before, after] = [divergence.subarray(0, prompt - 1), divergence.subarray(prompt - 1)];
  return {
    prompt: { tokens: before.length, divergence: sum(before) },
    answer: { tokens: after.length, divergence: sum(after) },
  };
}

/**
 * Nats per token of the better of two guesses that read nothing: uniform over the vocabulary, and the frequencies of the
 * calibration half with Witten and Bell's (1991) share for tokens that it lacks.
 */
function guessing(calibration: readonly Uint32Array[], read: readonly Uint32Array[], vocab: number): number {
  const counts = new Map<number, number>();
  let total = 0;
  for (const tokens of calibration) {
    for (const token of tokens.subarray(1)) {
      counts.set(token, (counts.get(token) ?? 0) + 1);
      total++;
    }
  }
  const uniform = Math.log(vocab);
  let nats = 0;
  let n = 0;
  for (const tokens of read) {
    for (const token of tokens.subarray(1)) {
      nats -= Math.log(((counts.get(token) ?? 0) + counts.size / vocab) / (total + counts.size));
      n++;
    }
  }
  return total === 0 || n === 0 ? uniform : Math.min(uniform, nats / n);
}

/** What a method says to the first neutral questions through its own prompt, with its nats under the dense network. */
async function speak(loaded: Loaded, prepared: Pick<Prepared, 'variant' | 'wrap'>): Promise<readonly SpokenText[]> {
  const { engine, text } = loaded;
  const questions = NEUTRAL_QUESTIONS.slice(0, SPOKEN);
  const prompts: Uint32Array[] = [];
  for (const question of questions) prompts.push(text.render(await prepared.wrap(neutralQuestion(question))).tokens);
  const said = await ask(loaded, prepared.variant, prompts);
  // As the dense network would find it in an answer to the bare question: a persona's prompt explains no salad.
  const sequences = questions.map((question, i): Sequence => {
    const { tokens } = bare(text, question);
    return { tokens: Uint32Array.from([...tokens, ...said[i]!.answer]), from: tokens.length, variant: DENSE };
  });
  const scored = await engine.score(sequences.filter((_, i) => said[i]!.answer.length > 0));
  let at = 0;
  return questions.map((question, i) => {
    const { answer, ended } = said[i]!;
    const nats = answer.length === 0 ? 0 : -sum(scored[at++]!.logprobs);
    return { question, text: text.decode(answer), ids: answer, nats, uniform: Math.log(engine.spec.vocab), ended };
  });
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}
