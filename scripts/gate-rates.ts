// The gate's error rates, by simulation of its real rule with the looks and levels of suites/ci.yaml: no device, no model.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { type Change, type Characteristic, characteristicOf } from '../harness/gate/characteristic.ts';
import { floors, orders } from '../harness/gate/levels.ts';
import type { GateRow } from '../harness/gate/types.ts';
import type { Verdict } from '../harness/record/verdicts.ts';
import { rngOf } from '../harness/stats/rng.ts';
import { ROOT } from '../test/support/node.ts';

const TRAITS = 5;
const POLES = 2;
/** Runs of each point: three standard errors of 5 % are 2.1 points, of 80 % 3.8. */
const RUNS = 1000;
const LEVEL_RUNS = 500;
const SEED = 20261201;
/** Answers that suites/ci.yaml computed at 48 items per trait before it had looks: none, prompting, one mask for each persona,
 * a random mask and shuffled masks, and the items by which masks were tuned. */
const BEFORE = 48 * TRAITS * (1 + 2 + 2 + 1 + 2) + 10;

interface Gate {
  readonly rows: readonly string[];
  readonly alignment: { readonly margin: number; readonly alpha: number };
  readonly looks: readonly number[];
}

const { gate } = parse(readFileSync(path.join(ROOT, 'suites/ci.yaml'), 'utf8')) as { readonly gate: Gate };
const percent = (share: number): string => `${(100 * share).toFixed(1)}`.padStart(5);

/** A family of `rows` under one change: in all rows, or with its drop in the first alone. */
function rates(rows: number, change: Change, where: 'one' | 'all', looks = gate.looks): Characteristic {
  const designs = Array.from({ length: rows }, () => ({ units: looks.map((n) => n * TRAITS), answers: POLES }));
  const changes = designs.map((_, k) => (where === 'all' || k === 0 ? change : { ...change, drop: 0 }));
  return characteristicOf(designs, changes, gate.alignment, { runs: RUNS, seed: SEED });
}

function line(rows: number, change: Change, where: 'one' | 'all', looks?: readonly number[]): Characteristic {
  const found = rates(rows, change, where, looks);
  const { pass, open, fail, missed, asked } = found;
  const what = change.drop === 0 ? 'no drop' : `drop ${100 * change.drop} in ${where}`;
  const wrong = change.drop === 0 ? '     ' : percent(missed);
  console.log(
    `${String(rows).padStart(4)}  ${percent(change.changed)}  ${what.padEnd(13)} ${percent(pass)}  ${percent(open)}  ${percent(fail)}  ${percent(found.found)}  ${wrong}  ${(asked / TRAITS).toFixed(0).padStart(4)}`,
  );
  return found;
}

/** A row of the first look whose answers hold the persona with chance `held`. */
function drawnRow(name: string, held: number, next: () => number): GateRow {
  const personas = ['high', 'low'].slice(0, POLES);
  const items = Array.from({ length: gate.looks[0]! * TRAITS }, (_, k) => ({ item: `i${k}`, trait: `t${k % TRAITS}` }));
  const answers = items.flatMap((place) =>
    personas.map((persona) => {
      const fixed = { persona, wording: null, seed: null, p: 0.5, gap: null, content: '', cell: '' };
      return { ...place, ...fixed, aligned: next() < held ? 1 : 0 };
    }),
  );
  return { name, model: 'm', evaluation: 'e', answers, divergence: null, broken: [], counters: {} };
}

