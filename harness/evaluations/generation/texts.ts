// Open questions: texts are generated as a method would write them, and read by the dense model under the prompts of both
// poles. Log-odds of a text = log p(text | prompt of the high pole, question) - log p(text | prompt of the low pole,
// question). A proxy: a method that says the prompt's own words is read as its persona.

import { BenchError } from '../../../base/error.ts';
import { DENSE } from '../../../formats/checkpoint/dense.ts';
import type { Sequence } from '../../../gpu/index.ts';
import type { Evaluation, JudgeSettings } from '../../config/resolved.ts';
import type { Item } from '../../datasets/types.ts';
import type { AskRequest } from '../../method/evaluation-kind.ts';
import type { OptionScore, OrderOutcome, Outcome } from '../../method/outcome.ts';
import { filled } from '../../score/ask.ts';
import { softmax } from '../../stats/softmax.ts';
import type { Rendered } from '../../text/index.ts';
import { judgeOf } from './judge.ts';

/** Texts that are written side by side: their caches lie on the device together. */
const BATCH = 32;
/** Apart from each other, and from the seeds next to an evaluation's own. */
const SAMPLE_STRIDE = 1_000_003;

/**
 * What a method writes on open questions, read by the dense model: the log-odds of the text under the prompt of one pole
 * against the other's.
 */
export interface GenerationEvaluation extends Evaluation {
  readonly kind: 'generation';
  readonly scorer: 'log-odds';
  readonly orders: 'given';
  readonly tokens: number; // most new ones
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly samples: number;
  readonly seed: number;
  readonly judge: JudgeSettings | null;
  readonly items: readonly Item[];
  readonly setUp: Evaluation;
}

type Request = AskRequest<GenerationEvaluation>;

/**
 * One outcome per item, in their order: its texts in the place of orders, its two options the poles' prompts. A text depends
 * on seed, prompt and variant alone, not on the other texts.
 * Throws `no-items`, `not-finite`, `judge-failed`, or what the engine throws.
 */
export async function evaluateGeneration(request: Request): Promise<readonly Outcome[]> {
  const { evaluation, items, signal } = request;
  if (items.length === 0) {
    throw new BenchError('no-items', 'there is no question to ask', { where: `evaluation ${evaluation.id}` });
  }
  const judge = evaluation.judge === null ? null : judgeOf(evaluation.judge, process.env);
  const outcomes: Outcome[] = [];
  for (let start = 0; start < items.length; start += BATCH) {
    signal?.throwIfAborted();
    const written = await write(request, items.slice(start, start + BATCH));
    const read = await readTexts(request, written);
    for (const outcome of read) {
      const item = items.find(({ id }) => id === outcome.item);
      const marks: number[] = [];
      for (const text of judge === null || item === undefined ? [] : (outcome.texts ?? [])) {
        signal?.throwIfAborted();
        marks.push(await judge!(item!, text, signal));
      }
      outcomes.push(judge === null ? outcome : { ...outcome, marks });
    }
  }
  return outcomes;
}

interface Written {
  readonly item: Item;
  readonly prompt: Rendered;
  readonly texts: readonly (readonly number[])[]; // token ids, by sample
}

async function write({ engine, text, evaluation, variant, wrap }: Request, items: readonly Item[]) {
  const prompts = await Promise.all(
    items.map(async (item) => text.render(await wrap({ item, text: filled(evaluation.template, item) }))),
  );
  const texts = items.map((): number[][] => Array.from({ length: evaluation.samples }, () => []));
  const { temperature, topK, topP, tokens: maxTokens, samples, seed } = evaluation;
  for (let sample = 0; sample < samples; sample++) {
    const sampling = { temperature, topK, topP, maxTokens, seed: seed + sample * SAMPLE_STRIDE, stopTokens: text.eos };
    const asked = prompts.map(({ tokens }) => ({ tokens, variant }));
    for await (const { sequence, token } of engine.generate(asked, sampling)) texts[sequence]?.[sample]?.push(token);
  }
  return items.map((item, k): Written => ({ item, prompt: prompts[k]!, texts: texts[k] ?? [] }));
}

/** The dense model's reading of every text under both prompts, in one call. */
async function readTexts(request: Request, written: readonly Written[]): Promise<readonly Outcome[]> {
  const { engine, text, evaluation, baseTokens } = request;
  const sequences: Sequence[] = [];
  const plans = written.map(({ item, prompt, texts }) => {
    const question = filled(evaluation.template, item);
    const bare = text.render({ messages: [{ role: 'user', content: question }] }).tokens.length;
    const readings = texts.map((tokens) =>
      item.options.map((pole) => {
        const from = text.render({
          messages: [
            { role: 'system', content: pole.text },
            { role: 'user', content: question },
          ],
        }).tokens;
        if (tokens.length === 0) return -1;
        const whole = Uint32Array.from([...from, ...tokens]);
        return sequences.push({ tokens: whole, from: from.length, variant: DENSE }) - 1;
      }),
    );
    return { item, prompt, texts, readings, bare: baseTokens?.get(item.id) ?? bare };
  });
  const scored = sequences.length === 0 ? [] : await engine.score(sequences);
  return plans.map(({ item, prompt, texts, readings, bare }): Outcome => {
    const decoded = texts.map((tokens) => text.decode(tokens));
    const orders = readings.map((places, sample): OrderOutcome => {
      const bytes = Buffer.byteLength(decoded[sample] ?? '');
      const options = places.map((place): OptionScore => {
        const logprobs = place < 0 ? new Float32Array() : scored[place]?.logprobs;
        const sum = logprobs?.reduce((total, value) => total + value, 0) ?? Number.NaN;
        if (!Number.isFinite(sum)) {
          throw new BenchError('not-finite', `the log-probability of a text is ${sum}`, {
            where: `item ${item.id}${request.cell === undefined ? '' : ` in cell ${request.cell}`}`,
            hint: 'look for NaN or infinite weights in the model',
          });
        }
        const greedy = place >= 0 && scored[place]?.greedy.every((flag) => flag === 1) === true;
        return { sum, tokens: logprobs?.length ?? 0, bytes, greedy, score: sum };
      });
      const [p = Number.NaN] = softmax(options.map(({ score }) => score));
      return { order: options.map((_, k) => k), options, p };
    });
    const p = orders.reduce((sum, order) => sum + order.p, 0) / orders.length;
    const promptTokens = prompt.tokens.length;
    return { item: item.id, orders, p, promptTokens, addedTokens: promptTokens - bare, texts: decoded };
  });
}
