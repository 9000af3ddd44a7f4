// The shapes of suite and persona files: closed at every depth. Each is the ajv schema, the TypeScript type, and (through
// `npm run schemas`) the JSON Schema that editors use. Kinds of evaluation and methods bring their own.

import type { FromSchema } from 'json-schema-to-ts';
import { CHAT_DEFAULTS, systemWord, THINKING } from '../text/settings.ts';
import type { EvaluationShapes } from './evaluation-source.ts';
import { GATE } from './gate-schema.ts';

const NAME = { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$', maxLength: 64 } as const;
/** Of what a report has a row or a column for: one line of characters that are seen. */
const ONE_LINE = { pattern: '^[^\\p{Cc}\\p{Zl}\\p{Zp}]+$', maxLength: 200 } as const;
const PATH = { type: 'string', minLength: 1, maxLength: 4096 } as const;
const TEXT = { type: 'string', minLength: 1, maxLength: 20_000 } as const;

const LABELS = { uniqueItems: true, items: { type: ['string', 'number'] } } as const;
/** At which sparsities a control runs: all, none, or those of these labels; auto: all, but where it is known before it runs. */
const LEVELS = { type: ['string', 'boolean', 'array'], pattern: '^auto$', ...LABELS, default: 'auto' } as const;

const CONTROLS = {
  type: 'object',
  additionalProperties: false,
  description:
    'the controls that every subnetwork is compared with, at each of its sparsities; auto: left out where it is known before it runs, because each item counts for both poles',
  default: {},
  properties: {
    random: {
      type: ['string', 'integer'],
      pattern: '^(auto)$',
      minimum: 0,
      maximum: 100,
      default: 'auto',
      description: 'random masks: how many seeds; auto: 5, or 1 where each scores 50 % by construction',
    },
    magnitude: { ...LEVELS, description: 'the largest weights, whatever the persona' },
    'generic-text': { ...LEVELS, description: 'Wanda on neutral text' },
    opposite: { ...LEVELS, description: "the opposite persona's mask" },
    shuffled: {
      type: ['boolean', 'array'],
      ...LABELS,
      default: true,
      description:
        'texts of both poles pooled and split at random, then the same score, at all sparsities or at these labels; a subnetwork at a sparsity without it gets no verdict',
    },
    draws: {
      type: 'integer',
      minimum: 2,
      maximum: 1000,
      default: 20,
      description: 'random splits of `shuffled`; each is asked a third of the items, the same ones in every draw',
    },
    evaluations: {
      type: ['string', 'array'],
      pattern: '^all$',
      minItems: 1,
      uniqueItems: true,
      items: { type: 'string' },
      default: 'all',
      description: 'the evaluations that controls are asked, by id; on others no subnetwork gets a verdict',
    },
  },
} as const;

/** An entry of `evaluations`, as far as every kind has it. */
const EVALUATION = {
  type: 'object',
  required: ['id', 'kind'],
  properties: { id: NAME, kind: { type: 'string' } },
} as const;

const SUITE = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'persona-bench suite',
  type: 'object',
  additionalProperties: false,
  required: ['version', 'name', 'models', 'personas', 'evaluations', 'methods'],
  properties: {
    version: { type: 'integer', enum: [1] },
    extends: { ...PATH, description: 'the suite that this one starts from: maps merge deeply, lists replace' },
    name: NAME,
    notes: { type: 'array', items: TEXT, maxItems: 20, description: 'printed in every report' },
    models: {
      type: 'array',
      minItems: 1,
      maxItems: 64,
      description: 'bundled names, or folders in Hugging Face layout',
      items: {
        type: ['string', 'object'],
        minLength: 1,
        maxLength: 4096,
        additionalProperties: false,
        required: ['id', 'path'],
        properties: {
          id: NAME,
          path: { ...PATH, description: 'the folder, relative to this file' },
          template: { ...PATH, description: "a Jinja file that replaces the model's chat template" },
        },
      },
    },
    thinking: {
      type: 'string',
      enum: THINKING,
      default: CHAT_DEFAULTS.thinking,
      description:
        'models that can think: off tells the template not to think, empty answers after an empty thought, inside answers where a thought would begin',
    },
    system: {
      type: 'string',
      default: systemWord(CHAT_DEFAULTS.system),
      description:
        "the system text of prompts without a persona: empty, template (what the model's template inserts), or a text",
    },
    date: {
      type: 'string',
      pattern: '^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])$',
      default: CHAT_DEFAULTS.date,
      description: 'the date that strftime_now gives to chat templates, YYYY-MM-DD',
    },
    personas: {
      type: 'object',
      additionalProperties: false,
      required: ['file'],
      properties: {
        file: { ...PATH, description: 'relative to this file' },
        select: {
          type: ['string', 'array'],
          pattern: '^all$',
          minItems: 1,
          uniqueItems: true,
          items: { type: 'string' },
          default: 'all',
          description: 'ids of personas, or all',
        },
      },
    },
    evaluations: { type: 'array', minItems: 1, maxItems: 16, items: EVALUATION },
    methods: {
      type: 'array',
      minItems: 1,
      maxItems: 64,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['id'],
        anyOf: [{ required: ['method'] }, { required: ['subnetwork'] }],
        properties: {
          id: { ...NAME, description: 'unique here; rows of two runs match on it' },
          method: { type: 'string', description: '`bench list methods` names them' },
          control: { type: 'boolean', default: false, description: 'a control, which other methods must beat' },
          options: { type: 'object', description: "the method's own options", default: {} },
          subnetwork: { type: 'object', description: 'short for method: subnetwork with these options' },
          controls: { type: 'boolean', default: true, description: 'compare it with the controls of the suite' },
          seeds: {
            type: 'array',
            minItems: 1,
            maxItems: 100,
            uniqueItems: true,
            items: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
            description: "in place of the suite's",
          },
        },
      },
    },
    controls: CONTROLS,
    sparsity: {
      type: 'array',
      maxItems: 32,
      description: 'fractions of weights removed, in [0, 1): numbers, or `label: number` to match rows across changes',
      items: {
        type: ['number', 'object'],
        minimum: 0,
        exclusiveMaximum: 1,
        minProperties: 1,
        maxProperties: 1,
        propertyNames: ONE_LINE,
        additionalProperties: { type: 'number', minimum: 0, exclusiveMaximum: 1 },
      },
      default: [],
    },
    seeds: {
      type: 'array',
      minItems: 1,
      maxItems: 64,
      uniqueItems: true,
      items: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
      default: [0],
    },
    latency: {
      type: 'object',
      additionalProperties: false,
      description: 'what to time; absent: nothing',
      properties: {
        items: { type: 'integer', minimum: 1, maximum: 10_000, default: 8 },
        warmup: { type: 'integer', minimum: 0, maximum: 100, default: 1 },
        repeats: { type: 'integer', minimum: 1, maximum: 10_000, default: 5 },
        'decode-tokens': { type: 'integer', minimum: 1, maximum: 4096, default: 16 },
      },
    },
    gate: GATE,
  },
} as const;

