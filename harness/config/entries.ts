// What a suite file holds after its schema, and the items that an evaluation brings in place of the personas' own.

import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readAnthropic } from '../datasets/anthropic.ts';
import { bipoFiles, readBipoParts } from '../datasets/bipo.ts';
import { scaleFault } from '../datasets/likert.ts';
import type { Item } from '../datasets/types.ts';
import type { Thinking } from '../text/settings.ts';
import { failOn, type Issue } from './diagnostics.ts';
import type { GateRules, Persona, Scorer } from './resolved.ts';
import { SUITE_SCHEMA } from './schemas.ts';
import { type Located, originOf } from './yaml.ts';

export interface ChoiceFile {
  readonly id: string;
  readonly kind: 'choice';
  readonly scorer: Scorer;
  readonly show: boolean;
  readonly orders: 'both' | 'given';
  readonly template: string;
  readonly 'items-per-trait'?: number;
  readonly traits: 'own' | 'all';
  readonly 'tuning-per-trait': number;
  readonly items?: { readonly source: 'anthropic' | 'bipo'; readonly folder: string };
}

export interface LikertFile {
  readonly id: string;
  readonly kind: 'likert';
  readonly items: string;
  readonly scale?: readonly string[];
  readonly scorer: 'letter' | 'sum';
  readonly orders: 'both' | 'given';
  readonly template: string;
  readonly 'items-per-trait'?: number;
  readonly traits: 'own' | 'all';
}

export interface RoleReplyFile {
  readonly id: string;
  readonly kind: 'role-reply';
  readonly items: string;
  readonly scorer: Scorer;
  readonly orders: 'both' | 'given';
  readonly template: string;
  readonly 'items-per-trait'?: number;
}

export interface GenerationFile {
  readonly id: string;
  readonly kind: 'generation';
  readonly prompts: string;
  readonly template: string;
  readonly wording?: string;
  readonly tokens: number;
  readonly temperature: number;
  readonly 'top-k': number;
  readonly 'top-p': number;
  readonly samples: number;
  readonly 'items-per-trait'?: number;
  readonly judge?: {
    readonly endpoint: string;
    readonly model: string;
    readonly prompt: string;
    readonly 'key-env': string;
  };
}

export type EvaluationFile = ChoiceFile | LikertFile | RoleReplyFile | GenerationFile;

/** A suite file with its defaults. */
export interface SuiteFile {
  readonly name: string;
  readonly notes?: readonly string[];
  readonly models: readonly (string | { readonly id: string; readonly path: string; readonly template?: string })[];
  readonly thinking: Thinking;
  readonly system: string;
  readonly date: string;
  readonly personas: { readonly file: string; readonly select: string | readonly string[] };
  readonly evaluations: readonly EvaluationFile[];
  readonly methods: readonly {
    readonly id: string;
    method?: string;
    readonly control: boolean;
    options: Record<string, unknown>;
    readonly subnetwork?: Record<string, unknown>;
    readonly controls: boolean;
    readonly seeds?: readonly number[];
  }[];
  readonly controls: {
    readonly random: number;
    readonly magnitude: boolean | readonly (string | number)[];
    readonly 'generic-text': boolean | readonly (string | number)[];
    readonly opposite: boolean | readonly (string | number)[];
    readonly shuffled: boolean | readonly (string | number)[];
  };
  readonly sparsity: readonly (number | Readonly<Record<string, number>>)[];
  readonly seeds: readonly number[];
  readonly latency?: {
    readonly items: number;
    readonly warmup: number;
    readonly repeats: number;
    readonly 'decode-tokens': number;
  };
  readonly gate?: GateRules;
}

/** Where a data set that an evaluation names is published, and the files that it needs of it. */
const SOURCES = {
  anthropic: {
    fetch: 'anthropics/evals and name its persona folder',
    files: (trait: string): readonly string[] => [`${trait}.jsonl`],
  },
  bipo: {
    fetch:
      'CaoYuanpu/BiPO and name a folder with train.csv of each set as <trait>_train.csv and test_infer.csv as <trait>_test.csv',
    files: (trait: string): readonly string[] => Object.values(bipoFiles(trait)),
  },
} as const;

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly oneOf?: readonly SchemaNode[];
}

/** The keys that the schema allows below a path of a suite; `*` where any name is allowed. */
export function knownKeys(path: readonly string[]): readonly string[] {
  let schema: SchemaNode = SUITE_SCHEMA as unknown as SchemaNode;
  for (const key of path) {
    const next = /^\d+$/.test(key) ? schema.items : propertiesOf(schema)?.[key];
    if (next === undefined) return ['*'];
    schema = next;
  }
  const properties = propertiesOf(schema);
  return properties === undefined ? ['*'] : Object.keys(properties);
}

/** Of a schema by kinds, those of all of them: the check says which do not belong to one. */
function propertiesOf({ properties, oneOf }: SchemaNode): SchemaNode['properties'] {
  return oneOf === undefined ? properties : Object.assign({}, ...oneOf.map(propertiesOf));
}

