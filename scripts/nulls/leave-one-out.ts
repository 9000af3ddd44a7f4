// Draws of a run's shuffled control, each put in the place of the method: what the run's own rule says of it.

import { type ComparedRun, compare } from '../../harness/analysis/comparisons.ts';
import type { VerdictRow } from '../../harness/record/run-record.ts';

/** A draw's entry, in place of the method. */
const DRAW = 'draw';

export interface Draws extends Pick<ComparedRun, 'personas' | 'plan' | 'answered'> {
  readonly shuffled: string; // entry of the draws
  readonly dense: string; // entry of the network without a mask
}

/** Verdicts on every draw, judged against all others and the dense network: by seed, all scopes. */
export function verdictsOnDraws({
  personas,
  plan,
  answered,
  shuffled,
  dense,
}: Draws): ReadonlyMap<number, readonly VerdictRow[]> {
  const seeds = [...new Set(plan.flatMap(({ method, seed }) => (method === shuffled && seed !== null ? [seed] : [])))];
  return new Map(
    seeds.map((seed) => {
      const renamed = <T extends { readonly method: string; readonly seed: number | null }>(cell: T): T =>
        cell.method === shuffled && cell.seed === seed ? { ...cell, method: DRAW } : cell;
      const { verdicts } = compare({
        personas,
        plan: plan.map(renamed),
        answered: answered.map((one) => ({ ...one, cell: renamed(one.cell) })),
        against: new Map([
          [
            DRAW,
            {
              entries: [
                { kind: 'dense', id: dense },
                { kind: 'shuffled', id: shuffled },
              ],
              drawn: true,
            },
          ],
        ]),
      });
      return [seed, verdicts];
    }),
  );
}
