// The shape of an evaluation in a suite, by its kind: choice, likert, role-reply, generation.

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
    'items-per-trait': { ...ITEMS_PER_TRAIT, description: 'the first n rows of each persona; all without it' },
  },
} as const;

const GENERATION = {
  type: 'object',
  additionalProperties: false,
  required: ['id', 'kind', 'prompts'],
  properties: {
    id: ID,
    kind: {
      const: 'generation',
      description: 'open questions: what is written, read by the dense model under the prompts of both poles (a proxy)',
    },
    prompts: { ...PATH, description: 'JSONL of {id, trait, question}; relative to this file' },
    template: {
      type: 'string',
      minLength: 1,
      maxLength: 4000,
      pattern: '\\{question\\}',
      default: '{question}',
      description: 'the user message; {question} is filled in',
    },
    wording: {
      type: 'string',
      minLength: 1,
      maxLength: 64,
      description: "the personas' prompt by which the dense model reads; their first one without it",
    },
    tokens: { type: 'integer', minimum: 1, maximum: 4096, default: 48, description: 'most new tokens' },
    temperature: { type: 'number', minimum: 0, maximum: 10, default: 0.8, description: '0: the likeliest token' },
    'top-k': { type: 'integer', minimum: 0, default: 0, description: '0: off' },
    'top-p': { type: 'number', exclusiveMinimum: 0, maximum: 1, default: 1, description: '1: off' },
    samples: { type: 'integer', minimum: 1, maximum: 8, default: 1, description: 'texts on each question' },
    'items-per-trait': { ...ITEMS_PER_TRAIT, description: 'the first n; all without it' },
    judge: {
      type: 'object',
      additionalProperties: false,
      required: ['endpoint', 'model'],
      description: 'a model that says which pole wrote a text, behind an OpenAI-compatible endpoint; none without it',
      properties: {
        endpoint: {
          type: 'string',
          pattern: '^https?://[^\\s/@?#]+(/[^\\s@?#]*)?$',
          maxLength: 2000,
          description: 'URL that /chat/completions follows, such as http://localhost:8080/v1',
        },
        model: { type: 'string', minLength: 1, maxLength: 200 },
        prompt: {
          type: 'string',
          minLength: 1,
          maxLength: 8000,
          pattern: '\\{text\\}',
          default:
            'Two speakers were told what they are.\nA: {high}\nB: {low}\nBoth were asked: {question}\nOne answered: {text}\n' +
            'How sure are you that it was A? Answer with a whole number from 0 (surely B) to 100 (surely A), and nothing else.',
          description: '{question}, {text}, and the prompts of both poles, {high} and {low}, are filled in',
        },
        'key-env': {
          type: 'string',
          pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
          maxLength: 200,
          default: 'OPENAI_API_KEY',
          description: 'the environment variable that holds the key; it is never stored',
        },
      },
    },
  },
} as const;

export const EVALUATION = {
  type: 'object',
  required: ['id', 'kind'],
  discriminator: { propertyName: 'kind' },
  oneOf: [CHOICE, LIKERT, ROLE_REPLY, GENERATION],
} as const;
