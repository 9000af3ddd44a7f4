// The statements of a Likert evaluation: read, and keyed to the poles of the personas.

import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { failOn, suggestion } from '../../config/diagnostics.ts';
import type { EvaluationSource } from '../../config/evaluation-source.ts';
import type { Persona } from '../../config/resolved.ts';
import { CONTRADICTORY, leftOutNotes, REPEATED } from '../../datasets/doubtful.ts';
import { readLikert, SCALE } from '../../datasets/likert.ts';
import { readMpi } from '../../datasets/mpi.ts';
import type { Item, LikertItem } from '../../datasets/types.ts';

const CODE = 'bad-suite';

/** What an entry says of its statements. */
interface Wanted {
  readonly id: string;
  readonly items: string; // a file
  readonly scale?: readonly string[] | undefined;
}

/** Items of all traits of the personas, and what is said of them. Throws `bad-suite` with the place, or `bad-data`. */
export async function statementsOf(
  wanted: Wanted,
  source: EvaluationSource,
): Promise<{ readonly items: readonly Item[]; readonly notes: readonly string[] }> {
  const read = await statements(wanted, source);
  const items = keyed(read.items, source.personas);
  requireStatements(items, read, source);
  return { items, notes: [...read.notes, ...oneSided(wanted.id, items)] };
}

interface Statements {
  readonly file: string;
  readonly items: readonly LikertItem[];
  readonly notes: readonly string[];
}

async function statements({ items, scale }: Wanted, source: EvaluationSource): Promise<Statements> {
  const file = source.path('items', items);
  const place = source.place('items');
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
      const reasons = { 'of key 0': left.unkeyed, [REPEATED]: left.repeated, [CONTRADICTORY]: left.contradictory };
      return { file, items: rows, notes: leftOutNotes(items, reasons) };
    }
    default:
      refuse(
        `${items} is neither .jsonl nor .csv`,
        'name a .jsonl file as suites/items/likert.jsonl, or the CSV of the MPI',
      );
      return { file, items: [], notes: [] };
  }
}

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

function requireStatements(items: readonly Item[], { file, items: read }: Statements, source: EvaluationSource): void {
  const place = source.place('items');
  const traits = [...new Set(read.map(({ trait }) => trait))];
  failOn(
    source.personas
      .filter(({ id, opposite }) => !items.some(({ persona }) => persona === id || persona === opposite))
      .map(({ id, trait }) => ({
        place,
        message: `it has no statement on ${trait} for persona "${id}"`,
        hint: suggestion(trait, traits),
      })),
    CODE,
    `write some into ${file}, or select other personas; each trait needs one pair of poles`,
  );
}

/** Traits whose statements are keyed alike: who agrees with everything is taken for one pole there. */
function oneSided(id: string, items: readonly Item[]): readonly string[] {
  const traits = [...new Set(items.map(({ trait }) => trait))].filter(
    (trait) => new Set(items.filter((item) => item.trait === trait).map(({ keying }) => keying)).size === 1,
  );
  if (traits.length === 0) return [];
  return [
    `Evaluation ${id} has statements of one key only on ${traits.join(', ')}: agreeing with all of them looks like one pole.`,
  ];
}
