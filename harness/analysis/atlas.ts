// How far the masks of a run overlap, by persona, layer and module.

import { mean } from '../../base/grouped.ts';
import type { Suite } from '../config/resolved.ts';
import type { AtlasRow } from '../record/run-record.ts';
import { compareMasks } from '../subnetworks/compare.ts';
import type { Sketch } from '../subnetworks/sketch.ts';

type OverlapFigures = Omit<AtlasRow, 'model' | 'method' | 'sparsity'>;

/** By persona. Pairs of opposites are kept apart from the others. */
export function atlasOf(sketches: ReadonlyMap<string, Sketch>, { personas }: Pick<Suite, 'personas'>): OverlapFigures {
  const opposite = new Map(personas.map(({ id, opposite }) => [id, opposite]));
  const all = [...sketches];
  const pairs = all.flatMap(([a, one], k) =>
    all.slice(k + 1).map(([b, other]) => ({
      a,
      b,
      opposites: opposite.get(a) === b,
      ...compareMasks(one.masks, other.masks, one.matrices),
    })),
  );
  const blocks = pairs[0]?.blocks ?? [];
  const [first] = all[0]!.slice(1) as [Sketch];
  return {
    personas: all.map(([id]) => id),
    places: first.places,
    seen: pairs[0]?.all.places ?? 0,
    pairs: pairs.map(({ a, b, opposites, all: { jaccard, chance } }) => {
      return { a, b, opposites, jaccard, chance: chance.jaccard };
    }),
    blocks: blocks.map(({ layer, module }, k) => {
      const over = (opposites: boolean) => {
        const own = pairs.filter((pair) => pair.opposites === opposites).flatMap((pair) => pair.blocks[k] ?? []);
        if (own.length === 0) return null;
        return { jaccard: mean(own.map((one) => one.jaccard)), chance: mean(own.map(({ chance }) => chance.jaccard)) };
      };
      return { layer, module, opposites: over(true), others: over(false) };
    }),
  };
}
