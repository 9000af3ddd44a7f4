// A kind of evaluation of one's own, in one file: how often a persona does something, on a scale, where the phrasings of
// one habit are one observation together. It brings a figure, and no table of its own.

import type { FromSchema } from 'json-schema-to-ts';
import { mean } from '../../../base/grouped.ts';
import type { Evaluation } from '../../../harness/config/resolved.ts';
import type { Item } from '../../../harness/datasets/types.ts';
import { evaluateLikert } from '../../../harness/evaluations/likert/answers.ts';
import type { EvaluationKind } from '../../../harness/method/evaluation-kind.ts';
import { type Asking, answerText, questionText } from '../../../harness/score/ask.ts';

const ANSWERS = ['never', 'at times', 'always'];

const SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['id', 'kind', 'habits'],
  properties: {
    id: { type: 'string', maxLength: 64 },
    kind: { const: 'frequency', description: 'how often something is done' },
    habits: {
      type: 'array',
      minItems: 1,
      items: { type: 'array', minItems: 1, items: { type: 'string' } },
      description: 'phrasings of each habit, which are one observation',
    },
    template: { type: 'string', pattern: '\\{question\\}', default: '{question} {options}' },
  },
} as const;

interface Frequency extends Evaluation {
  readonly items: readonly Item[];
}

const asking = (evaluation: Frequency): Asking => ({ ...evaluation, scorer: 'sum', show: true, reversed: true });

export const frequency: EvaluationKind<Frequency, FromSchema<typeof SCHEMA>> = {
  kind: 'frequency',
  schema: SCHEMA,
  graded: true,
  unit: 'group',
  poles: 'both',
  async resolve({ id, kind, habits, template }, { personas, limit, setUp }) {
    const high = personas.find(({ pole }) => pole === 'high')!;
    const options = ANSWERS.map((text, k) => ({ text, matching: k === ANSWERS.length - 1 }));
    const items = habits.slice(0, limit).flatMap((phrasings, h) =>
      phrasings.map(
        (question, k): Item => ({
          ...{ id: `${id}-${h}-${k}`, group: `${id}-${h}`, trait: high.trait, persona: high.id, keying: '+' },
          ...{ split: 'evaluation', question, options, scale: true },
        }),
      ),
    );
    return { evaluation: { id, kind, scorer: 'sum', orders: 'both', template, items, itemsPerTrait: null, setUp } };
  },
  content: ({ template }) => ({ template }),
  question: (evaluation, item, order) => questionText(asking(evaluation), item, order),
  answer: (_, item, option) => answerText({ scorer: 'sum' }, item, option, option),
  ask: (request) => evaluateLikert({ ...request, evaluation: asking(request.evaluation) }),
  rows: (_, points) =>
    points.map(({ of, cells }) => {
      const said = cells.flatMap(({ outcomes }) => outcomes.map(({ p }) => p));
      return { ...of, persona: null, trait: null, n: said.length, scale: null, figures: { often: mean(said) } };
    }),
};
