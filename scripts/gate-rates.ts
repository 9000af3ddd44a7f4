// The gate's error rates, by simulation of its real rule with the looks and levels of suites/ci.yaml: no device, no model.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { type Change, type Characteristic, characteristicOf } from '../harness/gate/characteristic.ts';
import { ROOT } from '../test/support/node.ts';

const TRAITS = 5;
const POLES = 2;
/** Runs of each point: three standard errors of 5 % are 2.1 points, of 80 % 3.8. */
const RUNS = 1000;
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
