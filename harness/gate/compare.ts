// Two runs side by side: how far each row moved, with an interval, and which answers changed; rows of one side only are
// named, since what is not compared must be seen.

import { grouped } from '../../base/grouped.ts';
import { entryName } from '../record/row-name.ts';
import type { ItemRow, RunResult } from '../record/run-record.ts';
import type { AnswerGiven, Comparison, Flip, RowDifference } from '../record/verdicts.ts';
import { bcaInterval } from '../stats/bca.ts';
import { meanOf, pairRows, type Unit, unitsOf } from '../stats/units.ts';
import { type KeyedBy, keyedAnswers, sharesOf, titlesOf } from './rows.ts';

export interface Side {
  readonly result: KeyedBy & Partial<Pick<RunResult, 'looks'>>;
  readonly items: readonly ItemRow[];
}

const placeOf = ({ item, persona, wording, seed }: ItemRow): string => JSON.stringify([item, persona, wording, seed]);

export function compareRuns(first: Side, second: Side): Comparison {
  const sides = [first.items, second.items] as const;
  const several = sides.some((rows) => new Set(rows.map(({ model }) => model)).size > 1);
  const inWords = titlesOf(...sides);
  const titleOf: Title = (row) => inWords(entryName(row), row);
  const keyOf = (row: RowNames): string =>
    JSON.stringify([several ? row.model : null, row.evaluation, row.method, row.sparsity]);
  // Items of other traits than the persona's say nothing of how well it is kept.
  const own = (rows: readonly ItemRow[]) => rows.filter(({ keyed }) => keyed !== 0);
  const [a, b] = [grouped(own(first.items), keyOf), grouped(own(second.items), keyOf)];
  const judges = [keyedAnswers(second.result), keyedAnswers(first.result)] as const;
  const only = (side: Groups, other: Groups) =>
    [...side].filter(([key]) => !other.has(key)).map(([, rows]) => titleOf(rows[0]!));
  const graded = new Set(second.result.evaluations.filter((one) => one.graded).map(({ id }) => id));
  const found: RowDifference[] = [];
  const flips: Flip[] = [];
  const different: string[] = [];
  const early = new Set([...endedEarly(first, keyOf), ...endedEarly(second, keyOf)]);
  for (const [key, all] of b) {
    const other = a.get(key);
    if (other === undefined) continue;
    const [now, was] = early.has(key) ? [sharedWith(all, other), sharedWith(other, all)] : [all, other];
    if (now[0] === undefined) {
      different.push(titleOf(all[0]));
      continue;
    }
    const units = unitsFor(now, was, judges);
    if (units === null) {
      different.push(titleOf(now[0]!));
      continue;
    }
    const interval = bcaInterval(units);
    found.push({
      row: titleOf(now[0]!),
      evaluation: now[0]!.evaluation,
      model: now[0]!.model,
      items: units.length,
      difference: meanOf(units),
      low: interval?.low ?? null,
      high: interval?.high ?? null,
    });
    flips.push(...turned(now, was, titleOf, graded.has(now[0]!.evaluation)));
  }
  return { flips, rows: found, onlyFirst: only(a, b), onlySecond: only(b, a), different };
}

type Title = (row: ItemRow) => string;
type Groups = ReadonlyMap<string, readonly ItemRow[]>;

type RowNames = Pick<ItemRow, 'model' | 'evaluation' | 'method' | 'sparsity'>;

/** Rows that a gate ended before their last look. */
function endedEarly({ result: { looks = [] } }: Side, keyOf: (row: RowNames) => string): readonly string[] {
  return looks.filter(({ items, planned }) => items < planned).map(keyOf);
}

function sharedWith(rows: readonly ItemRow[], others: readonly ItemRow[]): readonly ItemRow[] {
  const items = new Set(others.map(({ item }) => item));
  return rows.filter(({ item }) => items.has(item));
}

/** Units of items that both sides hold once, with the same content; null where they hold others. */
function unitsFor(
  now: readonly ItemRow[],
  was: readonly ItemRow[],
  [judgeNow, judgeWas]: readonly [ReturnType<typeof keyedAnswers>, ReturnType<typeof keyedAnswers>],
): readonly Unit[] | null {
  const content = (row: ItemRow): string => JSON.stringify([row.trait, row.question, row.options]);
  const before = new Map(was.map((row) => [placeOf(row), content(row)]));
  const places = new Set(now.map(placeOf));
  if (was.length !== before.size || now.length !== places.size || before.size !== places.size) return null;
  if (now.some((row) => before.get(placeOf(row)) !== content(row))) return null;
  const outcomes = (rows: readonly ItemRow[], judge: typeof judgeNow) =>
    rows.flatMap((row) => {
      const { item, group, trait, wording, seed } = row;
      return judge(row).map(({ persona, aligned }) => ({
        item,
        group,
        trait,
        persona,
        wording,
        seed,
        outcome: aligned,
      }));
    });
  const [after, earlier] = [outcomes(now, judgeNow), outcomes(was, judgeWas)];
  const personas = (rows: typeof after): string =>
    JSON.stringify([...new Set(rows.map(({ item, persona }) => JSON.stringify([item, persona])))].sort());
  if (personas(after) !== personas(earlier)) return null;
  return unitsOf(pairRows(after, earlier));
}

/** Answers that another option is likelier in now: on a scale the likeliest answer, else the persona's option or another. */
function turned(now: readonly ItemRow[], was: readonly ItemRow[], titleOf: Title, graded: boolean): readonly Flip[] {
  const before = new Map(was.map((row) => [placeOf(row), row]));
  const sideOf = (row: ItemRow): number => (graded ? likeliest(row) : row.aligned);
  return now
    .flatMap((row) => {
      const old = before.get(placeOf(row))!;
      return sideOf(old) === sideOf(row) ? [] : [{ row, old }];
    })
    .sort((x, y) => x.row.aligned - x.old.aligned - (y.row.aligned - y.old.aligned))
    .map(({ row, old }) => ({
      row: titleOf(row),
      item: row.item,
      persona: row.persona ?? row.itemPersona,
      place: [row.wording, row.seed === null ? null : `seed ${row.seed}`].filter((part) => part !== null).join(', '),
      question: row.question,
      before: givenOf(old),
      after: givenOf(row),
    }));
}

function likeliest(row: ItemRow): number {
  const shares = sharesOf(row);
  return shares.indexOf(Math.max(...shares));
}

function givenOf(row: ItemRow): AnswerGiven {
  const { options, orders, p } = row;
  const sums = options.map((_, k) => orders.reduce((sum, order) => sum + order.sums[k]!, 0) / orders.length);
  return { text: options[likeliest(row)]?.text ?? '', p, sums };
}
