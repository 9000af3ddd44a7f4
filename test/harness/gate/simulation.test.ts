// The gate's own operating characteristics: the fast simulation agrees with the whole gate and with the exact sum, and the
// defaults of suites/ci.yaml keep what docs/gate.md says of them.

import * as assert from 'uvu/assert';
import { characteristicOf } from '../../../harness/gate/characteristic.ts';
import { gatePower, powerLines } from '../../../harness/gate/power.ts';
import { gate } from '../../../harness/gate/rules.ts';
import type { GateRow } from '../../../harness/gate/types.ts';
import type { Cell } from '../../../harness/plan/cell.ts';
import { rngOf } from '../../../harness/stats/rng.ts';
import { mcnemarPower } from '../../support/exact-power.ts';
import { blessed, RULES as OTHERS, run } from '../../support/gate.ts';
import { suite } from '../../support/suite.ts';

const test = suite('gate simulation');
const TRAITS = 5;
const LEVELS = { margin: 0.03, alpha: 0.05 };
const LOOKS = [36, 72, 108, 144];
const UNITS = LOOKS.map((n) => n * TRAITS);
const RULES = { ...OTHERS, alignment: LEVELS, looks: LOOKS };
/** Fewer items for the whole gate, which takes a hundred times as long. */
const FEW = [12, 24, 36];

/** Three standard errors of a share. */
const error = (share: number, runs: number): number => 3 * Math.sqrt((share * (1 - share)) / runs);

/** A row before and after, with one answer for each item: a tenth of them change, more of them to the worse with a drop. */
function pair(name: string, drop: number, rng: { next(): number }): readonly [GateRow, GateRow] {
  const worse = (1 + drop / 0.1) / 2;
  const outcomes = Array.from({ length: 36 * TRAITS }, () => {
    if (rng.next() >= 0.1) return rng.next() < 0.8 ? [1, 1] : [0, 0];
    return rng.next() < worse ? [1, 0] : [0, 1];
  });
  const row = (side: 0 | 1, cell: string): GateRow => ({
    ...{ name, model: 'nano', evaluation: 'choice', divergence: null, broken: [], counters: {} },
    answers: outcomes.map((both, i) => {
      const place = { item: `i${i}`, trait: `t${i % TRAITS}`, persona: 'high', wording: null, seed: null };
      return { ...place, aligned: both[side]!, p: both[side] === 1 ? 0.7 : 0.3, gap: 0.5, content: `d${i}`, cell };
    }),
  });
  return [row(0, 'old'), row(1, 'new')];
}

test('the whole gate decides as the fast simulation does', () => {
  const rng = rngOf(20261201);
  const rows = ['prompting', 'contrastive'];
  const designs = rows.map(() => ({ units: FEW.map((n) => n * TRAITS), answers: 1 }));
  const rounds = 100;
  const alignment = { margin: 0.05, alpha: 0.05 };
  for (const drop of [0, 0.05]) {
    const outcomes = { pass: 0, fail: 0, inconclusive: 0, incomparable: 0 };
    for (let round = 0; round < rounds; round++) {
      const pairs = rows.map((name) => pair(name, drop, rng));
      const [then, now] = [blessed(pairs.map(([was]) => was)), run(pairs.map(([, after]) => after))];
      outcomes[gate(now, then, { ...RULES, rows, alignment, looks: FEW }).outcome]++;
    }
    const changes = rows.map(() => ({ changed: 0.1, drop }));
    const fast = characteristicOf(designs, changes, alignment, { runs: 2000 });
    for (const [found, expected] of [
      [outcomes.pass, fast.pass],
      [outcomes.fail, fast.fail],
    ] as const) {
      assert.ok(Math.abs(found / rounds - expected) < error(expected, rounds) + 0.01, `${drop}: ${found}, ${expected}`);
    }
  }
});

test('one look at right-or-wrong items has the power of the exact sum', () => {
  const runs = 2000;
  for (const [n, drop, rows] of [
    [240, 0.05, 1],
    [240, 0.05, 5],
    [120, 0.08, 1],
    [240, 0.02, 1],
  ] as const) {
    const designs = Array.from({ length: rows }, () => ({ units: [n], answers: 1 }));
    const changes = designs.map((_, k) => ({ changed: 0.1, drop: k === 0 ? drop : 0 }));
    const { found } = characteristicOf(designs, changes, LEVELS, { runs });
    // Holm's first level; that another row rejects before is rare where nothing else drops.
    const exact = mcnemarPower({ n, discordance: 0.1, drop, alpha: LEVELS.alpha / rows, margin: LEVELS.margin });
    assert.ok(Math.abs(found - exact) < error(exact, runs) + 0.005, `${n}, ${drop}, ${rows}: ${found}, ${exact}`);
  }
});

