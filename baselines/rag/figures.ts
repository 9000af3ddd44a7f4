// What retrieval did for the questions that were asked: its time, its tokens, and how many of the passages are the persona's.

import { mean } from '../../base/grouped.ts';

/** One question's retrieval. */
export interface Retrieved {
  readonly split: string; // of the item
  readonly ms: number;
  readonly passages: number;
  readonly own: number; // of the passages, those of the persona
  readonly available: number; // chunks of the persona that could be retrieved
  readonly tokens: number; // of the passages
  readonly excluded: number; // chunks passed over because they hold the item
}

export interface RetrievalFigures {
  readonly questions: number;
  readonly retrievalMs: { readonly mean: number; readonly median: number; readonly most: number };
  readonly passages: number; // means over the questions, as all that follows
  readonly tokens: number;
  readonly recallAtK: number | null; // own / min(k, available); null: none was available
  readonly precisionAtK: number | null; // own / passages; null: none was retrieved
  readonly excluded: number; // in all
  readonly empty: number; // questions for which nothing was retrieved, in all
}

/** By split of the items; k is what was asked for. */
export function figuresOf(all: readonly Retrieved[], k: number): Readonly<Record<string, RetrievalFigures>> {
  const splits = [...new Set(all.map(({ split }) => split))].sort();
  return Object.fromEntries(
    splits.map((split) => {
      const some = all.filter((one) => one.split === split);
      const times = some.map(({ ms }) => ms).sort((a, b) => a - b);
      return [
        split,
        {
          questions: some.length,
          retrievalMs: {
            mean: rounded(mean(times)),
            median: rounded(times[times.length >> 1] ?? 0),
            most: rounded(times.at(-1) ?? 0),
          },
          passages: rounded(mean(some.map(({ passages }) => passages))),
          tokens: rounded(mean(some.map(({ tokens }) => tokens))),
          recallAtK: share(some, ({ own, available }) => [own, Math.min(k, available)]),
          precisionAtK: share(some, ({ own, passages }) => [own, passages]),
          excluded: some.reduce((sum, { excluded }) => sum + excluded, 0),
          empty: some.filter(({ passages }) => passages === 0).length,
        },
      ];
    }),
  );
}

/** Mean over the questions of a share; those with nothing to share in are left out. */
function share(all: readonly Retrieved[], of: (one: Retrieved) => readonly [number, number]): number | null {
  const shares = all.map(of).filter(([, whole]) => whole > 0);
  return shares.length === 0 ? null : rounded(mean(shares.map(([part, whole]) => part / whole)));
}

function rounded(value: number): number {
  return Number(value.toFixed(4));
}
