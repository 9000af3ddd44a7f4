// Where a row fell: its traits, and the persona of a trait's two poles that took the loss. It explains a verdict; none of
// them gates by itself.

import { points } from '../plan/points.ts';
import type { PairedRow } from '../stats/units.ts';

interface Moved {
  readonly name: string;
  readonly difference: number;
}

/** Traits of which the whole or one pole fell by the margin or more, the worst first; "" of none. */
export function fallen(pairs: readonly PairedRow[], margin: number): string {
  const isDown = ({ difference }: Moved): boolean => difference < 0 && difference <= -margin;
  const down = by('trait', pairs)
    .map((trait) => {
      const poles = by(
        'persona',
        pairs.filter((pair) => pair.trait === trait.name),
      ).sort(worstFirst);
      const alike = new Set(poles.map(({ difference }) => points(difference))).size === 1;
      return {
        trait,
        poles: alike ? [] : poles.filter(isDown),
        worst: Math.min(trait.difference, poles[0]!.difference),
      };
    })
    .filter(({ trait, poles }) => isDown(trait) || poles.length > 0)
    .sort((a, b) => a.worst - b.worst)
    .map(({ trait, poles }) => said(trait) + (poles.length === 0 ? '' : ` (${poles.map(said).join(', ')})`));
  return down.length === 0 ? '' : `; down: ${down.join(', ')}`;
}

const said = ({ name, difference }: Moved): string => `${name} ${points(difference)}`;
const worstFirst = (a: Moved, b: Moved): number => a.difference - b.difference;

function by(field: 'trait' | 'persona', pairs: readonly PairedRow[]): Moved[] {
  const names = [...new Set(pairs.map((pair) => pair[field]))];
  return names.map((name) => {
    const own = pairs.filter((pair) => pair[field] === name);
    return { name, difference: own.reduce((sum, { a, b }) => sum + (a! - b!), 0) / own.length };
  });
}
