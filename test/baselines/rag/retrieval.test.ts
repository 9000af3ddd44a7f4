// The parts of retrieval: words, chunks, BM25 against its formula, rankings and their fusion, passages of equal length.

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { plainText } from '../../../base/text-words.ts';
import { bm25Of } from '../../../baselines/rag/bm25.ts';
import { chunked, chunksOf, holds, relationOf, wordingsOf } from '../../../baselines/rag/chunks.ts';
import { denseOf } from '../../../baselines/rag/dense.ts';
import { figuresOf } from '../../../baselines/rag/figures.ts';
import { fused, ofEqualLength, ranked } from '../../../baselines/rag/ranking.ts';
import { stem, terms } from '../../../baselines/rag/words.ts';
import type { LibraryPassage } from '../../../harness/datasets/passages.ts';
import type { Item } from '../../../harness/datasets/types.ts';
import { rngOf } from '../../../harness/stats/rng.ts';
import { suite } from '../../support/suite.ts';

const test = suite('retrieval');
const passage = (id: string, text: string, persona: string | null = 'a', trait: string | null = 't') =>
  ({ id, text, persona, trait }) satisfies LibraryPassage;

test('words are lower-cased; english leaves out function words and plural endings', () => {
  assert.equal(terms('The Parties, they don\u2019t last!', 'words'), ['the', 'parties', 'they', "don't", 'last']);
  assert.equal(terms('The parties end: they plan boxes', 'english'), ['party', 'end', 'plan', 'boxe']);
  for (const [word, stemmed] of [
    ['speaks', 'speak'],
    ['skies', 'sky'],
    ['glass', 'glass'],
    ['bus', 'bus'],
    ['goes', 'goes'],
    ['his', 'his'],
  ] as const) {
    assert.is(stem(word), stemmed);
  }
  assert.is(plainText('  I\u2019d  rather: stay-in!'), " i'd rather stay in ");
});

test('chunks are runs of whole sentences that share some with the one before', () => {
  const text = 'One is here. Two is here! Is three here? Four is here. Five is here.';
  assert.equal(chunksOf(text, 2, 0), ['One is here. Two is here!', 'Is three here? Four is here.', 'Five is here.']);
  assert.equal(chunksOf(text, 3, 1), [
    'One is here. Two is here! Is three here?',
    'Is three here? Four is here. Five is here.',
  ]);
  assert.equal(chunksOf(text, 9, 8), [text]);
  assert.equal(chunksOf(' \n ', 3, 1), []);
});

test('every sentence is in a chunk, none is cut, and no chunk lies within the one before', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 8 }), fc.nat(7), (count, size, less) => {
      const sentences = Array.from({ length: count }, (_, i) => `Sentence number ${i} ends.`);
      const overlap = Math.min(less, size - 1);
      const chunks = chunksOf(sentences.join(' '), size, overlap);
      for (const sentence of sentences) assert.ok(chunks.some((chunk) => chunk.includes(sentence)));
      for (const [i, chunk] of chunks.entries()) {
        assert.ok(!(chunks[i - 1] ?? '').includes(chunk));
        assert.ok((chunk.match(/Sentence/g) ?? []).length <= size);
      }
    }),
  );
});

test('chunks that say the same are one, which is of all its personas', () => {
  const { chunks, repeated } = chunked(
    [
      passage('1', 'They sing. They dance.'),
      passage('2', 'they dance? They sleep.', 'b', 'u'),
      passage('3', 'It rains.', null, null),
    ],
    1,
    0,
  );
  assert.equal(
    [chunks.map(({ text }) => text), repeated],
    [['They sing.', 'They dance.', 'They sleep.', 'It rains.'], 1],
  );
  const relations = (id: string, trait: string) => chunks.map((chunk) => relationOf(chunk, { id, trait }));
  assert.equal(relations('a', 't'), ['own', 'own', 'other', 'neutral']);
  assert.equal(relations('b', 'u'), ['other', 'own', 'own', 'neutral']);
  assert.equal(relations('c', 't'), ['trait', 'trait', 'other', 'neutral']);
});

const item = (question: string, ...options: string[]): Item => ({
  ...{ id: 'i', persona: 'a', trait: 't', keying: '+', split: 'evaluation', question },
  options: options.map((text, i) => ({ text, matching: i === 0 })),
});

test('a chunk holds an item when its passage has the question, a quotation of it, or an option', () => {
  const wordings = wordingsOf(item('Would you say: "I like long parties"?', 'Yes.', 'No, I stay at home.'));
  const one = (text: string) => holds(chunked([passage('1', text)], 1, 0).chunks[0]!, wordings);
  assert.ok(one('So she wrote: I LIKE long  parties, and left.'));
  assert.ok(one('All is well. "no \u2014 I stay, at home"'), 'in another chunk of the same passage');
  assert.ok(one('Would you say I like long parties?'));
  assert.not.ok(one('Yes. I like the long parties.'), 'one word is no option, and other words are no quotation');
  assert.not.ok(one('Beyond no, I stay at homes.'));
});

