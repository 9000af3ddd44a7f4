// A method that is one more draw of its control, in simulation: how often the rule of verdicts says that it beats its controls.
// The settings reach from draws that hardly differ to some that lie 12 points apart, from few items to many, even and ragged.

import * as assert from 'uvu/assert';
import { type NullSetting, nullRate } from '../../../scripts/nulls/simulation.ts';
import { test } from '../../support/suite.ts';

const RUNS = 300;
/** At most 5 % by the rule; more than 8 % of 300 runs has a probability of 1 % at a rate of 5 %, and of 1e-6 at 2.5 %. */
const MOST = 0.08;

const EVEN = [48, 48, 48, 48, 48];
const RAGGED = [12, 3, 30, 6, 9];
const usual: NullSetting = { traits: EVEN, asked: 1 / 3, draws: 20, spread: 0.35, noise: 0.3, poles: 'both' };

const SETTINGS: readonly (readonly [string, Partial<NullSetting>, least: number, most: number])[] = [
  ['the default suite', {}, 3, 5],
  ['draws that hardly differ', { spread: 0.02, noise: 0.1 }, 0.4, 1.2],
  ['draws 12 points apart', { spread: 1.3 }, 10, 15],
  ['much that is of item and draw together', { noise: 1 }, 2, 5],
  ['one trait', { traits: [48] }, 7, 11],
  ['one trait, few items', { traits: [12] }, 8, 16],
  ['ragged traits', { traits: RAGGED }, 4, 9],
  ['one persona', { traits: [48], poles: 'one' }, 10, 17],
  ['personas of ragged traits', { traits: RAGGED, poles: 'one', noise: 1 }, 7, 14],
  ['all items asked', { asked: 1, draws: 20 }, 3, 5],
  ['ten draws', { draws: 10 }, 3, 5],
  ['five seeds', { asked: 1, draws: 5, noise: 1 }, 2, 5],
  ['two seeds', { asked: 1, draws: 2 }, 3, 5],
];

for (const [name, more, least, most] of SETTINGS) {
  test(`simulation, ${name}: at most 5 % of methods without an effect beat their controls`, () => {
    const { beats, sd } = nullRate({ ...usual, ...more }, RUNS, 1);
    assert.ok(sd > least && sd < most, `the draws are ${sd} points apart: not the case that this is about`);
    assert.ok(beats <= MOST, `${beats}`);
  });
}

test('the simulation can fail: items alone, as a rule without the draws would have them, are wrong far more often', () => {
  // A single draw has no variance that a rule could count.
  const { beats } = nullRate({ ...usual, draws: 1, asked: 1 }, RUNS, 1);
  assert.ok(beats > 0.1, `${beats}`);
});

test.run();
