// The index over a library: chunks, their tokens, and what ranks them. One index serves all personas; what was made for one
// cell is kept for the next with the same content.

import { digestOf } from '../../base/digest.ts';
import { BenchError } from '../../base/error.ts';
import type { Context } from '../../harness/method/method.ts';
import type { TextModel } from '../../harness/text/index.ts';
import { type Bm25, bm25Of } from './bm25.ts';
import { type Chunk, chunked } from './chunks.ts';
import { byEmbedder, byStates, type Dense, denseOf, type Embed } from './dense.ts';
import { type Embedder, embedderDigest, loadEmbedder } from './model2vec.ts';
import { type Options, OWN_STATES, rankerOf } from './options.ts';
import { fused, ranked } from './ranking.ts';

export interface Index {
  readonly chunks: readonly Chunk[];
  readonly repeated: number;
  readonly tokens: readonly number[]; // of each chunk, by the model's tokenizer
  readonly bm25: Bm25 | null;
  readonly dense: Dense | null;
  readonly embedder: Embedder | null; // null: the model's states
  readonly bytes: number; // chunk texts, and what ranks them
  readonly buildMs: number;
}

/** Indexes kept at once: suites compare a few settings, one after the other. */
const KEPT = 8;
const kept = new Map<string, Promise<Index>>();

/** `reused`: it was there already. Throws `no-library`, `few-neutral`, and what an embedder or the engine throws. */
export async function indexOf(
  { library, engine, text }: Pick<Context, 'library' | 'engine' | 'text'>,
  options: Options,
): Promise<{ readonly index: Index; readonly reused: boolean }> {
  checkLibrary(library);
  if (text === null) {
    throw new BenchError('no-tokenizer', 'rag counts tokens of passages, which needs a tokenizer', {
      hint: 'add tokenizer.json to the model',
    });
  }
  const ranker = rankerOf(options);
  const { sentences, overlap, k1, b, tokenisation, embedding } = options;
  const key = digestOf([
    library.map(({ persona, trait, text: said }) => [persona, trait, said]),
    [sentences, overlap, text.tokenizerDigest],
    ranker === 'dense' ? null : [k1, b, tokenisation],
    ranker === 'bm25' ? null : embedding === OWN_STATES ? engine.weightsDigest : embedderDigest(embedding),
  ]);
  const known = kept.get(key);
  if (known !== undefined) return { index: await known, reused: true };
  const make = async (): Promise<Index> => {
    const start = performance.now();
    const { chunks, repeated } = chunked(library, sentences, overlap);
    const texts = chunks.map((chunk) => chunk.text);
    const none = text.encode('').length;
    text.prepare(texts.map((one) => ({ prompt: { text: one }, answers: [] })));
    const embedder = ranker === 'bm25' || embedding === OWN_STATES ? null : await loadEmbedder(embedding);
    const bm25 = ranker === 'dense' ? null : await bm25Of(texts, { k1, b, tokenisation });
    const dense = ranker === 'bm25' ? null : denseOf(await embedBy(embedder, engine, text)(texts));
    const said = texts.reduce((sum, one) => sum + Buffer.byteLength(one), 0);
    return {
      chunks,
      repeated,
      tokens: texts.map((one) => text.encode(one).length - none),
      bm25,
      dense,
      embedder,
      bytes: said + (bm25?.bytes ?? 0) + (dense?.bytes ?? 0),
      buildMs: performance.now() - start,
    };
  };
  const made = make();
  kept.set(key, made);
  made.catch(() => kept.delete(key));
  for (const old of [...kept.keys()].slice(0, -KEPT)) kept.delete(old);
  return { index: await made, reused: false };
}

/**
 * Chunks, best first; BM25 leaves out those that share no term with the query. `engine` is the one that is loaded now,
 * whoever built the index.
 */
export async function ranking(
  { bm25, chunks, dense, embedder }: Index,
  { engine, text }: { readonly engine: Context['engine']; readonly text: TextModel },
  query: string,
): Promise<readonly number[]> {
  const rankings = bm25 === null ? [] : [ranked(bm25.scores(query), 'matched')];
  if (dense !== null) {
    const [vector] = await embedBy(embedder, engine, text)([query]);
    rankings.push(ranked(dense.scores(vector ?? new Float32Array(dense.dimensions))));
  }
  return rankings.length === 1 ? (rankings[0] ?? []) : fused(chunks.length, rankings);
}

function embedBy(embedder: Embedder | null, engine: Context['engine'], text: TextModel): Embed {
  return embedder === null ? byStates(engine, text) : byEmbedder(embedder);
}

function checkLibrary(library: Context['library']): void {
  const neutral = library.filter(({ persona }) => persona === null).length;
  const personas = library.length - neutral;
  if (personas === 0) {
    throw new BenchError('no-library', 'there are no passages to retrieve', {
      where: 'personas.*.knowledge',
      hint: 'name files of passages in the personas file, or leave rag out of the suite',
    });
  }
  if (neutral < personas) {
    throw new BenchError('few-neutral', `${personas} passages on personas, but ${neutral} neutral ones`, {
      where: 'neutral.knowledge',
      hint: 'name a file with as many neutral passages in the personas file: without them, every passage is on a persona',
    });
  }
}
