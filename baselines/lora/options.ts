// The options of the method `lora` in a suite: their schema, and what a schema cannot say of them.

import type { FromSchema } from 'json-schema-to-ts';
import { BenchError } from '../../base/error.ts';
import type { MatrixInfo } from '../../formats/checkpoint/matrices.ts';
import { withDefaults } from '../tuning.ts';

const ROLES = ['q', 'k', 'v', 'qkv', 'o', 'gate', 'up', 'down'] as const;

export const OPTIONS = {
  type: 'object',
  additionalProperties: false,
  properties: {
    rank: { description: 'rank of the adapter', type: 'integer', minimum: 1, maximum: 4096, default: 8 },
    alpha: {
      description: 'the update is scaled by alpha / rank',
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 1e6,
      default: 16,
    },
    dropout: {
      description: 'dropout: share of the inputs of an update set to zero in training',
      type: 'number',
      minimum: 0,
      exclusiveMaximum: 1,
      default: 0,
    },
    targets: {
      description: 'matrices with an adapter: all, those of the attention or of the mlp, or single roles',
      anyOf: [
        { type: 'string', enum: ['all', 'attention', 'mlp'] },
        { type: 'array', minItems: 1, uniqueItems: true, items: { type: 'string', enum: ROLES } },
      ],
      default: 'all',
    },
    from: {
      description:
        'training data: calibration texts, items of the calibration split as the evaluation asks them, or both',
      type: 'string',
      enum: ['texts', 'items', 'both'],
      default: 'both',
    },
    samples: {
      description: 'largest number of calibration texts',
      type: 'integer',
      minimum: 1,
      maximum: 1e6,
      default: 128,
    },
    epochs: { description: 'largest number of epochs', type: 'integer', minimum: 1, maximum: 1000, default: 3 },
    steps: {
      description: 'largest number of optimiser steps',
      type: 'integer',
      minimum: 1,
      maximum: 1e5,
      default: 100,
    },
    'batch-tokens': {
      description: 'largest number of tokens per optimiser step; a longer text is cut',
      type: 'integer',
      minimum: 2,
      maximum: 1e6,
      default: 256,
    },
    'pass-tokens': {
      description: 'tokens per forward and backward pass; a larger batch accumulates gradients',
      type: 'integer',
      minimum: 2,
      maximum: 65536,
      default: 512,
    },
    'learning-rate': {
      description: 'peak learning rate; it decays to 0 along a cosine',
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 1,
      default: 0.001,
    },
    'warm-up': {
      description: 'share of the steps with linear warm-up',
      type: 'number',
      minimum: 0,
      maximum: 1,
      default: 0.1,
    },
    'weight-decay': {
      description: 'decoupled weight decay of AdamW',
      type: 'number',
      minimum: 0,
      maximum: 10,
      default: 0.01,
    },
    clip: {
      description: 'gradient clipping: largest norm over all gradients; 0: none',
      type: 'number',
      minimum: 0,
      maximum: 1e6,
      default: 1,
    },
    'evaluate-every': {
      description:
        'steps between evaluations on the tuning split; the best adapter is kept; 0: no evaluation, and the last adapter is kept',
      type: 'integer',
      minimum: 0,
      maximum: 1e5,
      default: 4,
    },
    'tuning-items': {
      description: 'largest number of tuning items per evaluation',
      type: 'integer',
      minimum: 1,
      maximum: 1e5,
      default: 32,
    },
    patience: {
      description: 'training stops after this many evaluations in a row without a gain',
      type: 'integer',
      minimum: 1,
      maximum: 1e5,
      default: 3,
    },
  },
} as const;

export type Options = FromSchema<typeof OPTIONS>;

/** `given` with the defaults of the schema; not checked. */
export const optionsOf = (given: Readonly<Record<string, unknown>>): Options => withDefaults(OPTIONS, given);

/** What outcomes depend on: without evaluations nothing says when to stop. */
export function contentOf(given: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { 'tuning-items': items, patience, ...rest } = optionsOf(given);
  return rest['evaluate-every'] === 0 ? rest : { ...rest, 'tuning-items': items, patience };
}

/** Names of the weights to be updated. Throws `bad-options` for a role that the model does not have. */
export function targetsOf({ targets }: Options, matrices: readonly MatrixInfo[]): readonly string[] {
  if (typeof targets === 'string') {
    return matrices.filter(({ module }) => targets === 'all' || module === targets).map(({ name }) => name);
  }
  const roles = new Set(matrices.map(({ role }) => role));
  const missing = targets.find((role) => !roles.has(role));
  if (missing !== undefined) {
    throw new BenchError('bad-options', `targets: the model has no matrix of role ${missing}`, {
      where: 'options.targets',
      hint: `its roles are ${[...roles].join(', ')}`,
    });
  }
  return matrices.filter(({ role }) => targets.includes(role)).map(({ name }) => name);
}
