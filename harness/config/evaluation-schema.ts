// The shape of an evaluation in a suite, by its kind: choice, likert, role-reply.

import { SCORERS } from './resolved.ts';

const ID = {
  type: 'string',
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$',
  maxLength: 64,
  description: 'rows of two runs match on it',
} as const;
const PATH = { type: 'string', minLength: 1, maxLength: 4096 } as const;
const ITEMS_PER_TRAIT = {
  type: 'integer',
  minimum: 1,
  description: 'the first n of the evaluation part; all without it',
} as const;

const TRAITS = {
  type: 'string',
  enum: ['own', 'all'],
  default: 'own',
  description: 'whose items each persona is asked: of its own trait, or of all, to see what else a method moves',
} as const;

const CHOICE = {
  type: 'object',
  additionalProperties: false,
  required: ['id', 'kind'],
  properties: {
    id: ID,
    kind: { const: 'choice', description: "questions with options: the persona's should be the likeliest" },
    scorer: {
      type: 'string',
      enum: [...SCORERS],
      default: 'per-token',
      description: 'how the log-probability of an option becomes the score that options are compared by',
    },
    show: { type: 'boolean', default: true, description: 'list the options in the prompt' },
    orders: {
      type: 'string',
      enum: ['both', 'given'],
      default: 'both',
      description: 'ask with the options in both orders and average, or only as they stand',
    },
    template: {
      type: 'string',
      minLength: 1,
      maxLength: 4000,
      pattern: '\\{question\\}',
      default: '{question}\n{options}',
      description: 'the user message; {question} and {options} are filled in',
    },
    'items-per-trait': ITEMS_PER_TRAIT,
    traits: TRAITS,
    'tuning-per-trait': {
      type: 'integer',
      minimum: 1,
      default: 16,
      description: 'the first n of the tuning part, on which sparsity and score function of the headline are chosen',
    },
    items: {
      type: 'object',
      additionalProperties: false,
      required: ['source', 'folder'],
      description: "other items than the personas' own",
      properties: {
        source: {
          type: 'string',
          enum: ['anthropic', 'bipo'],
          description:
            "one <trait>.jsonl per trait (Anthropic's persona statements), or <trait>_test.csv and _train.csv (BiPO)",
        },
        folder: { ...PATH, description: 'relative to this file' },
      },
    },
  },
} as const;

const LIKERT = {
  type: 'object',
  additionalProperties: false,
  required: ['id', 'kind', 'items'],
  properties: {
    id: ID,
    kind: { const: 'likert', description: 'statements answered on a scale: the expected answer' },
    items: { ...PATH, description: "statements: our own JSONL, or a CSV of the MPI's; relative to this file" },
    scale: {
      type: 'array',
      minItems: 2,
      maxItems: 11,
      items: { type: 'string', minLength: 1, maxLength: 200 },
      description: "answers from least to most agreement, in place of the items' own",
    },
    scorer: {
      type: 'string',
      enum: ['letter', 'sum'],
      default: 'letter',
      description: 'the probability of an answer: that of its letter, or of its words',
    },
    orders: {
      type: 'string',
      enum: ['both', 'given'],
      default: 'both',
      description: 'ask with the scale as written and reversed and average, or only as it stands',
    },
    template: {
      type: 'string',
      minLength: 1,
      maxLength: 4000,
      pattern: '\\{statement\\}',
      default: 'How well does this describe you? {statement}\n{options}',
      description: 'the user message; {statement} and {options} are filled in',
    },
    'items-per-trait': { ...ITEMS_PER_TRAIT, description: 'the first n, both keys in turns; all without it' },
    traits: TRAITS,
  },
} as const;

const ROLE_REPLY = {
  type: 'object',
  additionalProperties: false,
  required: ['id', 'kind', 'items'],
  properties: {
    id: ID,
    kind: { const: 'role-reply', description: 'a question with a reply for each who may ask it: which fits the asker' },
    items: { ...PATH, description: "JSON rows as RoleAgentBench's reaction rows; relative to this file" },
    scorer: CHOICE.properties.scorer,
    orders: {
      ...CHOICE.properties.orders,
      description: 'ask with the replies in every rotation and average, or only as they stand',
    },
    template: {
      type: 'string',
      minLength: 1,
      maxLength: 4000,
      pattern: '\\{question\\}',
      default: '{asker} asks: {question}\n{options}',
      description: 'the user message; {asker}, {question} and {options} are filled in',
    },
    'items-per-trait': { ...ITEMS_PER_TRAIT, description: 'the first n; all without it' },
  },
} as const;

export const EVALUATION = {
  type: 'object',
  required: ['id', 'kind'],
  discriminator: { propertyName: 'kind' },
  oneOf: [CHOICE, LIKERT, ROLE_REPLY],
} as const;
