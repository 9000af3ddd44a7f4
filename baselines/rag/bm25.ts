// BM25 over chunks (Robertson and Zaragoza, 2009) by minisearch. Its `d` is 0, and its boost of chunks that match many
// terms is undone, so that a score is the plain formula with a chunk's distinct terms as its length.

import { type Tokenisation, terms } from './words.ts';

export interface Bm25 {
  readonly bytes: number; // of the index, as JSON
  /** By chunk; 0 where no term matches. */
  scores(query: string): Float64Array;
}

export interface Bm25Options {
  readonly k1: number;
  readonly b: number;
  readonly tokenisation: Tokenisation;
}

/** Loads the library when it is needed: `bench --help` names this method too. */
export async function bm25Of(texts: readonly string[], { k1, b, tokenisation }: Bm25Options): Promise<Bm25> {
  const { default: MiniSearch } = await import('minisearch');
  const index = new MiniSearch<{ id: number; text: string }>({
    fields: ['text'],
    tokenize: (text) => [...terms(text, tokenisation)],
    processTerm: (term) => term,
  });
  index.addAll(texts.map((text, id) => ({ id, text })));
  return {
    bytes: Buffer.byteLength(JSON.stringify(index)),
    scores: (query) => {
      const scores = new Float64Array(texts.length);
      const asked = new Set(terms(query, tokenisation));
      const found = index.search(query, {
        bm25: { k: k1, b, d: 0 },
        // Each term once, however often the query has it.
        tokenize: () => [...asked],
      });
      for (const { id, score, queryTerms } of found) scores[id] = score / queryTerms.length;
      return scores;
    },
  };
}
