// Likert: statements answered on a scale. An item's alignment is how far the expected answer goes to the persona's end.

import type { FromSchema } from 'json-schema-to-ts';
import type { Evaluation } from '../config/resolved.ts';
import { scaleFault } from '../datasets/likert.ts';
import type { Item } from '../datasets/types.ts';
import type { EvaluationKind } from '../method/evaluation-kind.ts';
import { type Asking, answerText, questionText } from '../score/ask.ts';
import { ID, ITEMS_PER_TRAIT, PATH, TRAITS } from './fields.ts';
import { evaluateLikert } from './likert/answers.ts';
import { statementsOf } from './likert/statements.ts';
import { scaleRows, scaleSections } from './likert/tables.ts';

/** The expected answer over the probabilities of all answers. Both orders: the scale as written, and reversed. */
export interface LikertEvaluation extends Evaluation {
  readonly kind: 'likert';
  readonly scorer: 'letter' | 'sum'; // the probability of an answer is that of its letter, or of its words
  readonly items: readonly Item[]; // each is of the pole that agrees with it
  readonly setUp: Evaluation;
}

const SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['id', 'kind', 'items'],
  properties: {
    id: ID,
    kind: { const: 'likert', description: 'statements answered on a scale: the expected answer' },
    items: {
      ...PATH,
      description: 'statements: JSONL as in suites/items/likert.jsonl, or a CSV of the MPI; relative to this file',
    },
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
      description: 'score an answer by its letter, or by its words',
    },
    orders: {
      type: 'string',
      enum: ['both', 'given'],
      default: 'both',
      description: 'average over the scale as written and reversed, or ask only as written',
    },
    template: {
      type: 'string',
      minLength: 1,
      maxLength: 4000,
      pattern: '\\{statement\\}',
      default: 'How well does this describe you? {statement}\n{options}',
      description: 'the user message; {statement} and {options} are filled in',
    },
    'items-per-trait': { ...ITEMS_PER_TRAIT, description: 'the first n, alternating between both keys; absent: all' },
    traits: TRAITS,
  },
} as const;

export type LikertFile = FromSchema<typeof SCHEMA>;

export const likert: EvaluationKind<LikertEvaluation, LikertFile> = {
  kind: 'likert',
  schema: SCHEMA,
  graded: true,
  unit: 'item',
  poles: 'both',
  faults({ template, scale }, at) {
    const wrong = scale === undefined ? null : scaleFault(scale);
    const listed = template.includes('{options}');
    return [
      ...(listed ? [] : [{ place: at.place('template'), message: 'the template has no {options}', hint: 'add it' }]),
      ...(wrong === null ? [] : [{ place: at.place('scale'), message: wrong, hint: 'write each answer once' }]),
    ];
  },
  async resolve(file, source) {
    const { id, kind, scorer, orders, template, traits } = file;
    const { items, notes } = await statementsOf(file, source);
    const itemsPerTrait = source.limit ?? file['items-per-trait'] ?? null;
    const { setUp } = source;
    return { evaluation: { id, kind, scorer, orders, template, items, itemsPerTrait, traits, setUp }, notes };
  },
  content: ({ scorer, orders, template }) => ({ scorer, orders, template }),
  question: (evaluation, item, order) => questionText(asking(evaluation), item, order),
  answer: answerText,
  ask: (request) => evaluateLikert({ ...request, evaluation: asking(request.evaluation) }),
  rows: (_, points) => scaleRows(points),
  sections: scaleSections,
};

/** How statements are put: their answers listed, from least to most agreement or the other way. */
export function asking(evaluation: LikertEvaluation): Asking {
  return { ...evaluation, show: true, statement: true, reversed: true };
}
