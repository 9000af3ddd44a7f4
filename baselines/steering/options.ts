// The options of the method `steering` in a suite, and the candidates that its tuning goes through.

import type { FromSchema } from 'json-schema-to-ts';
import { BenchError } from '../../base/error.ts';
import { withDefaults } from '../tuning.ts';

export const OPTIONS = {
  type: 'object',
  additionalProperties: false,
  properties: {
    vector: {
      description: 'how the vector is computed from both poles; random: a control of equal norm',
      type: 'string',
      enum: ['mean-difference', 'first-component', 'random'],
      default: 'mean-difference',
    },
    position: {
      description: 'hidden state of a text: the mean over its answer, or its last token',
      type: 'string',
      enum: ['answer', 'last'],
      default: 'answer',
    },
    layers: {
      description: 'first and last steered layer, from 0; tuned: all, or the half that works best on the tuning split',
      anyOf: [
        { type: 'string', const: 'tuned' },
        { type: 'array', minItems: 2, maxItems: 2, items: { type: 'integer', minimum: 0, maximum: 1023 } },
      ],
      default: 'tuned',
    },
    coefficient: {
      description: 'factor of the vectors; tuned: the one in `coefficients` that works best on the tuning split',
      anyOf: [{ type: 'string', const: 'tuned' }, { type: 'number' }],
      default: 'tuned',
    },
    coefficients: {
      description: 'candidate factors; the middle one is used while layers are chosen',
      type: 'array',
      minItems: 1,
      maxItems: 32,
      uniqueItems: true,
      items: { type: 'number' },
      default: [1, 2, 4],
    },
    samples: {
      description: 'largest number of texts per pole',
      type: 'integer',
      minimum: 1,
      maximum: 1e6,
      default: 64,
    },
    length: {
      description: 'largest number of tokens per text',
      type: 'integer',
      minimum: 2,
      maximum: 1e5,
      default: 256,
    },
    'tuning-items': {
      description: 'largest number of tuning items asked for each candidate',
      type: 'integer',
      minimum: 1,
      maximum: 1e5,
      default: 8,
    },
  },
} as const;

export type Options = FromSchema<typeof OPTIONS>;
export type Range = readonly [first: number, last: number];

/** `given` with the defaults of the schema; not checked. */
export const optionsOf = (given: Readonly<Record<string, unknown>>): Options => withDefaults(OPTIONS, given);

export function isTuned({ layers, coefficient }: Options): boolean {
  return layers === 'tuned' || coefficient === 'tuned';
}

/** Ranges of layers to choose from. Throws `bad-options` for one that the model does not have. */
export function rangesOf({ layers }: Options, count: number): readonly Range[] {
  if (layers !== 'tuned') {
    const [first, last] = layers as unknown as Range;
    if (first <= last && last < count) return [[first, last]];
    throw new BenchError('bad-options', `layers: ${first} to ${last} are not a range within ${count} layers`, {
      where: 'options.layers',
      hint: `give a first and a last layer of 0 to ${count - 1}`,
    });
  }
  const half = Math.ceil(count / 2);
  return count === 1
    ? [[0, 0]]
    : [
        [0, count - 1],
        [0, half - 1],
        [half, count - 1],
      ];
}

/** Coefficients to choose from, the first to be tried before the others. */
export function coefficientsOf({ coefficient, coefficients }: Options): readonly number[] {
  if (coefficient !== 'tuned') return [coefficient as number];
  const sorted = [...coefficients].sort((a, b) => a - b);
  const middle = sorted[sorted.length >> 1]!;
  return [middle, ...sorted.filter((one) => one !== middle)];
}
