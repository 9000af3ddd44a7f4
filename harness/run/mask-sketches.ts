// Where in the network do the masks of personas differ? Every pair of personas' masks by layer and module, and what chance
// gives, from the sketches that cells have left in the store.

import { grouped } from '../../base/grouped.ts';
import { atlasOf } from '../analysis/atlas.ts';
import type { Suite } from '../config/resolved.ts';
import type { CellResult } from '../plan/cell.ts';
import type { AtlasRow } from '../record/run-record.ts';
import type { Store } from '../store/store.ts';
import { readSketch, SKETCH, type Sketch } from '../subnetworks/sketch.ts';

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
