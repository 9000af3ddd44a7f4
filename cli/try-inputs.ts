// What `bench try` is asked for: flags checked, the model's folder found, persona and method chosen.

import { withDefaults } from '../baselines/tuning.ts';
import type { Engine } from '../gpu/index.ts';
import { defaultSetUp } from '../harness/config/evaluations.ts';
import type { Persona } from '../harness/config/resolved.ts';
import type { LibraryPassage } from '../harness/datasets/passages.ts';
import type { EvaluationRegistry } from '../harness/method/evaluation-kind.ts';
import { axesOf, type Method, type MethodRegistry, type Prepared } from '../harness/method/method.ts';
import type { TextModel } from '../harness/text/index.ts';
import { usage } from './open-model.ts';
import type { TryOptions } from './options.ts';

/** How much a person is shown when nothing is said. */
const MAX_TOKENS = 128;

export interface TryRequest {
  readonly mode: 'chat' | 'raw' | 'ids';
  readonly text: string; // '' with ids
  readonly ids: Uint32Array; // empty without
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly stop: readonly string[];
  readonly seed: number;
}

function number(
  name: string,
  value: number | undefined,
  fallback: number,
  ok: (x: number) => boolean,
  must: string,
): number {
  const x = value ?? fallback;
  if (!ok(x)) throw usage(`--${name} is ${x}`, `--${name} must be ${must}`);
  return x;
}

const natural = (x: number): boolean => Number.isSafeInteger(x) && x >= 0 && x < 2 ** 31;

function parseIds(list: string): Uint32Array {
  const parts = list.split(',').map((part) => part.trim());
  const wrong = parts.find((part) => !/^\d{1,10}$/.test(part) || Number(part) >= 2 ** 32);
  if (wrong !== undefined) throw usage(`--ids has ${JSON.stringify(wrong)}`, 'write token ids like --ids 5,7,9');
  return Uint32Array.from(parts, Number);
}

/** Throws `usage` on flags that are out of range or contradict each other. */
export function readRequest(text: string | undefined, options: TryOptions): TryRequest {
  if (options.chat && options.raw) throw usage('--chat and --raw exclude each other', 'choose one');
  const { thinking, system, date, raw } = options;
  if ((raw || options.ids !== undefined) && [thinking, system, date].some((flag) => flag !== undefined)) {
    throw usage('--thinking, --system and --date are for the chat template', 'leave out --raw or --ids');
  }
  const ids = options.ids === undefined ? new Uint32Array() : parseIds(options.ids);
  if (options.ids !== undefined && (text !== undefined || options.chat || options.raw)) {
    throw usage('--ids replaces the text', 'leave out the text, --chat and --raw');
  }
  if (options.ids === undefined && (text === undefined || text.trim() === '')) {
    throw usage('the prompt is missing', 'write one: bench try "What do you like to do?"');
  }
  if (options.ids !== undefined && (options.stop?.length ?? 0) > 0) {
    throw usage('--stop needs a tokenizer, and --ids uses none', 'leave out --stop');
  }
  if (options.stop?.includes('')) throw usage('--stop is empty', 'write the text to stop before');
  let mode: TryRequest['mode'] = options.raw ? 'raw' : 'chat';
  if (options.ids !== undefined) mode = 'ids';
  return {
    mode,
    text: text ?? '',
    ids,
    maxTokens: number('max-tokens', options.maxTokens, MAX_TOKENS, natural, 'a whole number, 0 or more'),
    temperature: number('temperature', options.temperature, 0, (x) => x >= 0 && x <= 100, 'between 0 (greedy) and 100'),
    topK: number('top-k', options.topK, 0, natural, 'a whole number, 0 (off) or more'),
    topP: number('top-p', options.topP, 1, (x) => x > 0 && x <= 1, 'above 0 and at most 1 (off)'),
    stop: options.stop ?? [],
    seed: number('seed', options.seed, 0, natural, 'a whole number, 0 or more'),
  };
}

const list = (names: Iterable<string>): string => [...names].join(', ');

/** The persona by its id, and its opposite. Throws `usage` with the ids that exist. */
export function findPersona(
  personas: readonly Persona[],
  id: string,
): { readonly persona: Persona; readonly opposite: Persona | null } {
  const persona = personas.find((one) => one.id === id);
  if (persona === undefined) {
    throw usage(
      `there is no persona "${id}"`,
      `choose one of ${list(personas.map((one) => one.id))}, or name another file with --personas`,
    );
  }
  return { persona, opposite: personas.find((one) => one.id === persona.opposite) ?? null };
}

/** A method's options where nobody sets one, as a suite's schema would fill them in. */
export function defaultsOf({ options }: Method): Readonly<Record<string, unknown>> {
  const { properties = {} } = options as { readonly properties?: Readonly<Record<string, object>> };
  return withDefaults({ properties }, {});
}

/** The method to try: the one named, else prompting when there is a persona, else none. Wording: the first by default. */
export function findMethod(
  options: Pick<TryOptions, 'method' | 'wording'>,
  persona: Persona | null,
  methods: MethodRegistry,
): { readonly method: Method; readonly wording: string | null } {
  const name = options.method ?? (persona === null ? 'none' : 'prompting');
  const method = methods.get(name);
  if (method === undefined) throw usage(`there is no method "${name}"`, `choose one of ${list(methods.keys())}`);
  const axes = axesOf(method, { options: defaultsOf(method) });
  if (axes.includes('sparsity')) {
    throw usage(`method ${name} needs a sparsity`, 'make a mask with `bench mask make`, and add --mask FILE');
  }
  if (axes.includes('persona') && persona === null) {
    throw usage(`method ${name} needs a persona`, 'add --persona');
  }
  if (!axes.includes('persona') && persona !== null) {
    throw usage(`method ${name} uses no persona`, 'leave out --persona, or choose another method');
  }
  const wordings = persona === null ? undefined : method.wordings?.(persona, defaultsOf(method));
  if (options.wording !== undefined && !wordings?.includes(options.wording)) {
    throw usage(
      `there is no wording "${options.wording}"`,
      wordings === undefined
        ? `method ${name} has no wordings: leave out --wording`
        : `choose one of ${list(wordings)}`,
    );
  }
  return { method, wording: options.wording ?? wordings?.[0] ?? null };
}

/** Prepares the method for one persona, with its options' defaults. `text` is null when there is no tokenizer. */
export async function prepareMethod(
  chosen: { readonly method: Method; readonly wording: string | null },
  found: { readonly persona: Persona; readonly opposite: Persona | null } | null,
  library: readonly LibraryPassage[],
  engine: Engine,
  text: TextModel | null,
  seed: number,
  kinds: EvaluationRegistry,
): Promise<Prepared> {
  const { method, wording } = chosen;
  // After the flags have been read: a mistake in them loads nothing of a run.
  const [{ contextOf }, { evaluateBy }] = await Promise.all([
    import('../harness/run/context.ts'),
    import('../harness/run/ports.ts'),
  ]);
  const context = contextOf({
    ...{ method, options: defaultsOf(method), engine, text, wording, sparsity: null, seed, library },
    persona: found?.persona ?? null,
    opposite: found?.opposite ?? null,
    neutral: [],
    statistics: { of: async (_, make) => ({ sums: await make(), spentMs: 0, reused: false }) },
    evaluation: defaultSetUp(kinds),
    kinds,
    evaluate: evaluateBy(kinds),
  });
  return method.prepare(context);
}
