// Which evaluations ask every item for both poles of its trait: there a network that is the same for both scores 50 % by
// construction, since what it gains on one pole it loses on the other; and what a plan says of it.

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

/** What of the controls is known before it runs, a line for each evaluation; none where nothing is. */
export function constructionLines({ byConstruction = [] }: Suite): readonly string[] {
  return byConstruction.map(({ evaluation, once, left }) => {
    const halves = left.filter((kind) => kind !== 'opposite');
    const parts = [
      ...(once.length > 0 ? [`${listed(once)} runs once`] : []),
      ...(halves.length > 0 ? [`${listed(halves)} ${halves.length > 1 ? 'do' : 'does'} not run`] : []),
      ...(left.includes('opposite') ? ["opposite is 100 % less the method's figure and does not run"] : []),
    ];
    const why = `${evaluation}: each item counts for both poles, so that a network without a persona scores 50 % by construction`;
    return `${why}: ${parts.join('; ')}`;
  });
}
