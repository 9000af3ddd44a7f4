// The options of the method `rag` in a suite: their schema, what a schema cannot say of them, and what outcomes depend on.

import { resolve } from 'node:path';
import type { FromSchema } from 'json-schema-to-ts';
import { BenchError } from '../../base/error.ts';
import { embedderDigest } from './model2vec.ts';
import { TOKENISATIONS } from './words.ts';

const RANKERS = ['bm25', 'dense', 'hybrid'] as const;
const CONTROLS = ['random', 'other-persona'] as const;
export type Ranker = (typeof RANKERS)[number];

/** What `k: tuned` and `place: tuned` try. */
export const GRID = { k: [1, 2, 4], place: ['system', 'user'] } as const;

/** The value of `embedding` that stands for the model under test. */
export const OWN_STATES = 'model';

export const OPTIONS = {
  type: 'object',
  additionalProperties: false,
  properties: {
    retriever: {
      description:
        'how passages are ranked; or a control that replaces the passages of `base`: neutral passages of as many ' +
        'tokens, or the best passages of other traits',
      type: 'string',
      enum: [...RANKERS, ...CONTROLS],
      default: 'bm25',
    },
    base: {
      description: 'of a control: the ranker that it is compared with',
      type: 'string',
      enum: RANKERS,
      default: 'bm25',
    },
    embedding: {
      description:
        "of dense and hybrid: 'model' takes the model's own last hidden states, averaged; otherwise a folder with a " +
        'static embedder in the layout of model2vec, relative to the suite',
      type: 'string',
      minLength: 1,
      maxLength: 4096,
      default: OWN_STATES,
    },
    k: {
      description: `passages per question; tuned: the best on the tuning split of ${GRID.k.join(', ')}`,
      anyOf: [
        { type: 'integer', minimum: 1, maximum: 64 },
        { type: 'string', const: 'tuned' },
      ],
      default: 'tuned',
    },
    budget: {
      description: 'token budget of the passages; a passage that does not fit as a whole is dropped',
      type: 'integer',
      minimum: 1,
      maximum: 1e6,
      default: 256,
    },
    sentences: { description: 'sentences per chunk', type: 'integer', minimum: 1, maximum: 64, default: 3 },
    overlap: {
      description: 'sentences that a chunk shares with the one before',
      type: 'integer',
      minimum: 0,
      maximum: 63,
      default: 1,
    },
    k1: {
      description: 'k1 of BM25: saturation of repeated words',
      type: 'number',
      minimum: 0,
      maximum: 10,
      default: 1.2,
    },
    b: {
      description: 'b of BM25: length normalisation',
      type: 'number',
      minimum: 0,
      maximum: 1,
      default: 0.75,
    },
    tokenisation: {
      description: 'of BM25: lower-cased words; english: without function words and plural endings',
      type: 'string',
      enum: TOKENISATIONS,
      default: 'english',
    },
    template: {
      description: 'template of the passages; {passages} is filled in, one passage per line',
      type: 'string',
      minLength: 1,
      maxLength: 4000,
      pattern: '\\{passages\\}',
      default: 'These notes describe you:\n{passages}\nAnswer as the person they describe.',
    },
    bullet: { description: 'prefix of each passage', type: 'string', maxLength: 100, default: '- ' },
    place: {
      description:
        'position of the template: a system message, or before the question; tuned: the better one on the tuning split',
      type: 'string',
      enum: ['system', 'user', 'tuned'],
      default: 'system',
    },
  },
} as const;

type RawOptions = Readonly<Record<string, unknown>>;
export type Options = FromSchema<typeof OPTIONS>;

/** `given` with the defaults of the schema. Throws `bad-options` where they contradict each other. */
export function optionsOf(given: RawOptions): Options {
  const defaults = Object.entries(OPTIONS.properties).map(([name, property]) => [name, property.default] as const);
  const options = { ...Object.fromEntries(defaults), ...given } as Options;
  if (options.overlap >= options.sentences) {
    throw new BenchError('bad-options', `chunks of ${options.sentences} sentences cannot share ${options.overlap}`, {
      where: 'options.overlap',
      hint: `set overlap to ${options.sentences - 1} or less, or sentences to more`,
    });
  }
  return options;
}

/** How passages are ranked; a control's own choice comes after. */
export function rankerOf({ retriever, base }: Options): Ranker {
  return retriever === 'random' || retriever === 'other-persona' ? base : retriever;
}

export function isTuned({ k, place }: Options): boolean {
  return k === 'tuned' || place === 'tuned';
}

/** The embedder's folder, relative to the file that names it. */
export function located(given: RawOptions, folderOf: (option: string) => string): RawOptions {
  const { embedding } = optionsOf(given);
  return embedding === OWN_STATES ? given : { ...given, embedding: resolve(folderOf('embedding'), embedding) };
}

/** What outcomes depend on: of a folder its content, and nothing that the ranker does not read. */
export function contentOf(given: RawOptions): RawOptions {
  const { base, embedding, k1, b, tokenisation, ...rest } = optionsOf(given);
  const ranker = rankerOf(optionsOf(given));
  return {
    ...rest,
    ...(ranker !== rest.retriever && { base }),
    ...(ranker !== 'dense' && { k1, b, tokenisation }),
    ...(ranker !== 'bm25' && { embedding: embedding === OWN_STATES ? OWN_STATES : embedderDigest(embedding) }),
    ...(isTuned(optionsOf(given)) && { grid: GRID }),
  };
}
