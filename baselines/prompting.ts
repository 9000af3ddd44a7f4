// The persona stated in words: one of its wordings as the system message, or before the question.

import type { FromSchema } from 'json-schema-to-ts';
import { BenchError } from '../base/error.ts';
import { DENSE } from '../formats/checkpoint/dense.ts';
import type { Persona } from '../harness/config/resolved.ts';
import type { Context, Held, Method, Prepared, Question } from '../harness/method/method.ts';
import { best, tuningLacking, withDefaults } from './tuning.ts';

const OPTIONS = {
  type: 'object',
  additionalProperties: false,
  properties: {
    wordings: {
      description: "names of the persona's prompts to use, or all",
      anyOf: [
        { type: 'string', const: 'all' },
        { type: 'array', minItems: 1, uniqueItems: true, items: { type: 'string', minLength: 1 } },
      ],
      default: 'all',
    },
    place: {
      description:
        'position of the prompt: a system message, or the start of the user message; tuned: the better one on the tuning split',
      type: 'string',
      enum: ['system', 'user', 'tuned'],
      default: 'system',
    },
    choose: {
      description: 'each: one row per wording; best-of: the wording that works best on the tuning split',
      type: 'string',
      enum: ['each', 'best-of'],
      default: 'each',
    },
    'tuning-items': {
      description: 'largest number of tuning items asked for each candidate of best-of',
      type: 'integer',
      minimum: 1,
      maximum: 1e5,
      default: 12,
    },
  },
} as const;
type Options = FromSchema<typeof OPTIONS>;

const optionsOf = (given: Readonly<Record<string, unknown>>): Options => withDefaults(OPTIONS, given);

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

type PromptPosition = 'system' | 'user';
interface PromptCandidate {
  readonly wording: string;
  readonly place: PromptPosition;
  readonly held: Held | null;
}

async function prepare(context: Context): Promise<Prepared> {
  const { persona } = context;
  const options = optionsOf(context.options);
  if (persona === null || (context.wording === null && options.choose === 'each')) {
    throw new BenchError('no-persona', 'prompting needs a persona and one of its wordings');
  }
  const tried: PromptCandidate[] = [];
  const candidates = candidatesOf(persona, context.wording, options);
  for (const { wording, place } of candidates) {
    const wrap = wrapper(saidBy(persona, wording), place);
    const items = context.tuning.slice(0, options['tuning-items']);
    const held = candidates.length === 1 ? null : await context.tune({ variant: DENSE, wrap }, items);
    tried.push({ wording, place, held });
  }
  const chosen = best(tried);
  const record = { ...chosen, tried };
  return {
    variant: DENSE,
    wrap: wrapper(saidBy(persona, chosen.wording), chosen.place),
    cost: { artefactBytes: 0, trainedParameters: 0 },
    artefacts:
      chosen.held === null
        ? []
        : [{ name: 'prompting.json', bytes: Buffer.from(`${JSON.stringify(record, null, 2)}\n`) }],
    release: () => {},
  };
}

/** What is to be chosen from; one candidate: nothing is asked. */
function candidatesOf(
  persona: Persona,
  wording: string | null,
  options: Options,
): readonly Omit<PromptCandidate, 'held'>[] {
  const places: readonly PromptPosition[] = options.place === 'tuned' ? ['system', 'user'] : [options.place];
  const names = options.choose === 'best-of' ? wordings(persona, options) : [wording as string];
  return names.flatMap((name) => places.map((place) => ({ wording: name, place })));
}

function saidBy(persona: Persona, wording: string): string {
  const said = Object.hasOwn(persona.prompts, wording) ? persona.prompts[wording] : undefined;
  if (said !== undefined) return said;
  throw new BenchError('no-wording', `persona ${persona.id} has no wording named "${wording}"`, {
    where: `personas.${persona.id}.prompts`,
    hint: `it has ${Object.keys(persona.prompts).join(', ')}`,
  });
}

function wrapper(said: string, place: PromptPosition): Prepared['wrap'] {
  return async ({ text }: Question) =>
    place === 'system'
      ? {
          messages: [
            { role: 'system' as const, content: said },
            { role: 'user' as const, content: text },
          ],
        }
      : { messages: [{ role: 'user' as const, content: `${said}\n\n${text}` }] };
}

function lacks(given: Readonly<Record<string, unknown>>, persona: Persona): readonly string[] {
  const options = optionsOf(given);
  const names = options.choose === 'best-of' ? Object.keys(persona.prompts) : [''];
  const wanted = Array.isArray(options.wordings) ? names.filter((name) => options.wordings.includes(name)) : names;
  const single = options.place !== 'tuned' && wanted.length < 2;
  return isTuned(options) && !single ? tuningLacking(persona) : [];
}

function isTuned({ choose, place }: Options): boolean {
  return choose === 'best-of' || place === 'tuned';
}

/** What the outcomes depend on: nothing is tuned where each wording is a row. */
function content(given: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (isTuned(optionsOf(given))) return optionsOf(given);
  const { choose: _, 'tuning-items': __, ...rest } = given;
  return rest;
}

export const prompting: Method = {
  name: 'prompting',
  title: 'the persona described in the prompt, by one or more wordings',
  options: OPTIONS,
  axes: (given) => (optionsOf(given).choose === 'best-of' ? ['persona'] : ['persona', 'wording']),
  reads: (given) => {
    const options = optionsOf(given);
    return [
      ...(options.choose === 'best-of' ? (['prompts'] as const) : []),
      ...(isTuned(options) ? (['tuning'] as const) : []),
    ];
  },
  content,
  lacks,
  wordings,
  prepare,
};
