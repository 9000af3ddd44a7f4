// Retrieval-augmented generation (Lewis et al., NeurIPS 2020) as a baseline: passages on personas stand in an index among
// neutral ones, and what is retrieved for a question comes before it in the prompt.

import { BenchError } from '../../base/error.ts';
import { DENSE } from '../../formats/checkpoint/dense.ts';
import type { Context, Held, Prepared } from '../../harness/method/method.ts';
import { isBetter } from '../tuning.ts';
import { figuresOf, type Retrieved } from './figures.ts';
import { type Index, indexOf } from './library.ts';
import { GRID, isTuned, type Options, OWN_STATES, optionsOf, rankerOf } from './options.ts';
import { FUSION } from './ranking.ts';
import { retriever } from './retrieval.ts';
import { MEANING } from './words.ts';

type RawOptions = Readonly<Record<string, unknown>>;

/** How many passages stand where. */
interface Setting {
  readonly k: number;
  readonly place: 'system' | 'user';
}

type Tried = Setting & Held;
type Find = ReturnType<typeof retriever>;

/** `Method.prepare`. */
export async function prepare(context: Context): Promise<Prepared> {
  const { persona, engine, text } = context;
  const options = optionsOf(context.options);
  if (persona === null) throw new BenchError('no-persona', 'rag retrieves for a persona');
  const { index, reused } = await indexOf(context, options);
  // `indexOf` has thrown without a tokenizer.
  const request = { index, engine, text: text!, persona, options, seed: context.seed ?? 0 };
  const find = retriever(request);
  // A control takes the setting of the method it is compared with.
  const beside = () => retriever({ ...request, options: { ...options, retriever: rankerOf(options) } });
  const tried = isTuned(options) ? await tune(context, options, beside()) : [];
  // Of equal ones the first, which brings fewer passages.
  const setting =
    tried.length === 0
      ? ({ k: options.k, place: options.place } as Setting)
      : tried.reduce((a, b) => (isBetter(b, a) ? b : a));
  const asked = new Map<string, Retrieved>();
  const wrap = wrapper(setting, options, find, (id, retrieved) => {
    if (!asked.has(id)) asked.set(id, retrieved);
  });
  return {
    variant: DENSE,
    wrap,
    cost: { artefactBytes: index.bytes, trainedParameters: 0, reusedMs: reused ? index.buildMs : 0 },
    // Read once the questions were asked: what retrieval did for them is part of it.
    get artefacts() {
      const content = {
        ...record(options, setting, index, reused),
        tried,
        asked: figuresOf([...asked.values()], setting.k),
      };
      return [{ name: 'rag.json', bytes: Buffer.from(`${JSON.stringify(content, null, 2)}\n`) }];
    },
    figures: () => ({
      ...summary(figuresOf([...asked.values()], setting.k)),
      k: setting.k,
      ...(index.bm25 && { 'BM25 k1': options.k1, 'BM25 b': options.b }),
      'index build ms': index.buildMs,
      'index kB': index.bytes / 1000,
    }),
    release: () => {},
  };
}

function wrapper(
  { k, place }: Setting,
  { template }: Options,
  find: Find,
  note: (id: string, retrieved: Retrieved) => void = () => {},
): Prepared['wrap'] {
  return async ({ item, text }) => {
    const passages = await find(item, k);
    note(item.id, passages.retrieved);
    if (passages.text === '') return { messages: [{ role: 'user', content: text }] };
    // A function, so that a "$" in a passage stays as it is.
    const said = template.replace('{passages}', () => passages.text);
    return place === 'system'
      ? {
          messages: [
            { role: 'system', content: said },
            { role: 'user', content: text },
          ],
        }
      : { messages: [{ role: 'user', content: `${said}\n\n${text}` }] };
  };
}

/** Every setting of the grid on the tuning split. */
async function tune(context: Context, options: Options, find: Find): Promise<readonly Tried[]> {
  const ks = options.k === 'tuned' ? GRID.k : [options.k];
  const places = options.place === 'tuned' ? GRID.place : [options.place];
  const tried: Tried[] = [];
  for (const place of places) {
    for (const k of ks) {
      const held = await context.tune({ variant: DENSE, wrap: wrapper({ k, place }, options, find) });
      tried.push({ k, place, ...held });
    }
  }
  return tried;
}

/** Of the questions of the evaluation split, where any of them was asked. */
function summary(asked: ReturnType<typeof figuresOf>): Readonly<Record<string, number>> {
  const some = asked.evaluation ?? Object.values(asked)[0];
  if (some === undefined) return {};
  const { questions, retrievalMs, tokens, passages, recallAtK, precisionAtK, empty } = some;
  return {
    ...(recallAtK !== null && { 'recall at k': recallAtK }),
    ...(precisionAtK !== null && { 'precision at k': precisionAtK }),
    ...{ 'retrieval ms': retrievalMs.mean, 'passages per question': passages, 'tokens of passages': tokens },
    'questions without a passage (share)': empty / questions,
  };
}

function record(options: Options, { k, place }: Setting, index: Index, reused: boolean): RawOptions {
  const {
    retriever: name,
    base,
    budget,
    sentences,
    overlap,
    k1,
    b,
    tokenisation,
    embedding,
    template,
    bullet,
  } = options;
  const ranker = rankerOf(options);
  const neutral = index.chunks.filter(({ sources }) => sources.every(({ persona }) => persona === null)).length;
  return {
    retriever: name,
    ...(ranker !== name && { base }),
    ...{ k, place, budget, template, bullet },
    index: {
      ...{ chunks: index.chunks.length, neutral, repeated: index.repeated, sentences, overlap },
      tokens: index.tokens.reduce((sum, n) => sum + n, 0),
      bytes: index.bytes,
      buildMs: Number(index.buildMs.toFixed(3)),
      reused,
    },
    bm25: index.bm25 && { k1, b, d: 0, length: 'distinct terms', tokenisation: MEANING[tokenisation] },
    dense: index.dense && {
      vectors: embedding === OWN_STATES ? 'last hidden states of the model, averaged over tokens' : 'static embedder',
      dimensions: index.dense.dimensions,
      centred: true,
    },
    fusion: ranker === 'hybrid' ? { kind: 'reciprocal rank', constant: FUSION } : null,
  };
}