/** A suite file with its defaults; an evaluation as its kind's schema leaves it, a method's options as the method's. */
export type SuiteFile = FromSchema<typeof SUITE>;

const made = new WeakMap<EvaluationShapes, object>();

/** The schema of suites whose evaluations are of these kinds. */
export function suiteSchema(kinds: EvaluationShapes): object {
  const known = made.get(kinds);
  if (known !== undefined) return known;
  const items = {
    type: 'object',
    required: ['id', 'kind'],
    discriminator: { propertyName: 'kind' },
    oneOf: [...kinds.values()].map(({ schema }) => schema),
  };
  const { properties } = SUITE;
  const schema = { ...SUITE, properties: { ...properties, evaluations: { ...properties.evaluations, items } } };
  made.set(kinds, schema);
  return schema;
}

export const PERSONAS_SCHEMA = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'persona-bench personas',
  type: 'object',
  additionalProperties: false,
  required: ['version', 'personas'],
  properties: {
    version: { type: 'integer', enum: [1] },
    neutral: {
      type: 'object',
      additionalProperties: false,
      required: ['texts'],
      properties: {
        texts: { ...PATH, description: 'JSONL of {text}, relative to this file' },
        knowledge: {
          ...PATH,
          description: 'passages on no persona, as many as all personas have; formats as for `knowledge`',
        },
      },
    },
    personas: {
      type: 'object',
      minProperties: 1,
      maxProperties: 1000,
      propertyNames: ONE_LINE,
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        required: ['trait', 'pole', 'prompts'],
        properties: {
          trait: NAME,
          pole: { type: 'string', enum: ['high', 'low'], description: 'which end of the trait' },
          opposite: { type: 'string', description: 'the persona at the other end' },
          desirable: {
            type: 'boolean',
            description: 'whether this pole is the socially desirable one; a control answers by it',
          },
          description: TEXT,
          prompts: {
            type: 'object',
            minProperties: 1,
            maxProperties: 32,
            propertyNames: ONE_LINE,
            additionalProperties: TEXT,
            description: 'wordings: name -> system message',
          },
          items: { ...PATH, description: 'JSONL of items; without it, only `try` and `mask` work' },
          calibration: { ...PATH, description: 'JSONL of {question, answer} or {answer}' },
          knowledge: {
            ...PATH,
            description: 'passages: JSONL of {id, text}, Markdown, or text with empty lines between',
          },
        },
      },
    },
  },
} as const;

export type PersonasFile = FromSchema<typeof PERSONAS_SCHEMA>;
