// Few-shot prompting: solved examples before the question, with or without the persona stated. Examples are of the
// calibration split; how many is given, or chosen on the tuning split.

import type { FromSchema } from 'json-schema-to-ts';
import { BenchError } from '../../base/error.ts';
import { DENSE } from '../../formats/checkpoint/dense.ts';
import type { Persona } from '../../harness/config/resolved.ts';
import type { Context, Held, Message, Method, Prepared, Prompt } from '../../harness/method/method.ts';
import { rngOf } from '../../harness/stats/rng.ts';
import { best, tuningLacking, withDefaults } from '../tuning.ts';
import { type Example, itemExamples, textExamples } from './examples.ts';

const OPTIONS = {
  type: 'object',
  additionalProperties: false,
  properties: {
    k: {
      description: 'number of examples; tuned: the number in `candidates` that works best on the tuning split',
      anyOf: [
        { type: 'string', const: 'tuned' },
        { type: 'integer', minimum: 1, maximum: 1000 },
      ],
      default: 4,
    },
    candidates: {
      description: 'candidate numbers of examples',
      type: 'array',
      minItems: 1,
      maxItems: 32,
      uniqueItems: true,
      items: { type: 'integer', minimum: 1, maximum: 1000 },
      default: [2, 4],
    },
    from: {
      description:
        'source of the examples: items of the calibration split, as the evaluation asks them, or calibration texts',
      type: 'string',
      enum: ['items', 'texts'],
      default: 'items',
    },
    form: {
      description: 'how examples are presented: as turns of a conversation, or in one user message',
      type: 'string',
      enum: ['turns', 'message'],
      default: 'turns',
    },
    prompt: {
      description: 'whether a system message also states the persona',
      type: 'string',
      enum: ['none', 'persona'],
      default: 'none',
    },
    wording: {
      description: "the persona's prompt in that system message; absent: the first",
      type: 'string',
      minLength: 1,
    },
    budget: {
      description:
        'largest number of prompt tokens before the question; whole examples are dropped, the last first; 0: no limit',
      type: 'integer',
      minimum: 0,
      maximum: 1e7,
      default: 0,
    },
    'tuning-items': {
      description: 'largest number of tuning items asked for each number of examples',
      type: 'integer',
      minimum: 1,
      maximum: 1e5,
      default: 8,
    },
  },
} as const;
type Options = FromSchema<typeof OPTIONS>;

const optionsOf = (given: Readonly<Record<string, unknown>>): Options => withDefaults(OPTIONS, given);

async function prepare(context: Context): Promise<Prepared> {
  const { persona, tuning, seed } = context;
  const options = optionsOf(context.options);
  if (persona === null) {
    throw new BenchError('no-persona', 'few-shot examples need a persona', {
      hint: 'name a persona, or leave few-shot out',
    });
  }
  const said = options.prompt === 'persona' ? [{ role: 'system' as const, content: stated(persona, options) }] : [];
  const counts = options.k === 'tuned' ? options.candidates : [options.k as number];
  const candidates = counts.map((k) => {
    // The same draw for every k, whatever was tried before.
    const rng = rngOf(seed ?? 0);
    const all =
      options.from === 'items' ? itemExamples(persona, context.phrase, k, rng) : textExamples(persona, context, k, rng);
    return { k, examples: within(context, options, said, all) };
  });
  const tried: { readonly k: number; readonly held: Held | null }[] = [];
  for (const { k, examples } of candidates) {
    const items = tuning.slice(0, options['tuning-items']);
    const wrap = wrapper(said, examples, options);
    tried.push({ k, held: candidates.length === 1 ? null : await context.tune({ variant: DENSE, wrap }, items) });
  }
  const chosen = best(tried);
  const { examples } = candidates.find(({ k }) => k === chosen.k)!;
  const record = { k: chosen.k, examples, tried };
  return {
    variant: DENSE,
    wrap: wrapper(said, examples, options),
    cost: { artefactBytes: 0, trainedParameters: 0 },
    artefacts: [{ name: 'few-shot.json', bytes: Buffer.from(`${JSON.stringify(record, null, 2)}\n`) }],
    figures: () => ({ examples: examples.length }),
    release: () => {},
  };
}

