// How far random draws of a network lie apart: the variance of their means over the same items, and how much of it is due to
// item and draw together, which more items would average away.

import { grouped, mean } from '../../base/grouped.ts';

/** From so many draws on the variance of item and draw together is taken out; fewer estimate the difference too roughly. */
const MANY_DRAWS = 10;

/** Figures of K >= 2 draws on the same items. */
export interface Draws {
  readonly rows: readonly {
    readonly stratum: string; // a draw has its own network for each
    readonly values: readonly number[]; // one per draw
    readonly weight: number; // in a draw's mean; all together 1
  }[];
}

export interface Components {
  readonly means: readonly number[]; // of each draw
  readonly draws: number; // variance of a draw's effect
  readonly interaction: number; // part of the variance of `means` that is of item and draw together
}

/**
 * Variance components of a two-way layout, draws x items within strata, without repeats: s^2 of the draws' means has
 * sigma_draws^2 + sum(weight^2) sigma_both^2 as its mean, and the residuals sigma_both^2 (Searle, Casella and McCulloch 1992,
 * 4.3). From 10 draws on `draws` is the difference, at least 0; with fewer, s^2 as it is, which errs on the wide side.
 */
export function componentsOf({ rows }: Draws): Components {
  const count = rows[0]?.values.length ?? 0;
  const each = Array.from({ length: count }, (_, k) => k);
  const means = each.map((k) => rows.reduce((sum, { values, weight }) => sum + weight * values[k]!, 0));
  const centre = mean(means);
  const between = means.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (count - 1);
  let squares = 0;
  let df = 0;
  for (const own of grouped(rows, ({ stratum }) => stratum).values()) {
    const columns = each.map((k) => mean(own.map(({ values }) => values[k]!)));
    const whole = mean(columns);
    for (const { values } of own) {
      const row = mean(values);
      for (const k of each) squares += (values[k]! - row - columns[k]! + whole) ** 2;
    }
    df += (count - 1) * (own.length - 1);
  }
  const interaction = df === 0 ? 0 : (squares / df) * rows.reduce((sum, { weight }) => sum + weight * weight, 0);
  return { means, interaction, draws: count < MANY_DRAWS ? between : Math.max(0, between - interaction) };
}
