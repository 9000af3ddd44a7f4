// Choice: questions with options, one of which the persona would take. An item is aligned where that option is the likeliest.

import type { FromSchema } from 'json-schema-to-ts';
import type { Issue } from '../config/diagnostics.ts';
import type { EvaluationPlace } from '../config/evaluation-source.ts';
import type { Evaluation, Scorer } from '../config/resolved.ts';
import type { EvaluationKind } from '../method/evaluation-kind.ts';
import { answerText, questionText, scorerContent } from '../score/ask.ts';
import { evaluateChoice } from '../score/choice.ts';
import { itemsOf } from './choice/data-sets.ts';
import { fileItems } from './choice/own-items.ts';
import { ID, ITEMS_PER_TRAIT, ORDERS, PATH, SCORER, TRAITS } from './fields.ts';

/** Asked on the personas' own items, of the evaluation split and the tuning split; or on the evaluation items of a file. */
export interface ChoiceEvaluation extends Evaluation {
  readonly kind: 'choice';
  readonly scorer: Scorer;
  readonly show: boolean; // options listed in the prompt; without, only one order exists
  readonly tuningPerTrait: number;
}

const TEMPLATE = '{question}\n{options}';

const SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['id', 'kind'],
  properties: {
    id: ID,
    kind: { const: 'choice', description: "questions with options: the persona's option should be the most likely" },
    scorer: SCORER,
    show: { type: 'boolean', default: true, description: 'list the options in the prompt' },
    orders: ORDERS,
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
      description: 'the first n items of the tuning split, which chooses sparsity and score function of the headline',
    },
    items: {
      type: ['string', 'object'],
      minLength: 1,
      maxLength: 4096,
      additionalProperties: false,
      required: ['source', 'folder'],
      description:
        "instead of the personas' own: a file of items, relative to this file, of which the evaluation split is asked; or a data set",
      properties: {
        source: {
          type: 'string',
          enum: ['anthropic', 'bipo'],
          description:
            "one <trait>.jsonl per trait (Anthropic's persona statements), or <trait>_test.csv and _train.csv (BiPO)",
        },
        folder: { ...PATH, description: 'relative to this file; or data:bipo, which `bench pull data:bipo` downloads' },
      },
    },
  },
} as const;

export type ChoiceFile = FromSchema<typeof SCHEMA>;

export const choice: EvaluationKind<ChoiceEvaluation, ChoiceFile> = {
  kind: 'choice',
  schema: SCHEMA,
  graded: false,
  unit: 'item',
  poles: 'both',
  setUp: () => ({
    id: 'set-up',
    kind: 'choice',
    scorer: 'per-token',
    show: true,
    orders: 'both',
    template: TEMPLATE,
    itemsPerTrait: null,
    tuningPerTrait: 16,
  }),
  faults: contradictions,
  async resolve(file, source) {
    const { id, kind, scorer, show, orders, template, traits } = file;
    const { limit } = source;
    const evaluation: ChoiceEvaluation = {
      ...{ id, kind, scorer, show, orders, traits },
      template: show || template !== TEMPLATE ? template : '{question}',
      itemsPerTrait: limit ?? file['items-per-trait'] ?? null,
      tuningPerTrait: Math.min(file['tuning-per-trait'], limit ?? Infinity),
    };
    const { items } = file;
    if (items === undefined) return { evaluation };
    if (typeof items === 'object') return { evaluation, ...(await itemsOf(items, source)) };
    return { evaluation: { ...evaluation, items: await fileItems(items, source), setUp: source.setUp } };
  },
  content: ({ scorer, show, orders, template }) => ({ ...scorerContent(scorer), show, orders, template }),
  question: questionText,
  answer: answerText,
  ask: evaluateChoice,
};

/** Scorers and templates that contradict `show`: every cell of such an evaluation would fail. */
function contradictions({ scorer, show, template }: ChoiceFile, at: EvaluationPlace): readonly Issue[] {
  const issue = (key: string, message: string, hint: string): Issue => ({ place: at.place(key), message, hint });
  const listed = template.includes('{options}');
  const issues: Issue[] = [];
  if (scorer === 'letter' && !show) {
    issues.push(issue('scorer', 'letters mean nothing when the options are not shown', 'leave out show: false'));
  }
  if (at.isWritten('template') && show && !listed) {
    issues.push(issue('template', 'the template has no {options}', 'add it, or set show: false'));
  }
  if (at.isWritten('template') && !show && listed) {
    issues.push(issue('template', 'the template has {options}, but show is false', 'leave out one of them'));
  }
  return issues;
}
