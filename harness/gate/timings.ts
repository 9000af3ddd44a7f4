// The timing rule: a gated row's time over that of a row measured interleaved with it, in one job and so on one testbed, as a
// ratio with its interval. Times of two jobs are never compared.

import type { Verdict } from '../record/verdicts.ts';
import { pairedRatio } from '../stats/ratio.ts';
import { titlesOf } from './rows.ts';
import type { GateRow, Rules, Timed } from './types.ts';

/** One verdict for each gated row of a model and kind of time that has a limit; what a row answers makes no difference to it. */
export function timingVerdicts(timed: readonly Timed[], gated: readonly GateRow[], rules: Rules): readonly Verdict[] {
  const { against, prefill, decode } = rules.timings;
  const limits = [
    ['prefill', 'prefillMs', prefill],
    ['decode', 'decodeMs', decode],
  ] as const;
  const rows = [...new Map(gated.map((row) => [JSON.stringify([row.name, row.model]), row])).values()];
  const titleOf = titlesOf(rows.map(({ model }) => ({ model, evaluation: '' })));
  return limits.flatMap(([kind, field, limit]) => {
    if (limit === undefined) return [];
    return rows.map(({ name: id, model: of, evaluation }): Verdict => {
      const row = titleOf(id, { model: of, evaluation });
      const said = (outcome: Verdict['outcome'], message: string): Verdict => {
        return { rule: 'timings', row, outcome, message: `${kind} ${message}`, flips: [] };
      };
      const [own, base] = [id, against].map((wanted) =>
        timed.find(({ name, model }) => name === wanted && model === of),
      );
      if (own === undefined || base === undefined)
        return said('incomparable', `was not timed together with ${against}`);
      if (own.fromStore || base.fromStore)
        return said('incomparable', 'comes from the store: run the suite again to time it');
      if (own.job !== base.job) {
        return said('incomparable', `was timed in another job than ${against}: run --fresh times them in one job`);
      }
      const [a, b] = [own.rounds[field], base.rounds[field]];
      if (a.length === 0 || a.length !== b.length) return said('incomparable', `has other rounds than ${against}`);
      if (![...a, ...b].every((time) => time > 0)) return said('incomparable', 'has a time that is not a number');
      const { n, ratio, low, high } = pairedRatio(a, b);
      const bounds = n === 1 ? 'one round' : `[${low.toFixed(2)}, ${high.toFixed(2)}] over ${n} rounds`;
      const text = `takes ${ratio.toFixed(2)} times ${against}, ${bounds}, and at most ${limit} is allowed`;
      if (low > limit) return said('fail', text);
      return high <= limit ? said('pass', text) : said('inconclusive', `${text}; more rounds would decide it`);
    });
  });
}
