// `bench try`: one prompt, one answer as it is decoded, with a persona applied by a method; --json for checking engines.

import { findModel } from '../api/models.ts';
import { BenchError } from '../base/error.ts';
import { jsonText, printable } from '../base/printable.ts';
import type { Engine, Sampling, Variant } from '../gpu/index.ts';
import { isHubName } from '../harness/hub/name.ts';
import { type Question, reads } from '../harness/method/method.ts';
import { streamText, type TextModel } from '../harness/text/index.ts';
import { chatOf } from './flags.ts';
import { usage } from './open-model.ts';
import type { TryOptions } from './options.ts';
import { defaultsOf, findMethod, findPersona, prepareMethod, readRequest, type TryRequest } from './try-inputs.ts';
import type { TryServices } from './try-runtime.ts';
import { adapted, masked } from './variant-flags.ts';

/** Likeliest next tokens in the JSON document. */
const TOP = 5;

interface Timings {
  readonly loadMs: number;
  readonly setupMs: number; // the method's
  readonly prefillMs: number | null; // prompt to first new token; null when none was asked for
  readonly decodeMsPerToken: number | null; // after the first; null below two tokens
}

interface Generated {
  readonly ids: readonly number[];
  readonly text: string | null;
  readonly prefillMs: number | null;
  readonly decodeMsPerToken: number | null;
}

/** What a person types, as methods expect a question: an item without options. */
function questionOf(text: string): Question {
  const item = {
    id: 'try',
    persona: '',
    trait: '',
    keying: '+' as const,
    split: 'evaluation' as const,
    question: text,
    options: [],
  };
  return { item, text };
}

function checkPrompt(tokens: Uint32Array, engine: Engine, maxTokens: number): void {
  const { vocab, maxPositions } = engine.spec;
  const beyond = tokens.find((id) => id >= vocab);
  if (beyond !== undefined) {
    throw usage(`token id ${beyond} is outside this model's vocabulary`, `ids go from 0 to ${vocab - 1}`);
  }
  const room = maxPositions - tokens.length;
  if (room < 0 || (room === 0 && maxTokens > 0)) {
    throw usage(
      `the prompt has ${tokens.length} tokens, and this model has ${maxPositions} positions`,
      room < 0 ? 'shorten it' : 'shorten it, or add --max-tokens 0',
    );
  }
}

async function generate(
  engine: Engine,
  text: TextModel | null,
  prompt: { readonly tokens: Uint32Array; readonly variant: Variant },
  request: TryRequest,
  services: TryServices,
  show: (text: string) => void,
): Promise<Generated> {
  const maxTokens = Math.min(request.maxTokens, engine.spec.maxPositions - prompt.tokens.length);
  const ids: number[] = [];
  if (maxTokens === 0) return { ids, text: text && '', prefillMs: null, decodeMsPerToken: null };
  const sampling: Sampling = {
    maxTokens,
    temperature: request.temperature,
    topK: request.topK,
    topP: request.topP,
    seed: request.seed,
    stopTokens: text?.eos ?? [],
  };
  const stream = text && streamText(text, prompt.tokens, request.stop);
  let answer = '';
  const say = (piece: string): void => {
    answer += piece;
    if (piece !== '') show(piece);
  };
  const start = services.now();
  let first: number | null = null;
  let last = start;
  for await (const { token } of engine.generate([prompt], sampling)) {
    last = services.now();
    first ??= last;
    ids.push(token);
    if (stream) say(stream.push(token));
    if (stream?.stopped) break;
  }
  if (stream) say(stream.end());
  return {
    ids,
    text: text && answer,
    prefillMs: first === null ? services.now() - start : first - start,
    decodeMsPerToken: first === null || ids.length < 2 ? null : (last - first) / (ids.length - 1),
  };
}

function finite(values: readonly number[], what: string): readonly number[] {
  const bad = values.find((value) => !Number.isFinite(value));
  if (bad !== undefined) throw new BenchError('not-finite', `${what} is ${bad}`, { hint: "check the model's weights" });
  return values;
}

