// Keys that evaluations of several kinds have in a suite, as JSON Schema.

import { SCORERS } from '../config/resolved.ts';

export const ID = {
  type: 'string',
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$',
  maxLength: 64,
  description: 'rows of two runs match on it',
} as const;

export const PATH = { type: 'string', minLength: 1, maxLength: 4096 } as const;

export const ITEMS_PER_TRAIT = {
  type: 'integer',
  minimum: 1,
  description: 'the first n items of the evaluation split; absent: all',
} as const;

export const TRAITS = {
  type: 'string',
  enum: ['own', 'all'],
  default: 'own',
  description: 'the items each persona is asked: those of its own trait, or of all traits, to measure side effects',
} as const;

export const SCORER = {
  type: 'string',
  enum: [...SCORERS],
  default: 'per-token',
  description: 'how the log-probability of an option becomes its score',
} as const;

export const ORDERS = {
  type: 'string',
  enum: ['both', 'given'],
  default: 'both',
  description: 'average over both orders of the options, or ask only in the given order',
} as const;
