// The paper's method: a mask over the model's own weights, made from a small calibration set, without training; and the
// controls of equal sparsity that it is compared with. Ye et al., ICLR 2026, arXiv 2602.07164.

import { BenchError } from '../../base/error.ts';
import type { Variant } from '../../gpu/index.ts';
import type { ControlKind, Persona } from '../config/resolved.ts';
import type { Axis, Context, Method, Prepared, Reading } from '../method/method.ts';
import { makeMask } from './make.ts';
import { bytesOf, maskId, placesOf } from './masks.ts';
import {
  checkOptions,
  groupName,
  idle,
  isCalibrated,
  needs,
  OPTIONS,
  type Options,
  optionsOf,
  personaFree,
} from './options.ts';
import { SKETCH, sketchBytes } from './sketch.ts';

type RawOptions = Readonly<Record<string, unknown>>;

function axes(given: RawOptions): readonly Axis[] {
  const options = optionsOf(given);
  const stated = !personaFree(options) || options.prompt === 'persona';
  return [
    ...(stated ? (['persona'] as const) : []),
    'sparsity',
    ...(isCalibrated(options) || options.score === 'random' ? (['seed'] as const) : []),
  ];
}

function reads(given: RawOptions): readonly Reading[] {
  const options = optionsOf(given);
  const { persona, opposite, generic } = needs(options);
  return [
    ...(persona || opposite ? (['calibration'] as const) : []),
    ...(opposite ? (['opposite'] as const) : []),
    ...(generic ? (['neutral'] as const) : []),
    ...(options.prompt === 'persona' ? (['prompts'] as const) : []),
  ];
}

/** Half of no text, or of a single one, is nothing to make a random mask's texts from. */
function lacks(given: RawOptions, { calibration, prompts }: Persona): readonly string[] {
  const options = optionsOf(given);
  const { persona, opposite } = needs(options);
  const texts = options.texts === 'shuffled' ? 2 : persona || opposite ? 1 : 0;
  return [
    ...(calibration.length >= texts
      ? []
      : [calibration.length === 0 ? 'calibration texts' : 'second calibration text']),
    ...(options.prompt === 'persona' && Object.keys(prompts).length === 0 ? ['prompt'] : []),
  ];
}

/** What the outcomes depend on: neither where the entry stands in the suite, nor what nothing reads. */
function content(given: RawOptions): RawOptions {
  const { sparsity: _, ...options } = optionsOf(given);
  const unread = idle(optionsOf(given)).map((name) => [name, (defaults as RawOptions)[name]]);
  const read = { ...options, group: groupName(optionsOf(given)), ...Object.fromEntries(unread) };
  return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined));
}

/** Each null masks the same places in the same groups, and is asked in the same way. */
function controlOptions(kind: ControlKind, given: RawOptions): RawOptions {
  const options = optionsOf(given);
  const { targets, gamma, prompt, wording } = options;
  const shared = {
    group: groupName(options),
    gamma,
    prompt,
    ...(targets && { targets }),
    ...(wording !== undefined && { wording }),
  };
  switch (kind) {
    case 'random':
    case 'magnitude':
      return { ...defaults, ...shared, score: kind };
    case 'generic-text':
      return { ...defaults, ...shared, score: 'wanda', statistic: options.statistic, texts: 'generic' };
    case 'opposite':
      return options.prompt === 'persona' ? { ...given, texts: 'opposite' } : given;
    case 'shuffled':
      return { ...given, texts: 'shuffled' };
  }
}

async function prepare(context: Context): Promise<Prepared> {
  const { engine, text, statistics, sparsity, persona, opposite, neutral, seed } = context;
  const options = optionsOf(context.options);
  if (sparsity === null) {
    throw new BenchError('no-sparsity', 'a subnetwork needs a sparsity', { hint: 'give the suite a list `sparsity`' });
  }
  const made = await makeMask({
    engine,
    text,
    statistics,
    options,
    sparsity,
    seed: seed ?? 0,
    persona: context.calibration,
    opposite: opposite?.calibration ?? [],
    generic: neutral,
    pole: persona?.pole ?? 'high',
  });
  const id = maskId(made.masks);
  const bytes = bytesOf(made.masks);
  const said = options.prompt === 'persona' ? promptOf(persona, options) : null;
  const variant: Variant = { id: `${id} ${options.gamma}`, mask: { id, tensors: made.masks }, gamma: options.gamma };
  const { kept, filled, calibration, samples } = made;
  const places = placesOf(made.masks);
  const record = { mask: id, bytes, places, kept, filled, calibration, samples };
  return {
    variant,
    wrap: async ({ text: question }) => ({
      messages: [
        ...(said === null ? [] : [{ role: 'system' as const, content: said }]),
        { role: 'user' as const, content: question },
      ],
    }),
    cost: { artefactBytes: bytes, trainedParameters: 0, reusedMs: made.reusedMs },
    figures: () => ({ filled: kept === 0 ? 0 : filled / kept }),
    // Of a draw nobody asks for them.
    get artefacts() {
      return [
        { name: 'mask.json', bytes: Buffer.from(`${JSON.stringify(record, null, 2)}\n`) },
        ...(persona === null ? [] : [{ name: SKETCH, bytes: sketchBytes(made.masks, engine.matrices) }]),
      ];
    },
    release: () => {},
  };
}

function promptOf(persona: Persona | null, { wording }: Options): string {
  const name = wording ?? Object.keys(persona?.prompts ?? {})[0];
  const said = name === undefined ? undefined : persona?.prompts[name];
  if (said !== undefined) return said;
  throw new BenchError('no-wording', `persona ${persona?.id} has no wording named "${name}"`, {
    where: `personas.${persona?.id}.prompts`,
    hint: `it has ${Object.keys(persona?.prompts ?? {}).join(', ')}`,
  });
}

const defaults = optionsOf({});

export const subnetwork: Method = {
  name: 'subnetwork',
  title: "a mask over the model's own weights, made from calibration texts without training",
  options: OPTIONS,
  check: (options) => checkOptions(optionsOf(options)),
  axes,
  reads,
  content,
  lacks,
  controlOptions,
  network: true,
  tunes: true,
  prepare,
};
