// What a suite's gate does: how often a harmless change passes and is red, how often a drop is found, how many items that
// takes, and how many would be enough. By simulation of the rule on the plan's own rows.

import { counted } from '../../base/words.ts';
import type { GateRules } from '../config/resolved.ts';
import type { Cell } from '../plan/cell.ts';
import { entryName } from '../record/row-name.ts';
import type { EvaluationRecord } from '../record/run-record.ts';
import { characteristicOf, type RowDesign } from './characteristic.ts';
import { lookOf } from './looks.ts';
import { titlesOf } from './rows.ts';

/** Share of answers that a change alters either way, and the drop in question; both are printed with the figures. */
const CHANGED = 0.1;
const DROP = 0.05;
/** How often a harmless change is to pass, and a drop to be found. */
const ENOUGH = 0.8;
/** Simulated runs: of the figures, and of each number of items that is tried. */
const RUNS = 400;
const TRIED = 200;
/** Numbers of items that are tried: each a tenth more than the one before. */
const STEP = 1.1;
const MOST_PER_TRAIT = 2000;

interface PlannedRow {
  readonly row: string;
  readonly items: number; // observations
  readonly unit: EvaluationRecord['unit']; // what one is
  readonly graded: boolean; // on a scale: what it does depends on a spread that no plan knows
}

/** The gate's rows, and what it does as a family. */
export interface GatePower {
  readonly rows: readonly PlannedRow[];
  /** Over the rows that are not on a scale; null where there are none. */
  readonly family: {
    readonly pass: number; // of a change that alters 10 % of the answers and makes nothing worse
    readonly fail: number; // of the same
    readonly found: number; // of a drop of 5 points in one row, where 10 % of the answers change
    readonly asked: number; // observations per trait and row in the mean, of the harmless change
    readonly perTrait: number; // observations per trait at the last look
    readonly enough: number | null; // per trait, for 80 % of both; null: more than 2000
  } | null;
}

interface Planned extends PlannedRow {
  readonly design: RowDesign;
  readonly traits: number;
}

/** `evaluations`: what the plan's own say of their answers. Seeded: the same plan gives the same figures. */
export function gatePower(
  cells: readonly Cell[],
  { rows, alignment, looks }: Pick<GateRules, 'rows' | 'alignment' | 'looks'>,
  evaluations: readonly Pick<EvaluationRecord, 'id' | 'graded' | 'unit'>[],
): GatePower {
  const planned = plannedRows(cells, rows, looks, evaluations);
  const own = planned.filter(({ graded }) => !graded);
  const others = planned.length - own.length;
  const [first] = own;
  const simulated = (drop: number, scale: number, runs: number) => {
    const changes = own.map((_, k) => ({ changed: CHANGED, drop: k === 0 ? drop : 0 }));
    const designs = own.map(({ design }) => scaled(design, scale));
    return characteristicOf(designs, changes, alignment, { runs, others });
  };
  const listed = planned.map(({ row, items, unit, graded }) => ({ row, items, unit, graded }));
  if (first === undefined) return { rows: listed, family: null };
  const [harmless, dropped] = [simulated(0, 1, RUNS), simulated(DROP, 1, RUNS)];
  const perTrait = first.items / first.traits;
  const enough = fewest(
    perTrait,
    (scale) => simulated(0, scale, TRIED).pass >= ENOUGH && simulated(DROP, scale, TRIED).found >= ENOUGH,
  );
  const { pass, fail, asked } = harmless;
  const family = { pass, fail, found: dropped.found, asked: asked / first.traits, perTrait, enough };
  return { rows: listed, family };
}

/** The gated rows of a plan, in their looks. */
function plannedRows(
  cells: readonly Cell[],
  rows: readonly string[],
  looks: GateRules['looks'],
  evaluations: readonly Pick<EvaluationRecord, 'id' | 'graded' | 'unit'>[],
): readonly Planned[] {
  const gated = cells.filter(({ split, method }) => split === 'evaluation' && rows.includes(method));
  const inWords = titlesOf(gated.map(({ model, evaluation }) => ({ model, evaluation: evaluation.id })));
  const said = new Map(evaluations.map((one) => [one.id, one]));
  const asked = new Map<string, { readonly of: Cell; readonly units: { item: string; trait: string }[] }>();
  // By look, as the rule sees them, whatever persona is asked first.
  for (const cell of [...gated].sort((a, b) => a.look - b.look)) {
    const row = inWords(entryName(cell), { model: cell.model, evaluation: cell.evaluation.id });
    const known = asked.get(row) ?? { of: cell, units: [] };
    asked.set(row, known);
    known.units.push(...cell.items.map(({ id, group, trait }) => ({ item: group ?? id, trait })));
  }
  return [...asked].map(([row, { of, units }]) => {
    const { graded = false, unit = 'item' } = said.get(of.evaluation.id) ?? {};
    const places = [...lookOf(units, looks).values()];
    const reached = (looks ?? [0]).map((_, k) => places.filter((look) => look <= k).length);
    const rising = reached.filter((n, k) => n > (reached[k - 1] ?? 0));
    const answers = Math.max(1, Math.round(units.length / places.length));
    const traits = new Set(units.map(({ trait }) => trait)).size;
    return { row, items: places.length, unit, graded, traits, design: { units: rising, answers } };
  });
}

/** The same looks with so many times the items; none of them empty. */
function scaled({ units, answers }: RowDesign, scale: number): RowDesign {
  const all = units.map((n) => Math.max(1, Math.round(n * scale)));
  return { units: all.filter((n, k) => n > (all[k - 1] ?? 0)), answers };
}

/** The fewest observations per trait, in steps of a tenth, that are enough; all larger numbers are taken to be. */
function fewest(perTrait: number, enough: (scale: number) => boolean): number | null {
  const sizes: number[] = [];
  for (let n = 4; n <= MOST_PER_TRAIT; n = Math.max(n + 1, Math.round(n * STEP))) sizes.push(n);
  let [low, high] = [-1, sizes.length];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (enough(sizes[middle]! / perTrait)) high = middle;
    else low = middle;
  }
  return sizes[high] ?? null;
}

const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** In words: what the rows are, and what the gate does. */
export function powerLines({ rows, family }: GatePower, { looks = [] }: Pick<GateRules, 'looks'>): readonly string[] {
  const listed = rows.map(({ row, items, unit, graded }) => {
    const many = unit === 'group' ? `${items} groups of items` : `${items} items`;
    return `gate: ${row}, ${many}${graded ? ' on a scale: what is found depends on their spread' : ''}`;
  });
  if (family === null) return listed;
  const { pass, fail, found, asked, perTrait, enough } = family;
  const several = looks.length < 2 ? '' : ` in looks of ${looks.join(', ')} items per trait`;
  const mean =
    looks.length < 2 ? '' : `, after ${Math.round(asked)} of ${Math.round(perTrait)} items per trait on average`;
  const need = enough === null ? `more than ${MOST_PER_TRAIT}` : `about ${enough}`;
  return [
    ...listed,
    `gate: ${counted(rows.length, 'row')}${several}: where 10 % of the answers change and nothing gets worse, ${percent(pass)} of runs pass and ${percent(fail)} fail${mean}`,
    `gate: a drop of 5 points in one row is found in ${percent(found)} of runs; 80 % of both need ${need} items per trait`,
  ];
}