function timingLine(timings: Timings, generated: Generated, request: TryRequest, device: string | null): string {
  const parts = [
    generated.prefillMs === null ? null : `prefill ${generated.prefillMs.toFixed(1)} ms`,
    generated.decodeMsPerToken === null ? null : `${generated.decodeMsPerToken.toFixed(2)} ms/token`,
    `${generated.ids.length} tokens`,
    timings.setupMs >= 1 ? `set-up ${timings.setupMs.toFixed(0)} ms` : null,
    request.temperature > 0 ? `seed ${request.seed}` : null,
    device,
  ];
  return parts.filter((part) => part !== null).join(' \u00b7 ');
}

/** Runs `bench try`; returns the exit code. Throws BenchErrors on bad flags, models and prompts. */
export async function tryVerb(text: string | undefined, options: TryOptions, given?: TryServices): Promise<number> {
  const services = given ?? (await import('./try-runtime.ts')).tryServices();
  const request = readRequest(text, options);
  const chat = chatOf(options, request.mode === 'chat');
  const folder = isHubName(options.model)
    ? await services.fetchModel(options.model)
    : await findModel(options.model, services.bundledModels);
  const found =
    options.persona === undefined ? null : findPersona(await services.loadPersonas(options.personas), options.persona);
  const { methods, evaluations } = await (await import('../api/plugin.ts')).registryFrom(options.plugin);
  const chosen = findMethod(options, found?.persona ?? null, methods);

  const start = services.now();
  const { engine, device } = await services.loadEngine(folder, options.device);
  try {
    const model = request.mode === 'ids' ? null : await services.loadText(folder, engine.spec.vocab, chat);
    const loadMs = services.now() - start;
    const setupStart = services.now();
    const retrieves = reads(chosen.method, { options: defaultsOf(chosen.method) }, 'library');
    const library = retrieves ? ((await services.loadLibrary?.(options.personas)) ?? []) : [];
    const prepared = await prepareMethod(chosen, found, library, engine, model, request.seed, evaluations);
    const setupMs = services.now() - setupStart;
    try {
      const base = await adapted(prepared.variant, options.adapter, engine);
      const variant = await masked(base, options, engine, model);
      if (request.mode !== 'chat' && found !== null && variant.id === 'dense') {
        throw usage(
          `method ${chosen.method.name} acts on the prompt, and --${request.mode}leaves the prompt unchanged`,
          'leave out --persona, or use --chat',
        );
      }
      let tokens = request.ids;
      if (model !== null) {
        const prompt = request.mode === 'raw' ? { text: request.text } : await prepared.wrap(questionOf(request.text));
        tokens = model.render(prompt).tokens;
      }
      checkPrompt(tokens, engine, request.maxTokens);
      // What a model writes may be anything, so that it is shown as it is in the document alone.
      const shown = (piece: string) => services.stdout(piece.split('\n').map(printable).join('\n'));
      const show = options.json ? () => {} : shown;
      if (!options.json) {
        const generated = await generate(engine, model, { tokens, variant }, request, services, show);
        if (model === null) services.stdout(generated.ids.join(','));
        services.stdout('\n');
        services.stderr(`${timingLine({ loadMs, setupMs, ...generated }, generated, request, device)}\n`);
        return 0;
      }
      const scored = tokens.length > 1 ? await engine.score([{ tokens, from: 1, variant }]) : [];
      const logprobs = finite(Array.from(scored[0]?.logprobs ?? []), "a prompt token's log-probability");
      const top = await engine.top(tokens, Math.min(TOP, engine.spec.vocab), variant);
      finite(
        top.map(([, logprob]) => logprob),
        'a log-probability of the next token',
      );
      const generated = await generate(engine, model, { tokens, variant }, request, services, show);
      const timings: Timings = {
        loadMs,
        setupMs,
        prefillMs: generated.prefillMs,
        decodeMsPerToken: generated.decodeMsPerToken,
      };
      const document = {
        ids: Array.from(tokens),
        logprobs,
        top,
        generated: { ids: generated.ids, text: generated.text },
        timings,
      };
      services.stdout(jsonText(document, 0));
      return 0;
    } finally {
      prepared.release();
    }
  } finally {
    await engine.dispose();
  }
}
