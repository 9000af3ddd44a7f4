// Where in the network do the masks of personas differ? Every pair of personas' masks by layer and module, beside what chance
// gives, from the sketches that cells have left in the store.

import { grouped, mean } from '../../base/grouped.ts';
import type { Suite } from '../config/resolved.ts';
import type { AtlasRow } from '../plan/result.ts';
import { compareMasks } from '../subnetworks/compare.ts';
import { readSketch, SKETCH, type Sketch } from '../subnetworks/sketch.ts';
import type { CellResult } from './runner.ts';
import type { Store } from './store.ts';

/** More would make pairs that nobody looks at: 16 personas make 120. */
const MOST_PERSONAS = 16;

/** One row per model, method and sparsity with masks of two personas or more; controls are left out. */
export async function atlasRows(
  suite: Suite,
  results: readonly CellResult[],
  store: Store,
): Promise<readonly AtlasRow[]> {
  const order = suite.personas.map(({ id }) => id);
  const control = new Set(suite.methods.filter((entry) => entry.control).map(({ id }) => id));
  const masked = results.filter(
    ({ cell, stored }) => stored !== null && cell.persona !== null && !control.has(cell.method),
  );
  const groups = grouped(masked, ({ cell: { model, method, sparsity } }) => JSON.stringify([model, method, sparsity]));
  const rows: AtlasRow[] = [];
  for (const cells of groups.values()) {
    const sketches = new Map<string, Sketch>();
    const byPersona = [...grouped(cells, ({ cell }) => cell.persona ?? '')].sort(
      ([a], [b]) => order.indexOf(a) - order.indexOf(b),
    );
    for (const [persona, own] of byPersona.slice(0, MOST_PERSONAS)) {
      const file = own.map(({ key }) => store.artefact(key, SKETCH)).find((path) => path !== null);
      // What is damaged is left out: a picture is not worth a run.
      const sketch = file === undefined || file === null ? null : await readSketch(file).catch(() => null);
      if (sketch !== null) sketches.set(persona, sketch);
    }
    if (sketches.size < 2) continue;
    const { model, method, sparsity } = cells[0].cell;
    rows.push({ model, method, sparsity, ...atlasOf(sketches, suite) });
  }
  return rows;
}

type Figures = Omit<AtlasRow, 'model' | 'method' | 'sparsity'>;

/** By persona. Pairs of opposites are told from the others. */
export function atlasOf(sketches: ReadonlyMap<string, Sketch>, { personas }: Pick<Suite, 'personas'>): Figures {
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
