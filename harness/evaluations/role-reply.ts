// Role reply: which of k replies fits the one who asks; chance is 1 / k. Each persona is asked the rows of its own role alone.

import { stat } from 'node:fs/promises';
import type { FromSchema } from 'json-schema-to-ts';
import { grouped } from '../../base/grouped.ts';
import { failOn, suggestion } from '../config/diagnostics.ts';
import type { EvaluationSource } from '../config/evaluation-source.ts';
import type { Evaluation, Persona, Scorer } from '../config/resolved.ts';
import { CONTRADICTORY, leftOutNotes, REPEATED, SAME } from '../datasets/doubtful.ts';
import { isComplete, type RoleReply, readRoleReplies, sourceBlind } from '../datasets/role-reply.ts';
import type { Item } from '../datasets/types.ts';
import type { Answerer, EvaluationKind } from '../method/evaluation-kind.ts';
import { type Asking, answerText, questionText, scorerContent } from '../score/ask.ts';
import { evaluateChoice } from '../score/choice.ts';
import { wordAnswerers } from '../score/trivial.ts';
import { ID, ITEMS_PER_TRAIT, ORDERS, PATH, SCORER } from './fields.ts';

/** Both orders: every rotation of the replies. */
export interface RoleReplyEvaluation extends Evaluation {
  readonly kind: 'role-reply';
  readonly scorer: Scorer;
  readonly items: readonly Item[];
  readonly setUp: Evaluation;
}

const SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['id', 'kind', 'items'],
  properties: {
    id: ID,
    kind: { const: 'role-reply', description: 'a question with one reply per asker: which reply fits the asker' },
    items: { ...PATH, description: "JSON rows in the layout of RoleAgentBench's reaction rows; relative to this file" },
    scorer: SCORER,
    orders: {
      ...ORDERS,
      description: 'average over every rotation of the replies, or ask only in the given order',
    },
    template: {
      type: 'string',
      minLength: 1,
      maxLength: 4000,
      pattern: '\\{question\\}',
      default: '{asker} asks: {question}\n{options}',
      description: 'the user message; {asker}, {question} and {options} are filled in',
    },
    'items-per-trait': { ...ITEMS_PER_TRAIT, description: 'the first n rows of each persona; absent: all' },
  },
} as const;

export type RoleReplyFile = FromSchema<typeof SCHEMA>;

export const roleReply: EvaluationKind<RoleReplyEvaluation, RoleReplyFile> = {
  kind: 'role-reply',
  schema: SCHEMA,
  graded: false,
  unit: 'group',
  poles: 'own',
  faults: ({ template }, at) =>
    ['{asker}', '{options}']
      .filter((name) => !template.includes(name))
      .map((name) => ({ place: at.place('template'), message: `the template has no ${name}`, hint: 'add it' })),
  async resolve(file, source) {
    const { id, kind, scorer, orders, template } = file;
    const { items, notes } = await repliesOf(file, source);
    const { setUp } = source;
    return { evaluation: { id, kind, scorer, orders, template, items, itemsPerTrait: null, setUp }, notes };
  },
  content: ({ scorer, orders, template }) => ({ ...scorerContent(scorer), orders, template }),
  question: (evaluation, item, order) => questionText(asking(evaluation), item, order),
  answer: answerText,
  ask: (request) => evaluateChoice({ ...request, evaluation: asking(request.evaluation) }),
  answerers: (items, personas) => [...wordAnswerers(personas), sourceBlindOver(items)],
};

/** How replies are put: always listed. */
export function asking(evaluation: RoleReplyEvaluation): Asking {
  return { ...evaluation, show: true };
}

/** Gives everybody who asks one and the same reply, the best there is: 1 / k where each of k is right once. */
function sourceBlindOver(items: readonly Item[]): Answerer {
  const groups = grouped(items, ({ group, id }) => group ?? id);
  return { name: 'source-blind', credit: (_, { group, id }) => sourceBlind(groups.get(group ?? id) ?? []) };
}

interface RoleReplies {
  readonly items: readonly Item[];
  readonly notes: readonly string[];
}

/** The rows of the personas that the suite selects. Throws `bad-suite` with the place, or `bad-data`. */
async function repliesOf(wanted: RoleReplyFile, source: EvaluationSource): Promise<RoleReplies> {
  const { id } = wanted;
  const { personas } = source;
  const limit = source.limit ?? wanted['items-per-trait']; // rows of each persona
  const file = source.path('items', wanted.items);
  const place = source.place('items');
  if (!(await stat(file).catch(() => null))?.isFile()) {
    failOn(
      [{ place, message: `there is no file ${file}` }],
      'bad-suite',
      'suites/items/roles.json is part of this package; of RoleAgentBench, name a file of its reaction rows',
    );
  }
  const { rows, left: doubtful } = await readRoleReplies(file);
  const roles = [...new Set(rows.map(({ role }) => role))];
  failOn(
    personas
      .filter(({ id: persona }) => !roles.includes(persona))
      .map(({ id: persona }) => ({
        place,
        message: `nobody asks "${persona}" anything there`,
        hint: suggestion(persona, roles),
      })),
    'bad-suite',
    'a persona is asked the rows of which it is the target_role: name personas as the roles, or select fewer',
  );
  const chosen = personas.flatMap((persona) =>
    rows
      .filter(({ role }) => role === persona.id)
      .slice(0, limit)
      .map((row) => ({ row, item: itemOf(row, persona) })),
  );
  const groups = grouped(
    chosen.map(({ row }) => row),
    ({ group }) => group,
  );
  const broken = [...groups.values()].filter((group) => !isComplete(group)).length;
  const left = roles.filter((role) => !personas.some((persona) => persona.id === role));
  return {
    items: chosen.map(({ item }) => item),
    notes: [
      ...leftOutNotes(wanted.items, {
        [SAME]: doubtful.same,
        [REPEATED]: doubtful.repeated,
        [CONTRADICTORY]: doubtful.contradictory,
      }),
      ...(broken === 0
        ? []
        : [`Evaluation ${id}: ${broken} of ${groups.size} questions lack askers: chance is above 1/k there.`]),
      ...(left.length === 0
        ? []
        : [`Evaluation ${id} leaves out the rows of ${left.join(', ')}, who are not selected.`]),
    ],
  };
}

function itemOf({ id, group, asker, question, options }: RoleReply, { id: persona, trait, pole }: Persona): Item {
  const keying = pole === 'high' ? '+' : '-';
  const said = { split: 'evaluation', question, options, asker, group } as const;
  return { id, trait, persona, keying, ...said, unpaired: true };
}