/** Scorers and templates that contradict `show`, and what is no scale: every cell of such an evaluation would fail. */
export function contradictions(evaluations: readonly EvaluationFile[], located: Located): readonly Issue[] {
  return evaluations.flatMap((evaluation, k): Issue[] => {
    const issue = (key: string, message: string, hint: string): Issue => ({
      place: originOf(located, `evaluations/${k}/${key}`).value,
      message,
      hint,
    });
    if (evaluation.kind === 'generation') return [];
    const { scorer, template } = evaluation;
    const listed = template.includes('{options}');
    if (evaluation.kind === 'role-reply') {
      const missing = ['{asker}', '{options}'].filter((name) => !template.includes(name));
      return missing.map((name) => issue('template', `the template has no ${name}`, 'add it'));
    }
    if (evaluation.kind === 'likert') {
      const wrong = evaluation.scale === undefined ? null : scaleFault(evaluation.scale);
      return [
        ...(listed ? [] : [issue('template', 'the template has no {options}', 'add it')]),
        ...(wrong === null ? [] : [issue('scale', wrong, 'write each answer once')]),
      ];
    }
    const { show } = evaluation;
    const written = located.origins.has(`evaluations/${k}/template`);
    const issues: Issue[] = [];
    if (scorer === 'letter' && !show) {
      issues.push(issue('scorer', 'letters mean nothing when the options are not shown', 'leave out show: false'));
    }
    if (written && show && !listed) {
      issues.push(issue('template', 'the template has no {options}', 'add it, or set show: false'));
    }
    if (written && !show && listed) {
      issues.push(issue('template', 'the template has {options}, but show is false', 'leave out one of them'));
    }
    return issues;
  });
}

/** What is asked in place of the personas' own items, and what is to be said of it. */
export interface ForeignItems {
  readonly personas: readonly Persona[];
  readonly notes: readonly string[];
}

/** The personas with the items of the evaluation that names a data set; their own items where none does. */
export async function itemsFrom(
  evaluations: readonly EvaluationFile[],
  personas: readonly Persona[],
  folderOf: (path: string) => string,
  located: Located,
): Promise<ForeignItems> {
  const k = evaluations.findIndex((one) => one.kind === 'choice' && one.items !== undefined);
  const entry = evaluations[k];
  if (entry?.kind !== 'choice' || entry.items === undefined) return { personas, notes: [] };
  const source = entry.items;
  const at = `evaluations/${k}/items`;
  const place = originOf(located, `${at}/folder`).value;
  if (evaluations.filter(({ kind }) => kind === 'choice').length > 1) {
    failOn(
      [{ place: originOf(located, at).key, message: 'a choice evaluation with items of its own must be the only one' }],
      'bad-suite',
      'write one suite for each data set',
    );
  }
  const folder = resolve(folderOf(`${at}/folder`), source.folder);
  const { fetch, files } = SOURCES[source.source];
  const missing = (message: string): void =>
    failOn([{ place, message }], 'bad-suite', `the data set is no part of this package: fetch github ${fetch}`);
  if (!(await stat(folder).catch(() => null))?.isDirectory()) missing(`the folder ${folder} is not on this machine`);
  const traits = [...new Set(personas.map(({ trait }) => trait))];
  for (const name of traits.flatMap(files)) {
    if ((await stat(join(folder, name)).catch(() => null)) === null) missing(`the folder ${folder} has no ${name}`);
  }
  // Items are keyed to the high pole, also where only the low one is selected.
  const highOf = (trait: string): string => {
    const poles = personas.filter((persona) => persona.trait === trait);
    return poles.find(({ pole }) => pole === 'high')?.id ?? poles[0]?.opposite ?? trait;
  };
  if (source.source === 'bipo') return bipoItems(folder, personas, traits, highOf);
  const byTrait = new Map<string, readonly Item[]>();
  for (const trait of traits) {
    byTrait.set(trait, await readAnthropic(join(folder, `${trait}.jsonl`), trait, highOf(trait)));
  }
  return { personas: personas.map((persona) => ({ ...persona, items: byTrait.get(persona.trait) ?? [] })), notes: [] };
}

/** Test rows are asked, the last training rows tune, the others calibrate: what fits the trait its high pole, the rest the low. */
async function bipoItems(
  folder: string,
  personas: readonly Persona[],
  traits: readonly string[],
  highOf: (trait: string) => string,
): Promise<ForeignItems> {
  const parts = new Map<string, Awaited<ReturnType<typeof readBipoParts>>>();
  for (const trait of traits) parts.set(trait, await readBipoParts(folder, trait, highOf(trait)));
  return {
    personas: personas.map((persona) => {
      const { items, calibration } = parts.get(persona.trait)!;
      return { ...persona, items, calibration: calibration[persona.pole] };
    }),
    notes: [...parts].flatMap(([trait, { left }]) => {
      const reasons = [
        ...(left.repeated === 0 ? [] : [`${left.repeated} whose question is asked in another part`]),
        ...(left.empty === 0 ? [] : [`${left.empty} without a question`]),
      ];
      return reasons.length === 0 ? [] : [`Training rows of ${trait} that are left out: ${reasons.join(', ')}.`];
    }),
  };
}
