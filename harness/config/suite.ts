// A suite file -> `Suite`: layers, schema, names that must exist, paths made absolute, files read.

import { stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { BenchError } from '../../base/error.ts';
import { isDay, systemOf } from '../text/settings.ts';
import { failOn, type Issue, suggestion } from './diagnostics.ts';
import type { EvaluationShapes } from './evaluation-source.ts';
import { evaluationsOf, faultsOf, shapeOf } from './evaluations.ts';
import { limitedGate } from './gate-looks.ts';
import { knownKeys } from './known-keys.ts';
import { applySet, readLayers } from './layers.ts';
import { type HubLookup, modelsOf } from './models.ts';
import { packageRoot } from './paths.ts';
import { readPersonas } from './personas.ts';
import type { Levels, MethodEntry, Persona, Suite } from './resolved.ts';
import { type SuiteFile, suiteSchema } from './schemas.ts';
import { levelOf, sparsityNames } from './sparsity-names.ts';
import { schemaIssues } from './validate.ts';
import { type Located, originOf } from './yaml.ts';

const CODE = 'bad-suite';
const HINT = 'correct the suite, then run `bench validate` on it';

/** Said in every report on the bundled model. */
const FIXTURE_NOTE =
  'persona-nano is a fixture that tests the harness; its figures are not evidence about large language models.';

type RawOptions = Readonly<Record<string, unknown>>;

/** What config needs of the methods: their options' schemas, and the paths among the options made absolute. */
type OptionSchemas = ReadonlyMap<
  string,
  {
    readonly options: object;
    located?(options: RawOptions, folderOf: (option: string) => string): RawOptions;
    check?(options: RawOptions): void;
  }
>;

export interface LoadOptions {
  readonly registry: OptionSchemas;
  readonly kinds: EvaluationShapes; // of evaluations
  readonly set?: readonly string[];
  readonly model?: string;
  readonly limit?: number;
  readonly seed?: number;
  /** The folder of a model of the hub; downloads it, or throws where only what is there may be used (the default). */
  readonly hub?: HubLookup;
}

/** The suite's text with layers and flags applied and defaults filled in, before anything else is read. */
export async function readSuiteFile(
  file: string,
  options: LoadOptions,
): Promise<{ file: string; located: Located; value: SuiteFile }> {
  const absolute = await findSuite(file);
  const schema = suiteSchema(options.kinds);
  let located = await readLayers(absolute, relative(process.cwd(), absolute) || absolute);
  for (const assignment of options.set ?? [])
    located = applySet(located, assignment, (path) => knownKeys(schema, path));
  const value = structuredClone(located.value) as unknown as SuiteFile;
  const issues = [...schemaIssues(schema, value, located)];
  if (issues.length === 0) {
    value.methods.forEach((entry, k) => {
      const at = `methods/${k}`;
      const optionsAt = entry.subnetwork === undefined ? 'options' : 'subnetwork';
      if (entry.subnetwork !== undefined) {
        entry.method ??= 'subnetwork';
        entry.options = entry.subnetwork;
      }
      const name = entry.method ?? '';
      const method = options.registry.get(name);
      if (method === undefined) {
        const place = originOf(located, `${at}/method`).value;
        issues.push({
          place,
          message: `unknown method "${name}"`,
          hint: suggestion(name, [...options.registry.keys()]),
        });
      } else {
        const found = schemaIssues(method.options, entry.options, located, `${at}/${optionsAt}`);
        issues.push(...(found.length > 0 ? found : refusals(method, entry.options, located, `${at}/${optionsAt}`)));
      }
    });
    issues.push(...sparsityNames(value, located), ...faultsOf(value.evaluations, options.kinds, located));
    for (const list of ['evaluations', 'methods'] as const) issues.push(...duplicates(value[list], list, located));
  }
  failOn(issues, CODE, HINT);
  return { file: absolute, located, value };
}

/** What a method refuses of options that its schema allows, at the option's place. */
function refusals(
  { check }: { check?(options: RawOptions): void },
  given: RawOptions,
  located: Located,
  at: string,
): readonly Issue[] {
  try {
    check?.(given);
    return [];
  } catch (error) {
    if (!(error instanceof BenchError) || error.code !== 'bad-options') throw error;
    const field = /^options\.(.+)$/.exec(error.where ?? '')?.[1]?.replaceAll('.', '/');
    const place = originOf(located, field === undefined ? at : `${at}/${field}`).value;
    return [{ place, message: error.message, ...(error.hint && { hint: error.hint }) }];
  }
}

/** Loads a suite and everything it names. Throws BenchError with the place of what is wrong. */
export async function loadSuite(file: string, options: LoadOptions): Promise<Suite> {
  const { file: absolute, located, value } = await readSuiteFile(file, options);
  const folderOf = (path: string): string => {
    const { source } = originOf(located, path).value;
    return source.name.startsWith('--set') ? process.cwd() : dirname(resolve(source.name));
  };
  const { thinking, system, date } = value;
  if (!isDay(date)) {
    const place = originOf(located, 'date').value;
    failOn([{ place, message: `there is no day ${date}` }], CODE, HINT);
  }
  const found = await modelsOf(value, located, folderOf, options);
  const models = found.map((model) => ({ ...model, chat: { thinking, system: systemOf(system), date } }));
  const personasFile = resolve(folderOf('personas/file'), value.personas.file);
  const named = originOf(located, 'personas/file').value;
  const book = await readPersonas(personasFile, value.personas.file, named);
  const personas = selected(value, options.kinds, located, book.personas);
  const seeds = options.seed === undefined ? value.seeds : [options.seed];
  const given = { personas, book: book.personas, limit: options.limit, seed: seeds[0] ?? 0 };
  const asked = await evaluationsOf(value.evaluations, options.kinds, given, folderOf, located);
  if (asked.evaluations.some(({ items }) => items === undefined)) requireItems(asked.personas, value, located);
  const notes = [...(value.notes ?? []), ...asked.notes];
  if (models.some(({ path }) => basename(path) === 'persona-nano') && !notes.includes(FIXTURE_NOTE))
    notes.push(FIXTURE_NOTE);
  const { latency } = value;
  return {
    name: value.name,
    file: absolute,
    notes,
    models,
    personasFile,
    personas: asked.personas,
    neutral: book.neutral,
    library: book.library,
    evaluations: asked.evaluations,
    methods: value.methods.map((entry, k): MethodEntry => {
      const { id, method = '', control, options: given, controls, seeds } = entry;
      const folder = (option: string) => folderOf(`methods/${k}/options/${option}`);
      const own = options.registry.get(method)?.located?.(given, folder) ?? given;
      return { id, method, control, options: own, controls, ...(seeds && { seeds }) };
    }),
    controls: {
      random: typeof value.controls.random === 'string' ? 'auto' : value.controls.random,
      magnitude: levels(value.controls.magnitude),
      'generic-text': levels(value.controls['generic-text']),
      opposite: levels(value.controls.opposite),
      shuffled: labelsOf(value.controls.shuffled),
      draws: value.controls.draws,
      ...(Array.isArray(value.controls.evaluations) && { evaluations: value.controls.evaluations }),
    },
    sparsity: value.sparsity.map(levelOf),
    seeds,
    latency: latency
      ? {
          items: latency.items,
          warmup: latency.warmup,
          repeats: latency.repeats,
          decodeTokens: latency['decode-tokens'],
        }
      : null,
    gate: value.gate === undefined ? null : limitedGate(value.gate, options.limit),
    located,
  };
}

function levels(value: string | boolean | readonly (string | number)[]): Levels {
  return typeof value === 'string' ? 'auto' : labelsOf(value);
}

function labelsOf(value: boolean | readonly (string | number)[]): Exclude<Levels, 'auto'> {
  return typeof value === 'boolean' ? value : value.map(String);
}

/** A suite by its path, or a bundled one by the path below the package. */
async function findSuite(file: string): Promise<string> {
  const here = resolve(file);
  if ((await stat(here).catch(() => null)) !== null || isAbsolute(file)) return here;
  const bundled = join(packageRoot(), file);
  return (await stat(bundled).catch(() => null))?.isFile() ? bundled : here;
}

function duplicates(entries: readonly { readonly id: string }[], list: string, located: Located): Issue[] {
  return entries.flatMap(({ id }, k) =>
    entries.findIndex((other) => other.id === id) < k
      ? [{ place: originOf(located, `${list}/${k}/id`).value, message: `the id "${id}" is used twice` }]
      : [],
  );
}

/** The personas that the suite selects; each needs an opposite where items are keyed to one of two poles. */
function selected(
  value: SuiteFile,
  kinds: EvaluationShapes,
  located: Located,
  all: readonly Persona[],
): readonly Persona[] {
  const { select } = value.personas;
  const paired = value.evaluations.some((entry) => shapeOf(kinds, entry).poles === 'both');
  const byId = new Map(all.map((persona) => [persona.id, persona]));
  const ids = typeof select === 'string' ? [...byId.keys()] : select;
  const issues: Issue[] = [];
  const placeOf = (k: number): Issue['place'] =>
    originOf(located, typeof select === 'string' ? 'personas/file' : `personas/select/${k}`).value;
  ids.forEach((id, k) => {
    const persona = byId.get(id);
    if (persona === undefined) {
      issues.push({ place: placeOf(k), message: `unknown persona "${id}"`, hint: suggestion(id, [...byId.keys()]) });
    } else if (persona.opposite === null && paired) {
      issues.push({
        place: placeOf(k),
        message: `persona "${id}" has no opposite`,
        hint: 'an evaluation keys its items to two poles: name the other in the personas file',
      });
    }
  });
  failOn(issues, CODE, HINT);
  return ids.map((id) => byId.get(id)!);
}

function requireItems(personas: readonly Persona[], value: SuiteFile, located: Located): void {
  const { select } = value.personas;
  const issues = personas.flatMap(({ id, items }, k): Issue[] => {
    if (items.some(({ split }) => split === 'evaluation')) return [];
    const place = originOf(located, typeof select === 'string' ? 'personas/file' : `personas/select/${k}`).value;
    return [
      items.length === 0
        ? {
            place,
            message: `persona "${id}" has no items`,
            hint: 'without items, only `try` and `mask` work; name an items file in the personas file',
          }
        : {
            place,
            message: `persona "${id}" has no items of the evaluation split`,
            hint: 'mark some with "split": "evaluation"',
          },
    ];
  });
  failOn(issues, CODE, HINT);
}