function stated(persona: Persona, { wording }: Options): string {
  const name = wording ?? Object.keys(persona.prompts)[0];
  const said = name !== undefined && Object.hasOwn(persona.prompts, name) ? persona.prompts[name] : undefined;
  if (said !== undefined) return said;
  throw new BenchError('no-wording', `persona ${persona.id} has no wording named "${name}"`, {
    where: `personas.${persona.id}.prompts`,
    hint: `it has ${Object.keys(persona.prompts).join(', ')}`,
  });
}

function wrapper(said: readonly Message[], examples: readonly Example[], { form }: Options): Prepared['wrap'] {
  return async ({ text }) => promptOf(said, examples, text, form);
}

function promptOf(said: readonly Message[], examples: readonly Example[], text: string, form: Options['form']): Prompt {
  if (form === 'message') {
    const shown = examples.map(({ question, answer }) => `${question}\n${answer}\n\n`).join('');
    return { messages: [...said, { role: 'user', content: `${shown}${text}` }] };
  }
  const turns = examples.flatMap(({ question, answer }): Message[] => [
    { role: 'user', content: question },
    { role: 'assistant', content: answer },
  ]);
  return { messages: [...said, ...turns, { role: 'user', content: text }] };
}

/** As many examples as fit the budget. Throws `too-long` where none does, or the model has no room for all that is asked. */
function within(
  { text, engine }: Context,
  { budget, form }: Options,
  said: readonly Message[],
  all: readonly Example[],
): readonly Example[] {
  if (text === null) return all;
  const tokens = (examples: readonly Example[]) => text.render(promptOf(said, examples, '?', form)).tokens.length;
  const { maxPositions } = engine.spec;
  const most = budget === 0 ? maxPositions : Math.min(budget, maxPositions);
  let count = all.length;
  while (budget > 0 && count > 0 && tokens(all.slice(0, count)) > most) count--;
  const kept = all.slice(0, count);
  if (count > 0 && tokens(kept) <= most) return kept;
  throw new BenchError('too-long', `${all.length} examples take ${tokens(all)} tokens, and ${most} are available`, {
    where: budget === 0 ? 'options.k' : 'options.budget',
    hint: budget === 0 ? 'lower k, or give a budget' : 'raise the budget',
  });
}

/** What the outcomes depend on: candidates are of no account where k is given. */
function content(given: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { candidates, 'tuning-items': items, ...rest } = optionsOf(given);
  return rest.k === 'tuned' ? { ...rest, candidates, 'tuning-items': items } : rest;
}

function lacks(given: Readonly<Record<string, unknown>>, persona: Persona): readonly string[] {
  const { from, k, candidates, prompt } = optionsOf(given);
  const most = k === 'tuned' ? Math.max(...candidates) : k;
  const has = persona.items.filter(({ split }) => split === 'calibration').length;
  const texts = persona.calibration.filter(({ question }) => question !== undefined).length;
  return [
    ...(from === 'items' && has < most ? [`${most} items of the calibration split`] : []),
    ...(from === 'texts' && texts < most ? [`${most} calibration texts with a question`] : []),
    ...(k === 'tuned' && candidates.length > 1 ? tuningLacking(persona) : []),
    ...(prompt === 'persona' && Object.keys(persona.prompts).length === 0 ? ['prompt'] : []),
  ];
}

export const fewShot: Method = {
  name: 'few-shot',
  title: 'answered examples of the calibration split before the question',
  options: OPTIONS,
  axes: ['persona', 'seed'],
  // Items of the calibration split come with those of the tuning split.
  reads: (given) => {
    const { from, k, prompt } = optionsOf(given);
    return [
      ...(from === 'items' || k === 'tuned' ? (['tuning'] as const) : []),
      ...(from === 'texts' ? (['calibration'] as const) : []),
      ...(prompt === 'persona' ? (['prompts'] as const) : []),
    ];
  },
  content,
  lacks,
  prepare,
};
