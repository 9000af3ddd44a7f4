// Rows, runs and references as a gate takes them, made by hand.

import {
  type Answer,
  type Candidate,
  type GateRow,
  REFERENCE_VERSION,
  type Reference,
  type Rules,
} from '../../harness/gate/types.ts';
import type { Verdict } from '../../harness/record/verdicts.ts';

const TRAITS = ['extraversion', 'openness'] as const;
export const evaluations = [{ id: 'choice', kind: 'choice', scorer: 'per-token', settings: 's' }];

/** A row of `n` items per trait under both poles; `wrong(trait, i)`: the persona's option loses under both. */
export function row(
  name: string,
  n: number,
  wrong: (trait: string, i: number) => boolean = () => false,
  cell = 'c1',
): GateRow {
  const answers = TRAITS.flatMap((trait) =>
    Array.from({ length: n }, (_, i) => i).flatMap((i) =>
      ['high', 'low'].map((persona): Answer => {
        const lost = wrong(trait, i);
        const place = { item: `${trait}-${i}`, trait, persona, wording: null, seed: null };
        return { ...place, aligned: lost ? 0 : 1, p: lost ? 0.25 : 0.75, gap: 0.5, content: `d${i}`, cell };
      }),
    ),
  );
  const none = { divergence: null, broken: [] };
  return { name, model: 'nano', evaluation: 'choice', answers, ...none, counters: { tokens: 10, dispatches: 4 } };
}
export const RULES: Rules = {
  rows: ['prompting'],
  alignment: { margin: 0.05, alpha: 0.05 },
  floors: {},
  order: [],
  tax: {},
  timings: { against: 'none' },
  counters: { model: false, commands: false },
  inconclusive: 'fail',
};
export const run = (rows: readonly GateRow[], more: Partial<Candidate> = {}): Candidate => ({
  deviceClass: 'cpu',
  kernels: 'k',
  complete: true,
  narrowed: [],
  stored: new Set(),
  evaluations,
  rows,
  timed: [],
  ...more,
});
export const blessed = (rows: readonly GateRow[], more: Partial<Reference> = {}): Reference => ({
  version: REFERENCE_VERSION,
  suite: 'ci',
  run: 'r',
  at: '2026-11-23T00:00:00.000Z',
  deviceClass: 'cpu',
  kernels: 'k',
  testbed: {},
  evaluations,
  rules: RULES,
  narrowed: [],
  rows,
  ...more,
});
export const of = (verdicts: readonly Verdict[], rule: Verdict['rule']): readonly string[] =>
  verdicts.filter((one) => one.rule === rule).map(({ outcome }) => outcome);
