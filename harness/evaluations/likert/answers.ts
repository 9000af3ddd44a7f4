// Answers on a scale of L: the expected answer E = sum of k p_k over the probabilities of all answers, the mass on
// them, and agreement (E - 1) / (L - 1), from 0 to 1 (docs/method.md#likert-answers).

import { BenchError } from '../../../base/error.ts';
import { mean } from '../../../base/grouped.ts';
import type { Item } from '../../datasets/types.ts';
import { agreement } from '../../method/derived.ts';
import type { Outcome } from '../../method/outcome.ts';
import { evaluateOptions, type OptionsRequest } from '../../score/choice.ts';
import { softmax } from '../../stats/softmax.ts';

/** What one outcome says on its scale. Both orders count alike. */
export interface Reading {
  readonly answers: number; // L
  readonly expected: number; // E, from 1 to L, as answered: no key is reversed
  readonly mass: number; // probability that the model gives to the answers offered, from 0 to 1
}

/**
 * Asks every statement; the p of an outcome is the agreement with it, which is what the item's own pole would give, and 1
 * minus that for the other pole. Throws as `evaluateChoice`.
 */
export function evaluateLikert(request: OptionsRequest): Promise<readonly Outcome[]> {
  return evaluateOptions(request, agreement);
}

/** An outcome on its item's scale. Throws `bad-outcomes` for an item without one. */
export function readingOf(item: Item, outcome: Outcome): Reading {
  const where = `item ${item.id}`;
  const answers = item.options.length;
  if (item.scale !== true) throw new BenchError('bad-outcomes', 'it is answered on no scale', { where });
  const { orders } = outcome;
  const expected = orders.map(
    ({ options }) => 1 + (answers - 1) * agreement(softmax(options.map(({ score }) => score))),
  );
  // Answers exclude each other, so that their probabilities add up; two that begin alike are no less apart.
  const masses = orders.map(({ options }) => options.reduce((sum, option) => sum + Math.exp(option.sum), 0));
  return { answers, expected: mean(expected), mass: Math.min(1, mean(masses)) };
}
