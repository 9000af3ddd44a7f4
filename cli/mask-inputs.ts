// What `bench mask make` is asked for: the method's options from flags, and the texts of a persona or of files.

import { join, resolve } from 'node:path';
import { packageRoot } from '../harness/config/paths.ts';
import { readSamples } from '../harness/datasets/own.ts';
import type { CalibrationText } from '../harness/datasets/types.ts';
import { neutralParts } from '../harness/plan/neutral.ts';
import { checkOptions, needs, OPTIONS, type Options, optionsOf } from '../harness/subnetworks/options.ts';
import { usage } from './open-model.ts';
import type { MaskMakeOptions } from './options.ts';
import { findPersona } from './try-inputs.ts';

export interface MaskTexts {
  readonly persona: string | null;
  readonly opposite: string | null;
  readonly sources: {
    readonly persona: readonly CalibrationText[];
    readonly opposite: readonly CalibrationText[];
    readonly generic: readonly string[];
    readonly pole: 'high' | 'low';
  };
}

/** The options of the method, checked by its schema. Throws `usage` or `bad-options`. */
export function optionsFor(flags: MaskMakeOptions): Options {
  const { score, statistic, group, tokens, raw, samples, length, set = [] } = flags;
  const given: Record<string, unknown> = {
    ...(score !== undefined && { score }),
    ...(statistic !== undefined && { statistic }),
    ...(group !== undefined && { group }),
    ...(tokens !== undefined && { tokens }),
    ...(samples !== undefined && { samples }),
    ...(length !== undefined && { length }),
    ...(raw === true && { chat: false }),
  };
  const known: Readonly<Record<string, object>> = OPTIONS.properties;
  for (const assignment of set) {
    const [name = '', text] = [assignment.split('=', 1)[0], assignment.slice(assignment.indexOf('=') + 1)];
    if (!Object.hasOwn(known, name) || !assignment.includes('=')) {
      throw usage(
        `--set ${assignment} sets no option`,
        `write name=value; the options are ${Object.keys(known).join(', ')}`,
      );
    }
    given[name] = jsonOr(text ?? '');
  }
  for (const [name, value] of Object.entries(given)) {
    const { enum: allowed } = known[name] as { enum?: readonly unknown[] };
    if (allowed !== undefined && !allowed.includes(value)) {
      throw usage(`${name} must be one of ${allowed.join(', ')}, and is ${String(value)}`, 'choose one of these');
    }
  }
  const options = optionsOf(given);
  const { thinking, system, date } = flags;
  if (!options.chat && [thinking, system, date].some((flag) => flag !== undefined)) {
    throw usage('--thinking, --system and --date are for the chat template', 'leave out --raw');
  }
  checkOptions(options);
  return options;
}

/** The texts that the options ask for. Throws `usage` naming the flag that is missing. */
export async function textsFor(flags: MaskMakeOptions, options: Options): Promise<MaskTexts> {
  const { readPersonas } = await import('../harness/config/index.ts');
  const wanted = needs(options);
  const file = flags.personas === undefined ? join(packageRoot(), 'personas.yaml') : resolve(flags.personas);
  if (flags.persona !== undefined && flags.calibration !== undefined) {
    throw usage('--persona and --calibration both name texts', 'leave out one of them');
  }
  const book = flags.persona === undefined && !wanted.generic ? null : await readPersonas(file);
  const found = flags.persona === undefined ? null : findPersona(book?.personas ?? [], flags.persona);
  const own = flags.calibration === undefined ? (found?.persona.calibration ?? []) : await samples(flags.calibration);
  const other = flags.against === undefined ? (found?.opposite?.calibration ?? []) : await samples(flags.against);
  if (wanted.persona && own.length === 0) {
    throw usage('a mask is made from texts', 'add --persona ID, or --calibration FILE with one text a line');
  }
  if (wanted.opposite && other.length === 0) {
    throw usage(
      `score ${options.score} contrasts two sets of texts`,
      'add --against FILE, or a --persona with an opposite',
    );
  }
  return {
    persona: found?.persona.id ?? flags.calibration ?? null,
    opposite: wanted.opposite ? (flags.against ?? found?.opposite?.id ?? null) : null,
    sources: {
      persona: own,
      opposite: other,
      generic: neutralParts(book?.neutral ?? []).calibration,
      pole: found?.persona.pole ?? 'high',
    },
  };
}

async function samples(file: string): Promise<readonly CalibrationText[]> {
  return readSamples(resolve(file));
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
