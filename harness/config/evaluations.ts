// Evaluations of a suite file as they are run: defaults applied, and the statements of Likert evaluations read and keyed to
// the poles of the personas.

import { stat } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { readLikert, SCALE } from '../datasets/likert.ts';
import { readMpi } from '../datasets/mpi.ts';
import type { Item, LikertItem } from '../datasets/types.ts';
import { failOn, suggestion } from './diagnostics.ts';
import type { ChoiceFile, EvaluationFile, LikertFile } from './entries.ts';
import { generationOf } from './questions.ts';
import type { ChoiceEvaluation, Evaluation, Persona } from './resolved.ts';
import { roleReplies } from './role-replies.ts';
import { type Located, originOf } from './yaml.ts';

const CODE = 'bad-suite';

export interface Evaluations {
  readonly evaluations: readonly Evaluation[];
  readonly notes: readonly string[];
}

/** How methods ask while they are prepared where the suite has no choice evaluation: the defaults of one. */
const SET_UP: ChoiceEvaluation = {
  id: 'set-up',
  kind: 'choice',
  scorer: 'per-token',
  show: true,
  orders: 'both',
  template: '{question}\n{options}',
  itemsPerTrait: null,
  tuningPerTrait: 16,
};

export interface Given {
  readonly personas: readonly Persona[]; // that the suite selects
  readonly book: readonly Persona[]; // all of the personas file
  readonly limit: number | undefined; // --limit
  readonly seed: number; // of what is drawn
}

/** Throws `bad-suite` or `bad-data` with the place. */
export async function evaluationsOf(
  files: readonly EvaluationFile[],
  given: Given,
  folderOf: (path: string) => string,
  located: Located,
): Promise<Evaluations> {
  const { personas, limit } = given;
  const first = files.find((file) => file.kind === 'choice');
  const setUp = first === undefined ? SET_UP : choiceOf(first, limit);
  const evaluations: Evaluation[] = [];
  const notes: string[] = [];
  for (const [k, file] of files.entries()) {
    if (file.kind === 'choice') {
      evaluations.push(choiceOf(file, limit));
      continue;
    }
    if (file.kind === 'generation') {
      const at = `evaluations/${k}`;
      evaluations.push(await generationOf(file, { ...given, setUp }, at, folderOf(`${at}/prompts`), located));
      continue;
    }
    const itemsPerTrait = limit ?? file['items-per-trait'] ?? null;
    if (file.kind === 'role-reply') {
      const { id, kind, scorer, orders, template } = file;
      const at = `evaluations/${k}/items`;
      const { items, notes: said } = await roleReplies(file, personas, itemsPerTrait, at, folderOf(at), located);
      evaluations.push({ id, kind, scorer, orders, template, items, itemsPerTrait: null, setUp });
      notes.push(...said);
      continue;
    }
    const { id, kind, scorer, orders, template, traits } = file;
    const read = await statements(file, `evaluations/${k}/items`, folderOf, located);
    const items = keyed(read.items, personas);
    requireStatements(items, personas, read, `evaluations/${k}/items`, located);
    evaluations.push({ id, kind, scorer, orders, template, items, itemsPerTrait, traits, setUp });
    notes.push(...read.notes, ...oneSided(id, items));
  }
  return { evaluations, notes };
}

function choiceOf(file: ChoiceFile, limit: number | undefined): ChoiceEvaluation {
  const { id, kind, scorer, show, orders, template, traits } = file;
  const itemsPerTrait = limit ?? file['items-per-trait'] ?? null;
  const shown = show || template !== SET_UP.template ? template : '{question}';
  const tuningPerTrait = Math.min(file['tuning-per-trait'], limit ?? Infinity);
  return { id, kind, scorer, show, orders, template: shown, itemsPerTrait, traits, tuningPerTrait };
}

interface Statements {
  readonly file: string;
  readonly items: readonly LikertItem[];
  readonly notes: readonly string[];
}

