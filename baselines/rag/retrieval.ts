// Which passages a question gets. The query is the persona's description and the question, never the options; what holds
// the item is passed over.

import { sha256 } from '../../base/digest.ts';
import { BenchError } from '../../base/error.ts';
import { grouped } from '../../base/grouped.ts';
import type { Persona } from '../../harness/config/resolved.ts';
import type { Item } from '../../harness/datasets/types.ts';
import type { Context } from '../../harness/method/method.ts';
import { rngOf } from '../../harness/stats/rng.ts';
import type { TextModel } from '../../harness/text/index.ts';
import { type Chunk, holds, type Relation, relationOf, wordingsOf } from './chunks.ts';
import type { Retrieved } from './figures.ts';
import { type Index, ranking } from './library.ts';
import type { Options } from './options.ts';
import { ofEqualLength } from './ranking.ts';

export interface Passages {
  readonly text: string; // as the template is filled; empty where nothing was retrieved
  readonly chunks: readonly Chunk[];
  readonly retrieved: Retrieved;
}

export interface Request {
  readonly index: Index;
  readonly engine: Context['engine'];
  readonly text: TextModel;
  readonly persona: Persona;
  readonly options: Options;
  readonly seed: number;
}

/** Retrieval of `k` passages for an item; rankings are kept by query, since every k uses the same. */
export function retriever(request: Request): (item: Item, k: number) => Promise<Passages> {
  const { index, text, persona, options, seed } = request;
  const relations = index.chunks.map((chunk) => relationOf(chunk, persona));
  const byRelation = grouped(relations.keys(), (i) => relations[i]!);
  requireRetrievable(request, byRelation);
  const rankings = new Map<string, { readonly order: readonly number[]; readonly ms: number }>();
  const none = text.encode('').length;
  const block = (chunks: readonly number[]) =>
    chunks.map((i) => `${options.bullet}${index.chunks[i]?.text ?? ''}`).join('\n');
  const tokensOf = (chunks: readonly number[]) => (chunks.length === 0 ? 0 : text.encode(block(chunks)).length - none);

  const rank = async (query: string) => {
    let known = rankings.get(query);
    if (known === undefined) {
      const start = performance.now();
      const order = await ranking(index, request, query);
      known = { order, ms: performance.now() - start };
      rankings.set(query, known);
    }
    return known;
  };

  return async (item, k) => {
    const query = queryOf(persona, item);
    const { order, ms } = await rank(query);
    const start = performance.now();
    const wordings = wordingsOf(item);
    const barred = new Set<number>();
    const free = (i: number): boolean => {
      if (!holds(index.chunks[i]!, wordings)) return true;
      barred.add(i);
      return false;
    };
    const wanted = options.retriever === 'other-persona' ? (i: number) => relations[i] === 'other' : () => true;
    const best: number[] = [];
    for (const i of order) {
      if (best.length >= k) break;
      if (!wanted(i) || !free(i)) continue;
      if (tokensOf([...best, i]) > options.budget) break;
      best.push(i);
    }
    let chosen: readonly number[] = best;
    if (options.retriever === 'random') {
      const rng = rngOf(Number.parseInt(sha256(`${seed}\n${query}`).slice(0, 8), 16));
      const length = (i: number) => index.tokens[i] ?? 0;
      chosen = ofEqualLength(best.map(length), (byRelation.get('neutral') ?? []).filter(free), length, rng);
    }
    const own = byRelation.get('own') ?? [];
    return {
      text: block(chosen),
      chunks: chosen.map((i) => index.chunks[i]!),
      retrieved: {
        split: item.split,
        ms: ms + performance.now() - start,
        passages: chosen.length,
        own: chosen.filter((i) => relations[i] === 'own').length,
        available: own.filter(free).length,
        tokens: tokensOf(chosen),
        excluded: barred.size,
      },
    };
  };
}

/** What is searched for: who is to answer, and what is asked. */
function queryOf({ description }: Persona, { question }: Item): string {
  return `${description}\n${question}`;
}

function requireRetrievable(
  { index, persona, options }: Request,
  byRelation: ReadonlyMap<Relation, readonly number[]>,
): void {
  const where = `personas.${persona.id}`;
  if (persona.description.trim() === '') {
    throw new BenchError('no-description', `persona ${persona.id} has no description to search for`, {
      where: `${where}.description`,
      hint: 'describe such a person in one sentence, or leave rag out of the suite',
    });
  }
  if (!byRelation.has('own')) {
    throw new BenchError('no-knowledge', `persona ${persona.id} has no passages of its own`, {
      where: `${where}.knowledge`,
      hint: 'name a file of passages, or leave rag out of the suite',
    });
  }
  if (options.retriever === 'other-persona' && !byRelation.has('other')) {
    throw new BenchError('no-other-trait', 'no passage is of a persona of another trait', {
      where: 'personas.*.knowledge',
      hint: 'give personas of another trait passages, or leave the control other-persona out',
    });
  }
  const least = Math.min(...index.tokens);
  if (least > options.budget) {
    throw new BenchError('bad-options', `no passage fits ${options.budget} tokens: the shortest has ${least}`, {
      where: 'options.budget',
      hint: `set budget to ${Math.max(...index.tokens)} or more, or sentences to fewer`,
    });
  }
}
