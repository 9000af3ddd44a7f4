// The items of a data set of others, in place of the personas' own: Anthropic's persona statements, or BiPO's choice sets.

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { failOn } from '../../config/diagnostics.ts';
import type { EvaluationSource, ResolvedEvaluation } from '../../config/evaluation-source.ts';
import type { Persona } from '../../config/resolved.ts';
import { readAnthropic } from '../../datasets/anthropic.ts';
import { bipoFiles, readBipoParts } from '../../datasets/bipo.ts';
import { CONTRADICTORY, leftOutNotes, REPEATED, SAME } from '../../datasets/doubtful.ts';
import type { Item } from '../../datasets/types.ts';
import { dataFolder, isDataName } from '../../hub/data.ts';

/** Where a data set that an evaluation names is published, and the files that it needs of it. */
const SOURCES = {
  anthropic: {
    fetch: 'fetch github anthropics/evals and name its persona folder',
    files: (trait: string): readonly string[] => [`${trait}.jsonl`],
  },
  bipo: {
    fetch: 'bench pull data:bipo fetches BiPO’s (CaoYuanpu/BiPO, MIT), and folder: data:bipo names it',
    files: (trait: string): readonly string[] => Object.values(bipoFiles(trait)),
  },
} as const;

type Asked = Pick<ResolvedEvaluation, 'personas' | 'notes'>;

/** The personas with the items of the data set, and what is said of it. Throws `bad-suite` with the place, or `bad-data`. */
export async function itemsOf(
  { source: name, folder: written }: { readonly source: 'anthropic' | 'bipo'; readonly folder: string },
  source: EvaluationSource,
): Promise<Asked> {
  const { personas, others } = source;
  if (others.some(({ kind }) => kind === 'choice')) {
    const message = 'a choice evaluation with items of its own must be the only one';
    failOn([{ place: source.place('items', 'key'), message }], 'bad-suite', 'write one suite for each data set');
  }
  const folder = isDataName(written) ? dataFolder(written) : source.path('items/folder', written);
  const place = source.place('items/folder');
  const { fetch, files } = SOURCES[name];
  const missing = (message: string): void =>
    failOn([{ place, message }], 'bad-suite', `the data set is not part of this package: ${fetch}`);
  if (!(await stat(folder).catch(() => null))?.isDirectory())
    missing(isDataName(written) ? `${written} is not downloaded` : `the folder ${folder} is not on this machine`);
  const traits = [...new Set(personas.map(({ trait }) => trait))];
  for (const file of traits.flatMap(files)) {
    if ((await stat(join(folder, file)).catch(() => null)) === null) missing(`the folder ${folder} has no ${file}`);
  }
  // Items are keyed to the high pole, also where only the low one is selected.
  const highOf = (trait: string): string => {
    const poles = personas.filter((persona) => persona.trait === trait);
    return poles.find(({ pole }) => pole === 'high')?.id ?? poles[0]?.opposite ?? trait;
  };
  if (name === 'bipo') return bipoItems(folder, personas, traits, highOf);
  const byTrait = new Map<string, readonly Item[]>();
  const notes: string[] = [];
  for (const trait of traits) {
    const file = `${trait}.jsonl`;
    const { items, left } = await readAnthropic(join(folder, file), trait, highOf(trait));
    byTrait.set(trait, items);
    notes.push(...leftOutNotes(file, { [REPEATED]: left.repeated, [CONTRADICTORY]: left.contradictory }));
  }
  return { personas: personas.map((persona) => ({ ...persona, items: byTrait.get(persona.trait) ?? [] })), notes };
}

/** Test rows are asked, the last training rows tune, the others calibrate: what fits the trait its high pole, the rest the low. */
async function bipoItems(
  folder: string,
  personas: readonly Persona[],
  traits: readonly string[],
  highOf: (trait: string) => string,
): Promise<Asked> {
  const parts = new Map<string, Awaited<ReturnType<typeof readBipoParts>>>();
  for (const trait of traits) parts.set(trait, await readBipoParts(folder, trait, highOf(trait)));
  return {
    personas: personas.map((persona) => {
      const { items, calibration } = parts.get(persona.trait)!;
      return { ...persona, items, calibration: calibration[persona.pole] };
    }),
    notes: [...parts].flatMap(([trait, { left, doubtful }]) => {
      const reasons = [
        ...(left.repeated === 0 ? [] : [`${left.repeated} whose question is asked in another split`]),
        ...(left.empty === 0 ? [] : [`${left.empty} without a question`]),
      ];
      const named = doubtful.flatMap(({ file, left: { same, repeated, contradictory } }) =>
        leftOutNotes(file, { [SAME]: same, [REPEATED]: repeated, [CONTRADICTORY]: contradictory }),
      );
      if (reasons.length === 0) return named;
      return [`Training rows of ${trait} that are left out: ${reasons.join(', ')}.`, ...named];
    }),
  };
}
