// Generation: open questions, on which a method writes. The dense model reads each text under the prompts of both poles, an
// item's two options; it is aligned where the log-odds favour the persona. Each sample stands in the place of an order.

import type { FromSchema } from 'json-schema-to-ts';
import type { EvaluationKind } from '../method/evaluation-kind.ts';
import { filled } from '../score/ask.ts';
import { ID, ITEMS_PER_TRAIT, PATH } from './fields.ts';
import { questionsOf } from './generation/questions.ts';
import { textRows, textSections } from './generation/tables.ts';
import { evaluateGeneration, type GenerationEvaluation } from './generation/texts.ts';

export type { GenerationEvaluation } from './generation/texts.ts';

const SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['id', 'kind', 'prompts'],
  properties: {
    id: ID,
    kind: {
      const: 'generation',
      description:
        'open questions: the generated text, scored by the dense model under the prompts of both poles (a proxy)',
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
      description: "the personas' prompt under which the dense model scores texts; absent: the first",
    },
    tokens: { type: 'integer', minimum: 1, maximum: 4096, default: 48, description: 'largest number of new tokens' },
    temperature: { type: 'number', minimum: 0, maximum: 10, default: 0.8, description: '0: the most likely token' },
    'top-k': { type: 'integer', minimum: 0, default: 0, description: '0: off' },
    'top-p': { type: 'number', exclusiveMinimum: 0, maximum: 1, default: 1, description: '1: off' },
    samples: { type: 'integer', minimum: 1, maximum: 8, default: 1, description: 'texts per question' },
    'items-per-trait': { ...ITEMS_PER_TRAIT, description: 'the first n; absent: all' },
    judge: {
      type: 'object',
      additionalProperties: false,
      required: ['endpoint', 'model'],
      description: 'an LLM judge that decides which pole wrote a text, at an OpenAI-compatible endpoint; absent: none',
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
          description: 'the environment variable with the key; the key is never stored',
        },
      },
    },
  },
} as const;

export type GenerationFile = FromSchema<typeof SCHEMA>;

export const generation: EvaluationKind<GenerationEvaluation, GenerationFile> = {
  kind: 'generation',
  schema: SCHEMA,
  graded: false,
  unit: 'item',
  poles: 'both',
  async resolve(file, source) {
    const { id, kind, template, tokens, temperature, samples, judge } = file;
    const { seed, setUp } = source;
    const items = await questionsOf(file, source);
    return {
      evaluation: {
        ...{ id, kind, scorer: 'log-odds', orders: 'given', template, tokens, temperature, samples, seed, setUp },
        ...{ topK: file['top-k'], topP: file['top-p'], items },
        itemsPerTrait: source.limit ?? file['items-per-trait'] ?? null,
        judge:
          judge === undefined
            ? null
            : { endpoint: judge.endpoint, model: judge.model, prompt: judge.prompt, keyEnv: judge['key-env'] },
      },
    };
  },
  /** How texts are drawn, and by whom they are judged; where the judge is reached is no part of it. */
  content({ scorer, orders, template, tokens, temperature, topK, topP, samples, seed, judge }) {
    const draws = { scorer, orders, template, tokens, temperature, topK, topP, samples, seed };
    return { ...draws, ...(judge !== null && { judge: { model: judge.model, prompt: judge.prompt } }) };
  },
  question: ({ template }, item) => filled(template, item),
  ask: evaluateGeneration,
  judge: ({ judge }) => judge,
  rows: textRows,
  sections: textSections,
};