test('with the looks of suites/ci.yaml a harmless change passes, a drop is found, and a wrong pass keeps its level', () => {
  const runs = 1000;
  const of = (rows: number, changed: number, drop: number) => {
    const designs = Array.from({ length: rows }, () => ({ units: UNITS, answers: 2 }));
    const changes = designs.map((_, k) => ({ changed, drop: k === 0 ? drop : 0 }));
    return characteristicOf(designs, changes, LEVELS, { runs });
  };
  const harmless = of(2, 0.1, 0);
  assert.ok(harmless.pass >= 0.9 && harmless.fail <= 0.02, JSON.stringify(harmless));
  assert.ok(harmless.asked / TRAITS < 90, `${harmless.asked / TRAITS}`);
  assert.ok(of(5, 0.1, 0).pass >= 0.78);
  assert.ok(of(5, 0.1, 0.05).found >= 0.95);
  for (const changed of [0.05, 0.1, 0.2]) {
    const { missed } = of(1, changed, 0.03);
    assert.ok(missed <= 0.05 + error(0.05, runs), `${changed}: ${missed}`);
    // Even where all answers of an item change alike.
    const designs = [{ units: UNITS, answers: 2 }];
    const together = characteristicOf(designs, [{ changed, drop: 0.03, together: true }], LEVELS, { runs });
    assert.ok(together.missed <= 0.05 + error(0.05, runs), `${changed}, together: ${together.missed}`);
  }
});

test('the level of "fail" is kept over the looks and the rows, also without the margin', () => {
  // A margin of next to nothing leaves the test of a drop alone.
  const runs = 2000;
  for (const rows of [1, 3]) {
    const designs = Array.from({ length: rows }, () => ({ units: [120, 240, 360, 480], answers: 2 }));
    const changes = designs.map(() => ({ changed: 0.1, drop: 0 }));
    const { fail } = characteristicOf(designs, changes, { margin: 1e-6, alpha: 0.05 }, { runs });
    assert.ok(fail <= 0.05 + error(0.05, runs) && fail > 0.02, `${rows}: ${fail}`);
  }
});

test('a plan says what its gate does, for the rows and looks that it has', () => {
  const cell = (method: string, first: number, split: Cell['split'] = 'evaluation'): Cell =>
    ({
      ...{ method, split, model: 'nano', sparsity: null, look: 1, evaluation: { id: 'choice' } },
      items: Array.from({ length: 120 }, (_, i) => ({ id: `i${first + i}`, trait: 'openness' })),
    }) as unknown as Cell;
  const asked = ['choice', 'likert'].map((id) => ({ id, graded: id === 'likert', unit: 'item' as const }));
  const cells = [cell('prompting', 0), cell('prompting', 120), cell('prompting', 500, 'tuning'), cell('none', 0)];
  const { looks: _, ...once } = RULES;
  const power = gatePower(cells, { ...once, rows: ['prompting'] }, asked);
  assert.equal(power.rows, [{ row: 'prompting', items: 240, unit: 'item', graded: false }]);
  const { pass, fail, found, enough, perTrait } = power.family!;
  const exact = mcnemarPower({ n: 240, discordance: 0.1, drop: 0.05, ...LEVELS });
  assert.ok(Math.abs(found - exact) < error(exact, 400), `${found}, ${exact}`);
  assert.ok(perTrait === 240 && pass < 0.6 && fail < 0.05, JSON.stringify(power.family));
  assert.ok(enough! > 500 && enough! < 1000, `${enough}`);
  assert.match(
    powerLines(power, {})[1]!,
    /^gate: 1 row: where 10 % of the answers change and nothing gets worse, \d\d % of/,
  );
  const two = gatePower(
    [...cells, cell('lora', 0), cell('lora', 120)],
    { ...once, rows: ['prompting', 'lora'] },
    asked,
  );
  assert.ok(two.family!.found < found && two.family!.pass < pass, 'two rows leave each a stricter level');
  const parts = { ...once, rows: ['prompting'], looks: [60, 240] };
  const twice = cells.map((one, k) => (k === 1 ? { ...one, look: 2 } : one));
  const inLooks = gatePower(twice, parts, asked);
  assert.ok(inLooks.family!.asked < 240, 'some end at the first look');
  assert.match(
    powerLines(inLooks, parts)[1]!,
    /in looks of 60, 240 items per trait: .*, after \d+ of 240 items per trait on/,
  );
  const scale = { ...cell('prompting', 0), evaluation: { id: 'likert' } } as unknown as Cell;
  const both = gatePower([...cells, scale], { ...once, rows: ['prompting'] }, asked);
  assert.ok(both.family!.found < found, 'a row on a scale counts in the correction');
  assert.is(
    powerLines(both, {})[1],
    'gate: prompting, likert, 120 items on a scale: what is found depends on their spread',
  );
  assert.is(gatePower([scale], { ...once, rows: ['prompting'] }, asked).family, null);
});

test.run();
