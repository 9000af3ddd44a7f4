// personas.yaml -> personas with their items, calibration texts and knowledge read in.

import { dirname, resolve } from 'node:path';
import { BenchError } from '../../base/error.ts';
import { counted } from '../../base/words.ts';
import { readCalibration, readItems, readTexts } from '../datasets/own.ts';
import { type LibraryPassage, readKnowledge } from '../datasets/passages.ts';
import type { Item } from '../datasets/types.ts';
import { didYouMean, failOn, type Issue, suggestion, type TextPosition } from './diagnostics.ts';
import type { Persona } from './resolved.ts';
import { PERSONAS_SCHEMA, type PersonasFile } from './schemas.ts';
import { schemaIssues } from './validate.ts';
import { originOf, readYaml } from './yaml.ts';

const CODE = 'bad-personas';
const HINT = 'correct the personas file';
const PATH_HINT = 'check the path of the personas file; `bench init FOLDER` writes one to start from';

export interface PersonaBook {
  readonly personas: readonly Persona[];
  readonly neutral: readonly string[];
  readonly library: readonly LibraryPassage[]; // passages of all personas, then the neutral ones
}

/**
 * Reads `file` and all that it names. `named`: where a suite names the file, shown where the path leads to no file.
 * Throws `bad-personas` or `bad-data` with the place.
 */
export async function readPersonas(file: string, name = file, named?: TextPosition): Promise<PersonaBook> {
  const located = await readYaml(file, name, CODE, { hint: PATH_HINT, ...(named !== undefined && { named }) });
  const value = structuredClone(located.value);
  failOn(schemaIssues(PERSONAS_SCHEMA, value, located), CODE, HINT);
  const { personas, neutral } = value as unknown as PersonasFile;
  const entries = Object.entries(personas);
  const ids = entries.map(([id]) => id);
  const issues: Issue[] = [];
  for (const [id, { opposite, trait, pole, desirable }] of entries) {
    if (opposite === undefined) continue;
    const { value: place } = originOf(located, `personas/${id}/opposite`);
    const other = personas[opposite];
    if (other === undefined) {
      issues.push({ place, message: `unknown persona "${opposite}"`, hint: suggestion(opposite, ids) });
    } else if (other.trait !== trait || other.pole === pole) {
      issues.push({ place, message: `"${opposite}" is not the other pole of ${trait}` });
    } else if (other.opposite !== undefined && other.opposite !== id) {
      issues.push({ place, message: `"${opposite}" names "${other.opposite}" as its own opposite` });
    } else if (desirable !== undefined && desirable === other.desirable) {
      const { value: said } = originOf(located, `personas/${id}/desirable`);
      issues.push({
        place: said,
        message: `"${opposite}" says ${desirable} too: one pole of ${trait} is the desirable one`,
      });
    }
  }
  failOn(issues, CODE, HINT);

  const folder = dirname(file);
  const once = cached();
  const read = <T>(path: string | undefined, reader: (file: string) => Promise<readonly T[]>): Promise<readonly T[]> =>
    path === undefined ? Promise.resolve([]) : once(resolve(folder, path), reader);
  const out: Persona[] = [];
  for (const [id, { trait, pole, opposite = null, desirable, description = '', prompts, ...files }] of entries) {
    const items = await read<Item>(files.items, readItems);
    const stray = items.find((item) => item.trait === trait && personas[item.persona]?.trait !== trait);
    if (stray !== undefined && opposite !== null) {
      const poles = ids.filter((one) => personas[one]?.trait === trait);
      throw new BenchError(
        'bad-data',
        `item "${stray.id}" is of persona "${stray.persona}", which is not a pole of ${trait}`,
        {
          where: files.items === undefined ? file : resolve(folder, files.items),
          hint: `${suggestion(stray.persona, poles)}: an item needs a persona to be asked`,
        },
      );
    }
    if (files.items !== undefined) strayTraits(items, trait, personas, resolve(folder, files.items));
    out.push({
      id,
      trait,
      pole,
      opposite,
      ...(desirable !== undefined && { desirable }),
      description,
      prompts: prompts as Readonly<Record<string, string>>,
      items: items.filter((item) => item.trait === trait && (item.persona === id || item.persona === opposite)),
      calibration: await read(files.calibration, readCalibration),
      knowledge: await read(files.knowledge, readKnowledge),
    });
  }
  const library = [
    ...out.flatMap(({ id, trait, knowledge }) => knowledge.map((one) => ({ ...one, persona: id, trait }))),
    ...(await read(neutral?.knowledge, readKnowledge)).map((one) => ({ ...one, persona: null, trait: null })),
  ];
  return { personas: out, neutral: await read(neutral?.texts, readTexts), library };
}

/**
 * Refuses the items of a persona's file whose trait no persona has, where that is a misspelt one, or where nothing is left
 * for the persona. A file may hold items of further traits. Throws `bad-data`.
 */
function strayTraits(
  items: readonly Item[],
  trait: string,
  personas: Readonly<Record<string, { readonly trait: string }>>,
  file: string,
): void {
  const traits = [...new Set(Object.values(personas).map((one) => one.trait))];
  const strays = items.filter((item) => !traits.includes(item.trait));
  const none = items.length > 0 && !items.some((item) => item.trait === trait);
  const wrong = strays.find((item) => none || didYouMean(item.trait, traits) !== undefined);
  if (wrong === undefined) return;
  const rows = strays.filter((item) => item.trait === wrong.trait);
  const first = rows.length === 1 ? '' : ', the first of them';
  throw new BenchError(
    'bad-data',
    `${counted(rows.length, 'row')} with the trait "${wrong.trait}", which no persona has ("${wrong.id}"${first})`,
    { where: file, hint: `${suggestion(wrong.trait, traits)} (\`trait:\` of the personas file)` },
  );
}

/** The personas of a file, for `bench try`. */
export async function loadPersonas(file: string): Promise<readonly Persona[]> {
  return (await readPersonas(file)).personas;
}

/** Ten personas name one items file: it is read once. */
function cached(): <T>(file: string, reader: (file: string) => Promise<readonly T[]>) => Promise<readonly T[]> {
  const known = new Map<string, Promise<readonly unknown[]>>();
  return (file, reader) => {
    let found = known.get(file);
    if (found === undefined) {
      found = reader(file);
      known.set(file, found);
    }
    return found as ReturnType<typeof reader>;
  };
}
