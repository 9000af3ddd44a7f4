// The gate's own operating characteristics, simulated whole: how often five rows turn red when nothing happened, and how
// often one row does when it lost five points.

import * as assert from 'uvu/assert';
import { gatePower, powerLines } from '../../../harness/gate/power.ts';
import { gate } from '../../../harness/gate/rules.ts';
import { type GateRow, REFERENCE_VERSION, type Reference, type Rules } from '../../../harness/gate/types.ts';
import type { Cell } from '../../../harness/plan/cell.ts';
import { mcnemarPower } from '../../../harness/stats/power.ts';
import { rngOf } from '../../../harness/stats/rng.ts';
import { suite } from '../../support/suite.ts';

const test = suite('gate simulation');
const ITEMS = 240;
const TRAITS = 5;
const FLIPS = 0.1;
const rng = rngOf(20261123);
const evaluations = [{ id: 'choice', kind: 'choice', scorer: 'per-token', settings: 's' }];
const RULES: Omit<Rules, 'rows'> = {
  alignment: { margin: 0.03, alpha: 0.05 },
  floors: {},
  order: [],
  tax: {},
  timings: { against: 'none' },
  counters: { model: false, commands: false },
  inconclusive: 'fail',
};

/** A row before and after: a tenth of the items turn, more of them to the worse where there is a drop. */
function pair(name: string, drop: number): readonly [GateRow, GateRow] {
  const worse = (1 + drop / FLIPS) / 2;
  const outcomes = Array.from({ length: ITEMS }, () => {
    if (rng.next() >= FLIPS) return rng.next() < 0.8 ? [1, 1] : [0, 0];
    return rng.next() < worse ? [1, 0] : [0, 1];
  });
  const row = (side: 0 | 1, cell: string): GateRow => ({
    name,
    model: 'nano',
    evaluation: 'choice',
    perplexity: null,
    counters: {},
    answers: outcomes.map((both, i) => {
      const place = { item: `i${i}`, trait: `t${i % TRAITS}`, persona: 'high', wording: null, seed: null };
      return { ...place, aligned: both[side]!, p: both[side] === 1 ? 0.7 : 0.3, gap: 0.5, content: `d${i}`, cell };
    }),
  });
  return [row(0, 'old'), row(1, 'new')];
}

/** Whether a gate over rows with these drops turns red. */
function red(drops: readonly number[]): boolean {
  const pairs = drops.map((drop, k) => pair(`row${k}`, drop));
  const reference: Reference = {
    ...{
      version: REFERENCE_VERSION,
      suite: 's',
      run: 'r',
      at: '',
      deviceClass: 'cpu',
      kernels: 'k',
      testbed: {},
      evaluations,
    },
    rules: { ...RULES, rows: pairs.map((_, k) => `row${k}`) },
    narrowed: [],
    rows: pairs.map(([before]) => before),
  };
  const now = {
    deviceClass: 'cpu',
    kernels: 'k',
    complete: true,
    narrowed: [],
    stored: new Set<string>(),
    evaluations,
    rows: pairs.map(([, after]) => after),
    timed: [],
  };
  const { verdicts } = gate(now, reference, { ...RULES, rows: pairs.map((_, k) => `row${k}`) });
  return verdicts.some(({ outcome }) => outcome === 'fail');
}
const share = (rounds: number, drops: readonly number[]): number =>
  Array.from({ length: rounds }, () => red(drops)).filter(Boolean).length / rounds;

test('flips of mean zero turn a gate of five rows red at most one time in twenty', () => {
  // 300 rounds: two standard errors above 5 % are 7.5 %.
  const found = share(300, [0, 0, 0, 0, 0]);
  assert.ok(found <= 0.075, `${found}`);
});

test('a true drop of 5 points on 240 items with 10 % flips and one row is caught at least 70 % of the time', () => {
  const found = share(400, [0.05]);
  const expected = mcnemarPower({ n: ITEMS, discordance: FLIPS, drop: 0.05, alpha: 0.05, margin: 0.03 });
  assert.ok(expected >= 0.7, `${expected}`);
  assert.ok(Math.abs(found - expected) < 0.05, `${found}, and ${expected} by the exact sum`);
});

test('a plan says what its gate can find, for the rows that it has', () => {
  const cell = (method: string, first: number, split: Cell['split'] = 'evaluation'): Cell =>
    ({
      method,
      split,
      model: 'nano',
      sparsity: null,
      evaluation: { id: 'choice' },
      items: Array.from({ length: 120 }, (_, i) => ({ id: `i${first + i}` })),
    }) as unknown as Cell;
  const asked = ['choice', 'likert'].map((id) => ({ id, graded: id === 'likert', unit: 'item' as const }));
  const cells = [cell('prompting', 0), cell('prompting', 120), cell('prompting', 500, 'tuning'), cell('none', 0)];
  const [row, ...others] = gatePower(cells, { ...RULES, rows: ['prompting'] }, asked);
  assert.equal([row!.row, row!.items, others.length], ['prompting', 240, 0]);
  assert.ok(Math.abs(row!.found!.power - 0.753) < 0.002, `${row!.found!.power}`);
  assert.match(
    powerLines([row!])[0]!,
    /^gate: prompting, 240 items: a drop of 5 points is found 75 times in a hundred/,
  );
  const two = gatePower([...cells, cell('lora', 0)], { ...RULES, rows: ['prompting', 'lora'] }, asked);
  assert.ok(two[0]!.found!.power < row!.found!.power, 'two rows leave each a stricter level');
  const scale = { ...cell('prompting', 0), evaluation: { id: 'likert' } } as unknown as Cell;
  const lines = powerLines(gatePower([...cells, scale], { ...RULES, rows: ['prompting'] }, asked));
  assert.match(lines[0]!, /^gate: prompting, choice, 240 items: a drop of 5 points is found 6\d times/);
  assert.is(lines[1], 'gate: prompting, likert, 120 items on a scale: the smallest drop found depends on their spread');
});

test.run();
