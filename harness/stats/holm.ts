// Holm's correction of the p-values of one stated family of tests.

import { BenchError } from '../../base/error.ts';

export interface Tested {
  readonly name: string;
  readonly p: number;
}

export interface Adjusted extends Tested {
  readonly adjusted: number; // at most alpha: rejected, with the family's error at most alpha
}

/**
 * Adjusted p-values of the step-down procedure of Holm (Scandinavian Journal of Statistics 6, 1979), in the order given:
 * the k-th smallest times (m - k + 1), never below the one before it, at most 1. Equal p-values get equal ones.
 * Throws `bad-statistics`: no tests, a name twice, or a p outside [0, 1].
 */
export function holm(family: readonly Tested[]): readonly Adjusted[] {
  const fail = (message: string, where?: string) => {
    throw new BenchError('bad-statistics', message, where === undefined ? {} : { where });
  };
  if (family.length === 0) fail('the family has no tests');
  const names = new Set<string>();
  for (const { name, p } of family) {
    if (names.has(name)) fail('the family names this test twice', name);
    if (!(p >= 0 && p <= 1)) fail(`${p} is not a p-value`, name);
    names.add(name);
  }
  const adjusted = new Map<string, number>();
  let least = 0;
  [...family]
    .sort((a, b) => a.p - b.p)
    .forEach(({ name, p }, rank) => {
      least = Math.max(least, Math.min(1, (family.length - rank) * p));
      adjusted.set(name, least);
    });
  return family.map((tested) => ({ ...tested, adjusted: adjusted.get(tested.name)! }));
}
