// Scores items by the log-probabilities of their options: six scorers, every presented order apart and averaged.
// Choice: p = softmax of the options' scores at the matching one (docs/method.md#scorers).

import { BenchError } from '../../base/error.ts';
import { DENSE } from '../../formats/checkpoint/dense.ts';
import type { Engine, Scored, Sequence } from '../../gpu/index.ts';
import type { Scorer } from '../config/resolved.ts';
import type { Item } from '../datasets/types.ts';
import type { AskRequest } from '../method/evaluation-kind.ts';
import type { OptionScore, OrderOutcome, Outcome } from '../method/outcome.ts';
import { softmax } from '../stats/softmax.ts';
import type { Ask, Prompt, Rendered } from '../text/index.ts';
import { type Asking, answerText, ordersOf, questionText } from './ask.ts';

/** Sequences handed to the engine at once: enough to share prefixes among, few enough to stop soon when interrupted. */
const CHUNK = 512;
/** Items whose texts are made into tokens at once. */
const PREPARED = 128;

/**
 * What `pmi` measures an answer against: its probability after these words as a user's message, through the chat template as
 * of a prompt without a persona, by the dense network. It is the same for every method, so that none loses its own effect.
 */
const PRIOR = { messages: [{ role: 'user', content: 'Answer:' }] } as const satisfies Prompt;

/** What is asked of whom: an evaluation's request, with how its options are put. */
export interface OptionsRequest extends Omit<AskRequest, 'engine' | 'evaluation'> {
  readonly engine: Pick<Engine, 'score'>;
  readonly evaluation: Asking;
}

interface Scorable {
  readonly sequence: Sequence;
  readonly prompt: number; // tokens before the answer
  readonly bytes: number; // UTF-8 bytes of the answer's own text
  readonly prior: Sequence | null; // of `pmi`
}

interface Presented {
  readonly order: readonly number[];
  readonly asks: readonly Scorable[]; // by option index
}

interface Asked {
  readonly item: Item;
  readonly presented: readonly Presented[];
  readonly promptTokens: number;
  readonly addedTokens: number;
}

function joined(prompt: Rendered, answer: Uint32Array): Uint32Array {
  const tokens = new Uint32Array(prompt.tokens.length + answer.length);
  tokens.set(prompt.tokens);
  tokens.set(answer, prompt.tokens.length);
  return tokens;
}

/** An item put as every presented order has it. */
interface Phrased {
  readonly item: Item;
  readonly presented: readonly (Ask & { readonly order: readonly number[] })[]; // answers by option index
  readonly bare: Ask; // the question alone
}

async function phrase({ evaluation, wrap }: OptionsRequest, item: Item): Promise<Phrased> {
  const matching = item.options.filter((option) => option.matching).length;
  if (item.options.length < 2 || matching !== 1) {
    throw new BenchError('bad-item', `it has ${item.options.length} options, ${matching} of them matching`, {
      where: `item ${item.id}`,
      hint: 'two options or more, exactly one matching',
    });
  }
  const presented: Phrased['presented'][number][] = [];
  for (const order of ordersOf(evaluation, item.options.length)) {
    const prompt = await wrap({ item, text: questionText(evaluation, item, order) });
    const answers = item.options.map((_, option) => answerText(evaluation, item, option, order.indexOf(option)));
    presented.push({ order, prompt, answers });
  }
  const question = questionText(evaluation, item, presented[0]?.order ?? []);
  return { item, presented, bare: { prompt: { messages: [{ role: 'user', content: question }] }, answers: [] } };
}

function ask({ text, evaluation, variant, baseTokens }: OptionsRequest, { item, presented, bare }: Phrased): Asked {
  const wholeText = evaluation.scorer === 'prompt-and-answer';
  const prior = evaluation.scorer === 'pmi' ? text.render(PRIOR) : null;
  const asked = presented.map(({ order, prompt: wrapped, answers }): Presented => {
    const prompt = text.render(wrapped);
    const asks = answers.map((answer): Scorable => {
      const tokens = joined(prompt, text.continuation(prompt, answer));
      return {
        sequence: { tokens, from: wholeText ? 1 : prompt.tokens.length, variant },
        prompt: prompt.tokens.length,
        bytes: Buffer.byteLength(answer),
        prior: prior && {
          tokens: joined(prior, text.continuation(prior, answer)),
          from: prior.tokens.length,
          variant: DENSE,
        },
      };
    });
    return { order, asks };
  });
  const promptTokens = asked[0]?.asks[0]?.prompt ?? 0;
  const bareTokens = baseTokens?.get(item.id) ?? text.render(bare.prompt).tokens.length;
  return { item, presented: asked, promptTokens, addedTokens: promptTokens - bareTokens };
}

const total = (values: Float32Array, from = 0): number => values.subarray(from).reduce((sum, value) => sum + value, 0);

/** Checks what the engine says of one sequence; the rest of the code may then count on finite numbers. */
function checked(scored: Scored | undefined, sequence: Sequence, where: string): Scored {
  const wanted = sequence.tokens.length - sequence.from;
  if (scored === undefined || scored.logprobs.length !== wanted || scored.greedy.length !== wanted) {
    throw new BenchError('bad-score', `the engine scored ${scored?.logprobs.length ?? 0} of ${wanted} tokens`, {
      where,
    });
  }
  const bad = scored.logprobs.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new BenchError('not-finite', `the log-probability of token ${bad + 1} is ${scored.logprobs[bad]}`, {
      where,
      hint: "look for NaN or infinite weights in the model, or for a method's options that break it",
    });
  }
  return scored;
}

