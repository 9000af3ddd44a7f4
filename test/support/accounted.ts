// Scoring calls of an engine within the account of a cell: what is measured of the network after it is left out.

import type { Engine, Sequence } from '../../gpu/index.ts';

type Score = Engine['score'];

/** Replaces `score` of the engine while a cell's account is open: between `resetCounters` and `counters`. */
export function whileAccounted(
  engine: Engine,
  by: (sequences: readonly Sequence[], score: Score) => ReturnType<Score>,
): void {
  const { score, resetCounters, counters } = {
    score: engine.score.bind(engine),
    resetCounters: engine.resetCounters.bind(engine),
    counters: engine.counters.bind(engine),
  };
  let open = false;
  Object.assign(engine, {
    score: (sequences: readonly Sequence[]) => (open ? by(sequences, score) : score(sequences)),
    resetCounters: () => {
      open = true;
      resetCounters();
    },
    counters: () => {
      open = false;
      return counters();
    },
  });
}
