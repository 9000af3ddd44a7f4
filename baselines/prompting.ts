// The persona stated in words: one of its wordings as the system message, or before the question.

import type { FromSchema } from 'json-schema-to-ts';
import { BenchError, DENSE } from '../gpu/index.ts';
import type { Persona } from '../harness/config/resolved.ts';
import type { Context, Method, Prepared, Question } from '../harness/plan/method.ts';

const OPTIONS = {
  type: 'object',
  additionalProperties: false,
  properties: {
    wordings: {
      description: "which of the persona's prompts are used: their names, or all",
      anyOf: [
        { type: 'string', const: 'all' },
        { type: 'array', minItems: 1, uniqueItems: true, items: { type: 'string', minLength: 1 } },
      ],
      default: 'all',
    },
    place: {
      description: 'where the wording stands: a system message, or the start of the user message',
      type: 'string',
      enum: ['system', 'user'],
      default: 'system',
    },
  },
} as const;
type Options = FromSchema<typeof OPTIONS>;

function wordings(persona: Persona, options: Readonly<Record<string, unknown>>): readonly string[] {
  const { wordings: wanted = 'all' } = options as Options;
  const known = Object.keys(persona.prompts);
  const where = `personas.${persona.id}.prompts`;
  if (known.length === 0) {
    throw new BenchError('no-wording', `persona ${persona.id} has no prompts`, {
      where,
      hint: 'write one, or leave prompting out of the suite',
    });
  }
  if (wanted === 'all') return known;
  const missing = wanted.find((name) => !known.includes(name));
  if (missing !== undefined) {
    throw new BenchError('no-wording', `persona ${persona.id} has no wording named "${missing}"`, {
      where,
      hint: `it has ${known.join(', ')}`,
    });
  }
  return wanted;
}

async function prepare(context: Context): Promise<Prepared> {
  const { persona, wording } = context;
  const { place = 'system' } = context.options as Options;
  if (persona === null || wording === null) {
    throw new BenchError('no-persona', 'prompting needs a persona and one of its wordings');
  }
  const said = Object.hasOwn(persona.prompts, wording) ? persona.prompts[wording] : undefined;
  if (said === undefined) {
    throw new BenchError('no-wording', `persona ${persona.id} has no wording named "${wording}"`, {
      where: `personas.${persona.id}.prompts`,
      hint: `it has ${Object.keys(persona.prompts).join(', ')}`,
    });
  }
  const wrap = async ({ text }: Question) =>
    place === 'system'
      ? {
          messages: [
            { role: 'system' as const, content: said },
            { role: 'user' as const, content: text },
          ],
        }
      : { messages: [{ role: 'user' as const, content: `${said}\n\n${text}` }] };
  return {
    variant: DENSE,
    wrap,
    cost: { artefactBytes: 0, trainedParameters: 0 },
    artefacts: [],
    release: () => {},
  };
}

export const prompting: Method = {
  name: 'prompting',
  title: 'the persona described in the prompt, by one or more wordings',
  options: OPTIONS,
  axes: ['persona', 'wording'],
  reads: [],
  wordings,
  prepare,
};