/** The formula, as Robertson and Zaragoza have it, over distinct terms as length. */
function reference(texts: readonly string[], query: string, k1: number, b: number): readonly number[] {
  const bags = texts.map((text) => terms(text, 'words'));
  const lengths = bags.map((bag) => new Set(bag).size);
  const mean = lengths.reduce((sum, n) => sum + n, 0) / lengths.length;
  return bags.map((bag, i) =>
    [...new Set(terms(query, 'words'))].reduce((sum, term) => {
      const tf = bag.filter((one) => one === term).length;
      const df = bags.filter((other) => other.includes(term)).length;
      const idf = Math.log(1 + (bags.length - df + 0.5) / (df + 0.5));
      return sum + (tf === 0 ? 0 : (idf * tf * (k1 + 1)) / (tf + k1 * (1 - b + (b * lengths[i]!) / mean)));
    }, 0),
  );
}

test('BM25 is the formula, whatever the query and its repeats', async () => {
  const word = fc.constantFrom('sun', 'rain', 'wind', 'snow', 'fog', 'ice', 'hail');
  const text = fc.array(word, { minLength: 1, maxLength: 9 }).map((list) => list.join(' '));
  await fc.assert(
    fc.asyncProperty(
      fc.array(text, { minLength: 1, maxLength: 8 }),
      text,
      fc.constantFrom([1.2, 0.75], [0.4, 0], [2, 1]),
      async (texts, query, [k1 = 0, b = 0]) => {
        const scores = (await bm25Of(texts, { k1, b, tokenisation: 'words' })).scores(query);
        const wanted = reference(texts, query, k1, b);
        for (const [i, score] of scores.entries())
          assert.ok(Math.abs(score - wanted[i]!) < 1e-9, `${score} ${wanted[i]}`);
      },
    ),
    { numRuns: 50 },
  );
});

test('rankings fall, ties go to the earlier, and fusion adds 1 / (60 + rank)', () => {
  assert.equal(ranked(Float64Array.of(1, 3, 3, 0)), [1, 2, 0, 3]);
  // 0: 1/61 + 1/63; 1: 1/62 + 1/61; 2: 1/63 + 1/62.
  assert.equal(
    fused(3, [
      [0, 1, 2],
      [1, 2, 0],
    ]),
    [1, 0, 2],
  );
  // What scores nothing is in no ranking of matches, and gets nothing from it in a fusion.
  assert.equal(ranked(Float64Array.of(0, 3, 0, 1), 'matched'), [1, 3]);
  assert.equal(ranked(Float64Array.of(0, 0), 'matched'), []);
  assert.equal(fused(3, [[2], [0, 1, 2]]), [2, 0, 1]);
  assert.equal(fused(3, [[2], [1, 2]]), [2, 1]);
});

test('dense: cosine after the mean of all chunks is taken off', () => {
  const dense = denseOf([
    Float32Array.of(11, 10),
    Float32Array.of(9, 10),
    Float32Array.of(10, 12),
    Float32Array.of(10, 8),
  ]);
  const scores = dense.scores(Float32Array.of(15, 10));
  assert.equal(
    [...scores].map((score) => Math.round(score * 1e6) / 1e6),
    [1, -1, 0, 0],
  );
  assert.equal([dense.dimensions, dense.bytes], [2, 4 * 2 * 4]);
});

test('passages of equal length: as many, from the pool, none twice, and of the same length in all', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 40, max: 60 }), { minLength: 1, maxLength: 8 }),
      fc.nat(1000),
      (wanted, seed) => {
        const tokens = (i: number) => 35 + (i % 41);
        const pool = Array.from({ length: 200 }, (_, i) => i + 7);
        const chosen = ofEqualLength(wanted, pool, tokens, rngOf(seed));
        assert.is(new Set(chosen).size, wanted.length);
        assert.ok(chosen.every((i) => pool.includes(i)));
        const total = (list: readonly number[]) => list.reduce((sum, n) => sum + n, 0);
        assert.is(total(chosen.map(tokens)), total(wanted));
      },
    ),
  );
  assert.equal(
    ofEqualLength([5, 5], [3], () => 5, rngOf(0)),
    [3],
  );
});

test('recall is of what could be retrieved, precision of what was', () => {
  const one = { split: 'tuning', ms: 2, passages: 4, own: 2, available: 24, tokens: 100, excluded: 1 };
  const { tuning, evaluation } = figuresOf(
    [
      one,
      { ...one, own: 1, available: 2, passages: 2 },
      { ...one, split: 'evaluation', passages: 0, own: 0, available: 0 },
    ],
    4,
  );
  assert.equal([tuning?.recallAtK, tuning?.precisionAtK, tuning?.questions, tuning?.excluded], [0.5, 0.5, 2, 2]);
  assert.equal([evaluation?.recallAtK, evaluation?.precisionAtK], [null, null]);
});

test.run();
