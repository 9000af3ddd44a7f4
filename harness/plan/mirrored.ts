// Which evaluations ask every item for both poles of its trait: there a network that is the same for both scores 50 % by
// construction, since what it gains on one pole it loses on the other; and what a plan says of it.

import { grouped } from '../../base/grouped.ts';
import { listed } from '../../base/words.ts';
import type { Evaluation, Suite } from '../config/resolved.ts';
import { type EvaluationRegistry, kindOf } from '../method/evaluation-kind.ts';

/**
 * Whether each item counts for two poles that mirror each other: the kind keys items to both, every persona's opposite is in the
 * suite and is asked the same items, and each has two options or a scale.
 */
export function isMirrored({ personas }: Suite, evaluation: Evaluation, kinds: EvaluationRegistry): boolean {
  if (kindOf(kinds, evaluation).poles !== 'both' || evaluation.traits === 'all') return false;
  const known = new Map(personas.map((persona) => [persona.id, persona]));
  const paired = personas.every(({ id, trait, opposite }) => {
    const other = known.get(opposite ?? '');
    return other?.opposite === id && other.trait === trait;
  });
  const items = evaluation.items ?? personas.flatMap((one) => one.items.filter(({ split }) => split === 'evaluation'));
  return paired && items.every((item) => item.unpaired !== true && (item.options.length === 2 || item.scale === true));
}

/** What of the controls is known before it runs, a line for evaluations of which the same is; none where nothing is. */
export function constructionLines({ byConstruction = [] }: Suite): readonly string[] {
  const alike = grouped(byConstruction, ({ once, left }) => JSON.stringify([once, left]));
  return [...alike.values()].map((same) => {
    const [{ once, left }] = same;
    const halves = left.filter((kind) => kind !== 'opposite');
    const several = (names: readonly string[], one: string, more: string) =>
      names.length === 0 ? [] : [`${listed(names)} ${names.length === 1 ? one : more}`];
    const parts = [
      ...several(once, 'runs with one seed', 'run with one seed'),
      ...several(halves, 'does not run', 'do not run'),
      ...(left.includes('opposite') ? ["opposite is 100 % less the method's figure and does not run"] : []),
    ];
    const where = listed(same.map(({ evaluation }) => evaluation));
    return `${where}: each item counts for both poles, so that a network without a persona scores 50 % by construction: ${parts.join('; ')}`;
  });
}
