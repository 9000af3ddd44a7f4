// What a valid suite lacks for its figures to mean something: texts that a method is made from, and items to choose by.
// `bench validate` says it before anything is computed.

import type { Suite } from '../config/resolved.ts';
import { type MethodRegistry, reads } from '../method/method.ts';
import type { Cell } from './cell.ts';

/** Calibration texts below which a mask, an adapter or a vector follows single sentences. */
const FEW_TEXTS = 8;

/** One line for each thing that is missing; personas and methods by name. `cells`: of the plan. */
export function planWarnings(suite: Suite, registry: MethodRegistry, cells: readonly Cell[]): readonly string[] {
  const entryOf = new Map(suite.methods.map((entry) => [entry.id, entry]));
  const readers = new Map<string, Set<string>>(); // methods that read the texts of a persona
  const choosers = new Map<string, Set<string>>(); // methods that tune, by trait
  for (const { method: id, network, persona } of cells) {
    const entry = entryOf.get(id);
    const method = entry && registry.get(entry.method);
    if (entry === undefined || method === undefined) continue;
    const own = network ?? persona;
    if (own === null) continue;
    if (method.reads !== undefined && reads(method, entry, 'calibration')) put(readers, own, id);
    if (method.tunes === true && entry.control !== true) put(choosers, own, id);
  }
  const texts = suite.personas.flatMap(({ id, calibration }) => {
    const methods = readers.get(id);
    if (methods === undefined || calibration.length >= FEW_TEXTS) return [];
    const names = [...methods].join(', ');
    return calibration.length === 0
      ? [`persona ${id} has no calibration texts, which ${names} are made from: their cells will fail`]
      : [
          `persona ${id} has ${calibration.length} calibration texts, which ${names} are made from: use two dozen or more`,
        ];
  });
  const items = suite.personas.flatMap(({ id, items: all }) => {
    const methods = choosers.get(id);
    if (methods === undefined || all.length === 0 || all.some(({ split }) => split === 'tuning')) return [];
    return [`persona ${id} has no items of the tuning split: no sparsity is chosen for ${[...methods].join(', ')}`];
  });
  return [...texts, ...items];
}

function put(map: Map<string, Set<string>>, key: string, value: string): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, new Set([value]));
  else known.add(value);
}