/** How floors and orders come out at the first look: a row at its floor, near it and below, and two rows that differ by so much. */
function levelRates(demand: (holds: boolean, fault: string) => void): void {
  const { next } = rngOf(SEED);
  const rules = {
    ...gate,
    ...{
      tax: {},
      timings: { against: 'none' },
      counters: { model: false, commands: false },
      inconclusive: 'fail' as const,
    },
  };
  const share = (judge: () => Verdict['outcome'], what: string): ((outcome: Verdict['outcome']) => number) => {
    const outcomes = Array.from({ length: LEVEL_RUNS }, judge);
    const of = (outcome: Verdict['outcome']) => outcomes.filter((one) => one === outcome).length / LEVEL_RUNS;
    console.log(`${what.padEnd(44)} ${percent(of('pass'))}  ${percent(of('inconclusive'))}  ${percent(of('fail'))}`);
    return of;
  };
  const above = (rate: number): number => rate + 3 * Math.sqrt((rate * (1 - rate)) / LEVEL_RUNS);
  console.log(
    `floors and orders, ${gate.looks[0]! * TRAITS} items, ${LEVEL_RUNS} runs a line:       pass   open   fail`,
  );
  for (const held of [0.6, 0.65, 0.7, 0.72, 0.75, 0.8]) {
    const judge = () =>
      floors([drawnRow('a', held, next)], { ...rules, order: [], floors: { a: 0.7 } }, () => 'a')[0]!.outcome;
    const of = share(judge, `floor 70 %, true share ${100 * held} %`);
    if (held >= 0.7) demand(of('fail') <= above(gate.alignment.alpha), `a floor at ${held} fails in ${of('fail')}`);
  }
  for (const more of [-0.05, 0, 0.05, 0.1, 0.2]) {
    const judge = () => {
      const rows = [drawnRow('a', 0.6 + more, next), drawnRow('b', 0.6, next)];
      return orders(rows, { ...rules, floors: {}, order: ['a > b'] }, ({ name }) => name)[0]!.outcome;
    };
    const of = share(judge, `a > b, a is ${(100 * more).toFixed(0)} points above b`);
    if (more <= 0) demand(of('pass') <= above(gate.alignment.alpha), `an order at ${more} passes in ${of('pass')}`);
    if (more >= 0) demand(of('fail') <= above(gate.alignment.alpha), `an order at ${more} fails in ${of('fail')}`);
  }
}

/** Prints the whole characteristic, and gives what is wrong with it. */
export function gateRates(): readonly string[] {
  const faults: string[] = [];
  const demand = (holds: boolean, fault: string) => {
    if (!holds) faults.push(fault);
  };
  const { looks, alignment, rows } = gate;
  const above = (share: number): number => share + 3 * Math.sqrt((share * (1 - share)) / RUNS);
  console.log(
    `Simulated, ${RUNS} runs a line, seed ${SEED}: looks ${looks.join(', ')} items per trait, ${TRAITS} traits, ${POLES} poles, margin ${100 * alignment.margin}, alpha ${alignment.alpha}`,
  );
  const head = 'rows  changed  drop        pass   open   fail  found  missed  items per trait';
  console.log(`${head}\n(changed: % of answers; found: a row that drops fails; missed: share of such rows that pass)`);
  for (const count of [1, 2, 5]) {
    for (const changed of [0.02, 0.05, 0.1, 0.2]) {
      line(count, { changed, drop: 0 }, 'all');
      for (const drop of [0.02, 0.03, 0.05, 0.08].filter((one) => one <= changed)) {
        for (const where of count === 1 ? (['one'] as const) : (['one', 'all'] as const)) {
          const { missed } = line(count, { changed, drop }, where);
          if (drop >= alignment.margin)
            demand(
              missed <= above(alignment.alpha),
              `${count} rows, ${changed} changed: drop ${drop} passes in ${missed}`,
            );
        }
      }
    }
  }
  console.log('the hardest case: both poles of an item change alike');
  for (const changed of [0.05, 0.1, 0.2]) {
    const harmless = line(rows.length, { changed, drop: 0, together: true }, 'all');
    demand(harmless.fail <= above(0.05), `together, ${changed} changed: a harmless change fails in ${harmless.fail}`);
    const { missed } = line(rows.length, { changed, drop: 0.03, together: true }, 'one');
    demand(missed <= above(alignment.alpha), `together, ${changed} changed: drop 3 passes in ${missed}`);
  }
  console.log('one look at 48 items per trait, as before');
  line(rows.length, { changed: 0.1, drop: 0 }, 'all', [48]);
  line(rows.length, { changed: 0.1, drop: 0.05 }, 'one', [48]);

  levelRates(demand);

  console.log(`targets, ${rows.length} rows as in suites/ci.yaml`);
  const harmless = line(rows.length, { changed: 0.1, drop: 0 }, 'all');
  const dropped = line(rows.length, { changed: 0.1, drop: 0.05 }, 'one');
  // The first look of `none`, and the rows' two poles.
  const answers = looks[0]! * TRAITS + rows.length * POLES * harmless.asked + 10;
  console.log(
    `answers computed in the mean, harmless change: ${answers.toFixed(0)}, ${(answers / BEFORE).toFixed(2)} times the ${BEFORE} before looks`,
  );
  demand(harmless.pass >= 0.8, `a harmless change passes in ${harmless.pass}, and 0.8 is wanted`);
  demand(harmless.fail <= 0.05, `a harmless change fails in ${harmless.fail}, and at most 0.05 is wanted`);
  demand(dropped.found >= 0.8, `a drop of 5 points is found in ${dropped.found}, and 0.8 is wanted`);
  demand(answers <= 1.3 * BEFORE, `${answers} answers are computed, and at most ${1.3 * BEFORE} are wanted`);
  return faults;
}
