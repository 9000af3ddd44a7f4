// Methods without an effect, made: each is one more draw of the network that its control draws. How often the one rule of
// verdicts says that such a method beats its controls, which it never does.

import { type Difference, standingOf } from '../../harness/analysis/standing.ts';
import { type PairedUnit, pairedDifference } from '../../harness/stats/paired.ts';
import { rngOf } from '../../harness/stats/rng.ts';

export interface NullSetting {
  readonly traits: readonly number[]; // items of each
  readonly asked: number; // share of a trait's items that draws are asked
  readonly draws: number;
  readonly spread: number; // sd of a draw's effect on a pole, where an item's own leaning has sd 1
  readonly noise: number; // sd of what is of item and draw together
  readonly poles: 'both' | 'one'; // averaged by item, or one persona alone
}

export interface NullRate {
  readonly beats: number; // share of methods
  readonly sd: number; // of the methods' alignment, in points: of draws and items together
}

/** `runs` methods, each with draws and items of its own. Equal seeds give equal rates. */
export function nullRate(setting: NullSetting, runs: number, seed: number): NullRate {
  const { next } = rngOf(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const reached: number[] = [];
  let beats = 0;
  for (let run = 0; run < runs; run++) {
    const { drawn, dense } = unitsOf(setting, normal);
    const differences: readonly Difference[] = [
      { name: 'none', kind: 'dense', ...pairedDifference(dense, { alpha: 0.05 }) },
      { name: 'shuffled', kind: 'shuffled', ...pairedDifference(drawn, { alpha: 0.05 }) },
    ];
    if (standingOf(differences, []).standing === 'held') beats++;
    reached.push(drawn.reduce((sum, { a }) => sum + (a[0] ?? 0), 0) / drawn.length);
  }
  const centre = reached.reduce((sum, value) => sum + value, 0) / runs;
  const squares = reached.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return { beats: beats / runs, sd: 100 * Math.sqrt(squares / (runs - 1)) };
}

/** The method against the draws, and against the network without a mask. */
function unitsOf({ traits, asked, draws, spread, noise, poles }: NullSetting, normal: () => number) {
  const drawn: PairedUnit[] = [];
  const dense: PairedUnit[] = [];
  traits.forEach((items, trait) => {
    const shifts = Array.from({ length: draws + 1 }, () => ({ high: spread * normal(), low: spread * normal() }));
    for (let k = 0; k < items; k++) {
      const leaning = normal();
      // The network of each pole takes the high pole's option where this is above zero.
      const takes = (shift: number, own = noise) => (leaning + shift + own * normal() > 0 ? 1 : 0);
      const answers = shifts.map(({ high, low }) =>
        poles === 'both' ? (takes(high) + 1 - takes(low)) / 2 : takes(high),
      );
      const [a = 0, ...b] = answers;
      const same = { unit: `${trait}/${k}`, stratum: `${trait}`, a: [a] };
      drawn.push({ ...same, b: k < Math.ceil(items * asked) ? b : null });
      dense.push({ ...same, b: [poles === 'both' ? 0.5 : takes(0, 0)] });
    }
  });
  return { drawn, dense };
}
