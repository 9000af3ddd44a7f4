// What a network keeps of the dense one's answers, whatever they are: a broken network must not pass for a persona.

import { grouped, mean } from '../../base/grouped.ts';
import type { Item } from '../datasets/types.ts';
import type { Outcome } from '../method/outcome.ts';
import type { AgreementRow } from '../record/run-record.ts';
import { keyedOutcomes } from '../score/index.ts';
import type { Answered } from './metrics.ts';
import { shareOf } from './shares.ts';

/**
 * Rows of every method but `dense` (the entry asked without persona on the dense network), in the order of the cells.
 * A unit is an item: personas, wordings and seeds are averaged first. Only items that the dense network answered count;
 * a model and evaluation where it answered none gets no row. The tuning split is left out. `all`: of evaluations that offer
 * options to choose from.
 */
export function agreementRows(all: readonly Answered[], dense: string): readonly AgreementRow[] {
  const answered = all.filter(({ cell }) => cell.split === 'evaluation');
  const setting = ({ cell }: Answered) => JSON.stringify([cell.model, cell.evaluation.id]);
  const of = grouped(
    answered.filter(({ cell }) => cell.method === dense),
    setting,
  );
  const base = new Map([...of].map(([key, cells]) => [key, new Map(cells.flatMap(likeliestOf))]));
  const groups = grouped(
    answered.filter(({ cell }) => cell.method !== dense),
    (one) => JSON.stringify([setting(one), one.cell.method, one.cell.sparsity]),
  );
  return [...groups.values()].flatMap((cells) => {
    const first = cells[0];
    const wanted = base.get(setting(first));
    const byItem = grouped(cells.flatMap(likeliestOf), ([item]) => item);
    const judged = [...byItem].flatMap(([unit, same]) => {
      const theirs = wanted?.get(unit);
      return theirs === undefined ? [] : { unit, value: mean(same.map(([, own]) => overlap(own, theirs))), chance: 0 };
    });
    if (judged.length === 0) return [];
    const { model, evaluation, method, sparsity } = first.cell;
    return [{ model, evaluation: evaluation.id, method, sparsity, ...shareOf(judged) }];
  });
}

function likeliestOf({ cell, outcomes }: Answered): [item: string, options: readonly number[]][] {
  const byItem = new Map(outcomes.map((outcome) => [outcome.item, outcome]));
  return cell.items.flatMap((item) => {
    const outcome = byItem.get(item.id);
    return outcome === undefined ? [] : [[item.id, likeliest(item, outcome)]];
  });
}

/**
 * The likeliest options or answers of a scale (several in a tie): those that a persona who takes them would be aligned by, so
 * that one rule says what a tie is.
 */
function likeliest({ scale: _, ...item }: Item, outcome: Outcome): readonly number[] {
  return item.options.flatMap((_, target) => {
    const options = item.options.map((option, k) => ({ ...option, matching: k === target }));
    const [judged] = keyedOutcomes([outcome], [{ ...item, options }], item.persona);
    return judged !== undefined && judged.aligned > 0 ? [target] : [];
  });
}

/** 1 for the same options, 0 for others, a share where one side has a tie that the other lacks. */
function overlap(a: readonly number[], b: readonly number[]): number {
  return a.filter((option) => b.includes(option)).length / new Set([...a, ...b]).size;
}
