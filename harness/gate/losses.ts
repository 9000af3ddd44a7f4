// Where a row lost: its traits, and of the two poles of a trait those with a significant loss. It explains a verdict; none of
// them gates by itself.

import { points } from '../../base/words.ts';
import { meanOf, type PairedRow, type Unit, unitsOf } from '../stats/units.ts';
import { dropTest } from './drop-test.ts';

interface Moved {
  readonly name: string;
  readonly difference: number;
  readonly units: readonly Unit[];
}

/** Traits that fell by the margin or more, or of which one pole did, the worst first; "" of none. */
export function fallen(pairs: readonly PairedRow[], margin: number, alpha: number): string {
  const isDown = ({ difference }: Moved): boolean => difference < 0 && difference <= -margin;
  const down = by('trait', pairs)
    .map((trait) => {
      const poles = by(
        'persona',
        pairs.filter((pair) => pair.trait === trait.name),
      ).sort(worstFirst);
      const alike = new Set(poles.map(({ difference }) => points(difference))).size === 1;
      return { trait, poles: alike ? [] : poles.filter((pole) => isDown(pole) && dropTest(pole.units) < alpha) };
    })
    .filter(({ trait, poles }) => isDown(trait) || poles.length > 0)
    .sort((a, b) => worstFirst(a.trait, b.trait))
    .map(({ trait, poles }) => said(trait) + (poles.length === 0 ? '' : ` (as ${poles.map(said).join(', ')})`));
  return down.length === 0 ? '' : `; down: ${down.join(', ')}`;
}

const said = ({ name, difference }: Moved): string => `${name} ${points(difference)}`;
const worstFirst = (a: Moved, b: Moved): number => a.difference - b.difference;

function by(field: 'trait' | 'persona', pairs: readonly PairedRow[]): Moved[] {
  const names = [...new Set(pairs.map((pair) => pair[field]))];
  return names.map((name) => {
    const units = unitsOf(pairs.filter((pair) => pair[field] === name));
    return { name, difference: meanOf(units), units };
  });
}
