// Answerers without a model, asked the items that a run asked.

import type { Suite } from '../config/resolved.ts';
import { type EvaluationRegistry, kindOf } from '../method/evaluation-kind.ts';
import { keyedFor } from '../method/keying.ts';
import type { Cell } from '../plan/cell.ts';
import { standardAnswerers } from '../score/index.ts';
import { stated } from './metrics.ts';
import { type Pair, pairKey, type Side } from './pairs.ts';

export interface AnswererSide {
  readonly name: string;
  readonly side: Side;
}

/**
 * Evaluation -> who answers its items without a model: those of its kind, or the standard ones; none where there is nothing to
 * choose from. `cells`: those whose items are asked, and whose personas are judged.
 */
export function answererSides(
  suite: Suite,
  kinds: EvaluationRegistry,
  cells: readonly Cell[],
): ReadonlyMap<string, readonly AnswererSide[]> {
  const personas = stated(suite.personas, cells);
  return new Map(
    suite.evaluations.map((evaluation) => {
      const { answer, answerers } = kindOf(kinds, evaluation);
      const own = cells.filter((cell) => cell.evaluation.id === evaluation.id);
      const items = [...new Map(own.flatMap((cell) => cell.items.map((item) => [item.id, item]))).values()];
      if (answer === undefined || items.length === 0) return [evaluation.id, []];
      const sides = (answerers?.(items, suite.personas) ?? standardAnswerers(suite.personas)).map(
        ({ name, credit }): AnswererSide => {
          const pairs = new Map(
            items.flatMap((item) =>
              keyedFor(item, null, personas).map(({ persona }): [string, Pair] => [
                pairKey(item.id, persona.id),
                {
                  unit: item.group ?? item.id,
                  persona: persona.id,
                  trait: persona.trait,
                  aligned: credit(persona, item),
                },
              ]),
            ),
          );
          const planned = new Map([...pairs].map(([key, { persona }]) => [key, persona]));
          return { name, side: { repeats: [pairs], planned, failed: [] } };
        },
      );
      return [evaluation.id, sides];
    }),
  );
}
