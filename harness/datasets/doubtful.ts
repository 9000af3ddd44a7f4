// Rows of published data that cannot both be right, or say one thing twice: they are left out by name, and the rest is read. A row
// that breaks the format is refused instead.

/** Rows that are not asked, each as file:line or the like. */
export interface LeftOut {
  readonly repeated: readonly string[]; // they say again what one before said
  readonly contradictory: readonly string[]; // all rows of one content whose keys differ: none can be trusted
}

/** The reasons, as notes say them. */
export const SAME = 'whose answers are one text';
export const REPEATED = 'repeated';
export const CONTRADICTORY = 'whose key contradicts another row that says the same';

/** What is known of a row. */
export interface Keyed {
  readonly where: string;
  readonly content: string; // equal for rows that ask the same
  readonly key: string; // what the row takes for right
}

/** Of rows that ask the same the first, and none where their keys differ; in their order. */
export function withoutDoubtful<T extends Keyed>(
  rows: readonly T[],
): { readonly kept: readonly T[]; readonly left: LeftOut } {
  const known = new Map<string, { readonly first: T; agree: boolean }>();
  for (const row of rows) {
    const before = known.get(row.content);
    if (before === undefined) known.set(row.content, { first: row, agree: true });
    else if (before.first.key !== row.key) before.agree = false;
  }
  const kept: T[] = [];
  const repeated: string[] = [];
  const contradictory: string[] = [];
  for (const row of rows) {
    const { first, agree } = known.get(row.content)!;
    if (!agree) contradictory.push(row.where);
    else if (first === row) kept.push(row);
    else repeated.push(row.where);
  }
  return { kept, left: { repeated, contradictory } };
}

/** A line for each reason that has rows. `file`: as the suite names it; places are shown without it. */
export function leftOutNotes(file: string, reasons: Readonly<Record<string, readonly string[]>>): readonly string[] {
  return Object.entries(reasons).flatMap(([why, places]) =>
    places.length === 0 ? [] : [`Rows of ${file} that are left out, ${why}: ${namesOf(places)}.`],
  );
}

/** Rows beyond these are counted, not named. */
const MOST_NAMED = 20;

function namesOf(places: readonly string[]): string {
  const numbers = places.map((where) => /(\d+)$/.exec(where)?.[1] ?? where);
  const rest = numbers.length - MOST_NAMED;
  const noun = places[0]?.includes(', row ') ? 'row' : 'line';
  return `${noun}${numbers.length === 1 ? '' : 's'} ${numbers.slice(0, MOST_NAMED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