async function statements(
  { items, scale }: LikertFile,
  at: string,
  folderOf: (path: string) => string,
  located: Located,
): Promise<Statements> {
  const file = resolve(folderOf(at), items);
  const place = originOf(located, at).value;
  const refuse = (message: string, hint: string): void => failOn([{ place, message }], CODE, hint);
  if (!(await stat(file).catch(() => null))?.isFile()) {
    refuse(
      `there is no file ${file}`,
      'suites/items/likert.jsonl is part of this package; of the MPI, fetch github jianggy/MPI and name its CSV',
    );
  }
  switch (extname(file)) {
    case '.jsonl': {
      const own = await readLikert(file);
      return { file, items: scale === undefined ? own : own.map((item) => ({ ...item, scale })), notes: [] };
    }
    case '.csv': {
      const { items: rows, left } = await readMpi(file, scale ?? SCALE);
      const said = (why: string, where: readonly string[]) =>
        where.length === 0
          ? []
          : [`Rows of ${items} that are left out, ${why}: lines ${where.map(lineOf).join(', ')}.`];
      return {
        file,
        items: rows,
        notes: [...said('of key 0', left.unkeyed), ...said('said before', left.repeated)],
      };
    }
    default:
      refuse(`${items} is neither .jsonl nor .csv`, 'name statements of our own form (.jsonl), or the CSV of the MPI');
      return { file, items: [], notes: [] };
  }
}

const lineOf = (where: string): string => where.slice(where.lastIndexOf(':') + 1);

/** Each statement as an item of the pole that agrees with it; in each trait both keys take turns as long as they last. */
function keyed(statements: readonly LikertItem[], personas: readonly Persona[]): readonly Item[] {
  return [...new Set(personas.map(({ trait }) => trait))].flatMap((trait) => {
    const own = statements.filter((statement) => statement.trait === trait);
    const [plus, minus] = (['+', '-'] as const).map((key) => own.filter(({ keying }) => keying === key));
    const turns = own.flatMap((_, k) => [plus?.[k] ?? [], minus?.[k] ?? []]).flat();
    return turns.map((statement) =>
      itemOf(statement, poleOf(statement.keying === '+' ? 'high' : 'low', trait, personas)),
    );
  });
}

/** Also where only the other pole is selected. */
function poleOf(pole: Persona['pole'], trait: string, personas: readonly Persona[]): string {
  const poles = personas.filter((persona) => persona.trait === trait);
  return poles.find((persona) => persona.pole === pole)?.id ?? poles[0]?.opposite ?? trait;
}

function itemOf({ id, trait, keying, statement, scale }: LikertItem, persona: string): Item {
  const options = scale.map((text, k) => ({ text, matching: k === scale.length - 1 }));
  return { id, trait, persona, keying, split: 'evaluation', question: statement, options, scale: true };
}

function requireStatements(
  items: readonly Item[],
  personas: readonly Persona[],
  { file, items: read }: Statements,
  at: string,
  located: Located,
): void {
  const place = originOf(located, at).value;
  const traits = [...new Set(read.map(({ trait }) => trait))];
  failOn(
    personas
      .filter(({ id, opposite }) => !items.some(({ persona }) => persona === id || persona === opposite))
      .map(({ id, trait }) => ({
        place,
        message: `it has no statement on ${trait} for persona "${id}"`,
        hint: suggestion(trait, traits),
      })),
    CODE,
    `write some into ${file}, or select other personas; of each trait one pair of poles is asked`,
  );
}

/** Traits whose statements are keyed alike: who agrees with everything is taken for one pole there. */
function oneSided(id: string, items: readonly Item[]): readonly string[] {
  const traits = [...new Set(items.map(({ trait }) => trait))].filter(
    (trait) => new Set(items.filter((item) => item.trait === trait).map(({ keying }) => keying)).size === 1,
  );
  if (traits.length === 0) return [];
  return [
    `Evaluation ${id} has statements of one key only on ${traits.join(', ')}: agreeing with all of them passes for a pole.`,
  ];
}
