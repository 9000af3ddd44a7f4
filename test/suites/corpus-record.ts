// What is recorded of persona-nano's corpus (models/recipe/check.py says the rules): how often each word occurs, and the
// hashes of the 5-grams that begin like an item.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Item } from '../../harness/datasets/types.ts';
import { ROOT } from '../support/node.ts';
import type { Faults } from './item-checks.ts';

/** Occurrences below which the model cannot be said to know a word. */
export const LEAST_OCCURRENCES = 20;

export interface CorpusRecord {
  readonly counts: Readonly<Record<string, number>>;
  readonly itemsSha256: string;
  readonly recorded: number; // 5-grams, as corpus-stats.json says
  readonly hashes: BigUint64Array;
  readonly function: ReadonlySet<string>; // words that are no content words
}

const recipe = (name: string) => readFileSync(join(ROOT, 'models/recipe', name));

export function corpusRecord(): CorpusRecord {
  const stats = JSON.parse(recipe('corpus-stats.json').toString('utf8'));
  const bytes = recipe(stats.fiveGrams.file);
  const hashes = Array.from({ length: bytes.length / 8 }, (_, i) => bytes.readBigUInt64LE(8 * i));
  return {
    counts: stats.counts,
    itemsSha256: stats.itemsSha256,
    recorded: stats.fiveGrams.count,
    hashes: BigUint64Array.from(hashes),
    function: new Set(JSON.parse(recipe('lexicon.json').toString('utf8')).function),
  };
}

/** FNV-1a, 64 bits, over the UTF-8 bytes. */
export function fnv1a64(text: string): bigint {
  let hash = 14695981039346656037n;
  for (const byte of Buffer.from(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 1099511628211n);
  return hash;
}

/** Lower-cased words, one list per sentence. */
export function sentences(text: string): readonly (readonly string[])[] {
  return text
    .toLowerCase()
    .split(/[.!?;:\n]|\([ab]\)/)
    .map((sentence) => sentence.match(/[a-z0-9']+/g) ?? [])
    .filter(({ length }) => length > 0);
}

export function fiveGrams(text: string): readonly string[] {
  return sentences(text).flatMap((words) => words.slice(4).map((_, i) => words.slice(i, i + 5).join(' ')));
}

const textsOf = ({ question, options }: Item) => [question, ...options.map(({ text }) => text)];

/** Content words of the items that the corpus holds too rarely, with their counts. */
export function rareWords(items: readonly Item[], record: CorpusRecord): Faults {
  const words = new Set(items.flatMap(textsOf).flatMap((text) => sentences(text).flat()));
  return [...words]
    .filter((word) => !record.function.has(word) && (record.counts[word] ?? 0) < LEAST_OCCURRENCES)
    .map((word) => `${word}: ${record.counts[word] ?? 0}`);
}

/** 5-grams that an item's question or option shares with the corpus. */
export function sharedGrams(items: readonly Item[], record: CorpusRecord): Faults {
  const known = new Set(record.hashes);
  return items.flatMap((item) =>
    textsOf(item).flatMap((text) =>
      fiveGrams(text)
        .filter((gram) => known.has(fnv1a64(gram)))
        .map((gram) => `${item.id}: "${gram}"`),
    ),
  );
}
