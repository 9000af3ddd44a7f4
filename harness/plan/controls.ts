// The controls that every subnetwork is compared with, as method entries of their own: on unless the suite says otherwise.
// Entries that would be the same network for two methods are one, and the store answers the rest.

import { canonicalJson } from '../../base/digest.ts';
import { BenchError } from '../../base/error.ts';
import { CONTROL_KINDS, type ControlKind, type Levels, type MethodEntry, type Suite } from '../config/resolved.ts';
import type { MethodRegistry } from '../method/method.ts';

/** Whether the control is one network for all personas, and so for all methods of the same shape. */
const COMMON: readonly ControlKind[] = ['random', 'magnitude', 'generic-text'];

/** The suite with the controls of those of its methods that have any. Throws `bad-suite` when an id of it is a control's. */
export function withControls(suite: Suite, registry: MethodRegistry): Suite {
  const labels = suite.sparsity.map(({ label }) => label);
  const added = new Map<string, MethodEntry & { readonly levels: readonly string[] }>();
  const own = new Set(suite.methods.map(({ id }) => id));
  const methods = suite.methods.map((given): MethodEntry => {
    const optionsOf = registry.get(given.method)?.controlOptions;
    if (optionsOf === undefined) return given;
    const entry = { ...given, levels: levelsOf(given, labels) };
    if (entry.control || entry.controls === false) return entry;
    const against = CONTROL_KINDS.flatMap((kind) => {
      const levels = at(kind === 'random' ? suite.controls.random > 0 : suite.controls[kind], entry.levels);
      if (levels.length === 0) return [];
      const control = controlOf(kind, entry, optionsOf(kind, entry.options), levels, suite.controls.random);
      const same = [...added.values()].find((other) => sameNetwork(other, control));
      const id = same?.id ?? freeId(kind, entry.id, added);
      if (own.has(id)) {
        throw new BenchError('bad-suite', `"${id}" is the id of a control that the harness adds`, {
          where: suite.file,
          hint: 'give the method another id',
        });
      }
      const all = labels.filter((label) => levels.includes(label) || same?.levels.includes(label));
      added.set(id, { ...control, id, levels: all });
      return [{ kind, id, levels }];
    });
    return { ...entry, against };
  });
  return { ...suite, methods: [...methods, ...added.values()] };
}

function controlOf(
  kind: ControlKind,
  entry: MethodEntry,
  options: MethodEntry['options'],
  levels: readonly string[],
  seeds: number,
): MethodEntry & { readonly levels: readonly string[] } {
  return {
    id: kind,
    method: entry.method,
    control: true,
    added: true,
    options,
    levels,
    // Unless the method says it in its options, the opposite's network is the opposite's own cell.
    ...(kind === 'opposite' && options === entry.options ? { swapped: true } : {}),
    ...(kind === 'random' ? { seeds: Array.from({ length: seeds }, (_, seed) => seed) } : {}),
    ...(kind !== 'random' && entry.seeds ? { seeds: entry.seeds } : {}),
  };
}

function sameNetwork(a: MethodEntry, b: MethodEntry): boolean {
  const what = ({ options, swapped = false, seeds = [] }: MethodEntry) => canonicalJson({ options, swapped, seeds });
  return what(a) === what(b);
}

/** `random` for the first of its kind, `wanda.shuffled` for what depends on the method. */
function freeId(kind: ControlKind, method: string, taken: ReadonlyMap<string, unknown>): string {
  return COMMON.includes(kind) && !taken.has(kind) ? kind : `${method}.${kind}`;
}

/** Labels of an entry's own `sparsity` option; all of the suite's without. */
function levelsOf({ options }: MethodEntry, labels: readonly string[]): readonly string[] {
  const { sparsity } = options;
  if (!Array.isArray(sparsity)) return labels;
  return labels.filter((label) => sparsity.map(String).includes(label));
}

function at(levels: Levels, wanted: readonly string[]): readonly string[] {
  if (typeof levels === 'boolean') return levels ? wanted : [];
  return wanted.filter((label) => levels.includes(label));
}
