// A share of a run's record from its value and number of answers, right or wrong, each on an item of its own.

import { shareOf } from '../../harness/analysis/shares.ts';
import type { Share } from '../../harness/record/run-record.ts';

export function share(value: number, n: number): Share {
  const right = Math.floor(value * n + 1e-9);
  const judged = Array.from({ length: n }, (_, k) => ({
    unit: String(k),
    value: k < right ? 1 : k === right ? Math.max(0, value * n - right) : 0,
    chance: 0.5,
  }));
  return shareOf(judged);
}