function scoreOf(scorer: Scorer, parts: Omit<OptionScore, 'score'>, whole: number, prior: number): number {
  switch (scorer) {
    case 'sum':
    case 'letter':
      return parts.sum;
    case 'per-token':
      return parts.sum / parts.tokens;
    case 'per-byte':
      return parts.sum / parts.bytes;
    case 'prompt-and-answer':
      return whole;
    case 'pmi':
      return parts.sum - prior;
  }
}

/** The engine knows no items: when a sequence does not fit the model, the longest is one that does not. */
function tooLong(error: unknown, asked: readonly Asked[]): unknown {
  if (!(error instanceof BenchError) || error.code !== 'sequence-too-long') return error;
  const longest = ({ presented }: Asked): number =>
    Math.max(...presented.flatMap(({ asks }) => asks.map(({ sequence }) => sequence.tokens.length)));
  const { item } = asked.reduce((a, b) => (longest(b) > longest(a) ? b : a));
  return new BenchError(error.code, error.message, {
    where: `item ${item.id}`,
    hint: 'shorten the item or what the method adds to it, or take a model with more positions',
    cause: error,
  });
}

/** The engine's answers for a few items: each distinct prior once, everything in one call. */
async function scoreItems(request: OptionsRequest, asked: readonly Asked[], share: ShareOf): Promise<Outcome[]> {
  const sequences: Sequence[] = [];
  const priorAt = new Map<string, number>();
  for (const { presented } of asked) {
    for (const { asks } of presented) {
      for (const { sequence, prior } of asks) {
        sequences.push(sequence);
        const key = prior?.tokens.join(' ');
        if (prior === null || key === undefined || priorAt.has(key)) continue;
        priorAt.set(key, sequences.length);
        sequences.push(prior);
      }
    }
  }
  const results = await request.engine.score(sequences).catch((error: unknown) => {
    throw tooLong(error, asked);
  });
  const at = new Map(sequences.map((sequence, k) => [sequence, k]));
  const { scorer } = request.evaluation;
  return asked.map(({ item, presented, promptTokens, addedTokens }): Outcome => {
    const place = `item ${item.id}${request.cell === undefined ? '' : ` in cell ${request.cell}`}`;
    const orders = presented.map(({ order, asks }): OrderOutcome => {
      const options = asks.map((one, option): OptionScore => {
        const where = `${place}, option ${option + 1}`;
        const scored = checked(results[at.get(one.sequence) ?? -1], one.sequence, where);
        const skip = one.prompt - one.sequence.from; // prompt tokens that were scored too
        const tokens = one.sequence.tokens.length - one.prompt;
        const parts = {
          sum: total(scored.logprobs, skip),
          tokens,
          bytes: one.bytes,
          greedy: scored.greedy.subarray(skip).every((flag) => flag === 1),
        };
        let prior = 0;
        if (one.prior !== null) {
          const known = results[priorAt.get(one.prior.tokens.join(' ')) ?? -1];
          prior = total(checked(known, one.prior, `${where}, prior`).logprobs);
        }
        const whole = total(scored.logprobs) / scored.logprobs.length;
        return { ...parts, score: scoreOf(scorer, parts, whole, prior) };
      });
      const p = share(
        softmax(options.map((option) => option.score)),
        item.options.findIndex((o) => o.matching),
      );
      if (!Number.isFinite(p)) {
        throw new BenchError('not-finite', `the probability of the matching option is ${p}`, { where: place });
      }
      return { order, options, p };
    });
    const p = orders.reduce((sum, order) => sum + order.p, 0) / orders.length;
    return { item: item.id, orders, p, promptTokens, addedTokens };
  });
}

/** What an order says for the item's own persona, from the probabilities of the options: the p of its outcome. */
export type ShareOf = (probabilities: readonly number[], matching: number) => number;

/**
 * Asks every item and returns its outcome, in the order of the items. A result never depends on how items are grouped.
 * Throws `not-finite` (a log-probability is NaN or infinite), `bad-item`, `bad-evaluation`, or what the engine throws.
 */
export function evaluateChoice(request: OptionsRequest): Promise<readonly Outcome[]> {
  return evaluateOptions(request, (probabilities, matching) => probabilities[matching] ?? Number.NaN);
}

/** `evaluateChoice` with another share. */
export async function evaluateOptions(request: OptionsRequest, share: ShareOf): Promise<readonly Outcome[]> {
  if (request.items.length === 0) {
    throw new BenchError('no-items', 'there is no item to ask', { where: `evaluation ${request.evaluation.id}` });
  }
  const outcomes: Outcome[] = [];
  let waiting: Asked[] = [];
  let size = 0;
  const flush = async (): Promise<void> => {
    request.signal?.throwIfAborted();
    if (waiting.length > 0) outcomes.push(...(await scoreItems(request, waiting, share)));
    waiting = [];
    size = 0;
  };
  for (let from = 0; from < request.items.length; from += PREPARED) {
    const phrased: Phrased[] = [];
    for (const item of request.items.slice(from, from + PREPARED)) phrased.push(await phrase(request, item));
    request.text.prepare(
      phrased.flatMap<Ask>(({ item, presented, bare }) =>
        request.baseTokens?.has(item.id) ? presented : [...presented, bare],
      ),
    );
    for (const one of phrased) {
      const asked = ask(request, one);
      const count = asked.presented.reduce((sum, { asks }) => sum + asks.length, 0);
      if (size + count > CHUNK) await flush();
      waiting.push(asked);
      size += count;
    }
  }
  await flush();
  return outcomes;
}
