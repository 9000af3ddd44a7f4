// The controls that every subnetwork is compared with, as method entries of their own: on unless the suite says otherwise.
// Entries that would be the same network for two methods are one, and the store answers the rest. What is equal by construction
// is planned once, or not at all, and said.

import { canonicalJson } from '../../base/digest.ts';
import { BenchError } from '../../base/error.ts';
import {
  type ByConstruction,
  CONTROL_KINDS,
  type ControlKind,
  type Levels,
  type MethodEntry,
  type Suite,
} from '../config/resolved.ts';
import type { EvaluationRegistry } from '../method/evaluation-kind.ts';
import { axesOf, type Method, type MethodRegistry } from '../method/method.ts';
import { isMirrored } from './mirrored.ts';

/** Whether the control is one network for all personas, and so for all methods of the same shape. */
const COMMON: readonly ControlKind[] = ['random', 'magnitude', 'generic-text'];
/** Random masks where the suite leaves their number open and they are a test of their own. */
const RANDOM_SEEDS = 5;

type Added = MethodEntry & Required<Pick<MethodEntry, 'levels' | 'evaluations'>>;

/**
 * The suite with the controls of those of its methods that have any. On an evaluation whose items each count for both poles a
 * network that knows no persona scores 50 %, and the opposite's mask the method's figure from the other end: there, where the
 * suite says `auto`, one random mask runs and the rest does not; `byConstruction` says so.
 * Throws `bad-suite` when an id of it is a control's.
 */
export function withControls(suite: Suite, registry: MethodRegistry, kinds: EvaluationRegistry): Suite {
  const labels = suite.sparsity.map(({ label }) => label);
  const mirrored = new Set(suite.evaluations.filter((one) => isMirrored(suite, one, kinds)).map(({ id }) => id));
  const asked = suite.evaluations
    .map(({ id }) => id)
    .filter((id) => suite.controls.evaluations === undefined || suite.controls.evaluations.includes(id));
  const added = new Map<string, Added>();
  const own = new Set(suite.methods.map(({ id }) => id));
  const left = new Map<string, Set<ControlKind>>(); // by evaluation
  const methods = suite.methods.map((given): MethodEntry => {
    const method = registry.get(given.method);
    const optionsOf = method?.controlOptions;
    if (method === undefined || optionsOf === undefined) return given;
    const entry = { ...given, levels: levelsOf(given, labels) };
    if (entry.control || entry.controls === false) return entry;
    const against = CONTROL_KINDS.flatMap((kind) => {
      const wanted = kind === 'random' ? seedsWanted(suite.controls.random) : suite.controls[kind];
      const levels = at(wanted, entry.levels);
      if (levels.length === 0) return [];
      const control = controlOf(kind, entry, optionsOf(kind, entry.options), suite);
      const known = (id: string) => mirrored.has(id) && isKnown(kind, control, method);
      const skipped = wanted === 'auto' && kind !== 'random' ? asked.filter(known) : [];
      for (const id of skipped) left.set(id, (left.get(id) ?? new Set()).add(kind));
      const evaluations = asked.filter((id) => !skipped.includes(id));
      if (evaluations.length === 0) return [];
      const seedsAt = wanted === 'auto' && kind === 'random' ? oneSeedAt(asked.filter(known)) : {};
      const placed: Added = { ...control, ...seedsAt, levels, evaluations };
      const same = [...added.values()].find((other) => sameNetwork(other, placed));
      const id = same?.id ?? freeId(kind, entry.id, added);
      if (own.has(id)) {
        throw new BenchError('bad-suite', `"${id}" is the id of a control that the harness adds`, {
          where: suite.file,
          hint: 'give the method another id',
        });
      }
      const all = labels.filter((label) => levels.includes(label) || same?.levels.includes(label));
      const everywhere = asked.filter((one) => evaluations.includes(one) || same?.evaluations.includes(one));
      added.set(id, { ...placed, id, levels: all, evaluations: everywhere });
      return [{ kind, id, levels, evaluations }];
    });
    return { ...entry, against };
  });
  const byConstruction = suite.evaluations.flatMap(({ id }): readonly ByConstruction[] => {
    const once = [...added.values()].filter(({ seedsAt }) => seedsAt?.[id] !== undefined);
    const kinds = CONTROL_KINDS.filter((kind) => left.get(id)?.has(kind));
    return once.length + kinds.length === 0 ? [] : [{ evaluation: id, once: once.map((one) => one.id), left: kinds }];
  });
  return {
    ...suite,
    methods: [...methods, ...added.values()],
    ...(byConstruction.length > 0 && { byConstruction }),
  };
}

/** What is known of a control without running it, where items count for both poles. */
function isKnown(kind: ControlKind, control: MethodEntry, method: Method): boolean {
  if (kind === 'opposite') return control.swapped === true;
  return COMMON.includes(kind) && !axesOf(method, control).includes('persona');
}

function controlOf(
  kind: ControlKind,
  entry: MethodEntry,
  options: MethodEntry['options'],
  { controls: { random, draws } }: Suite,
): MethodEntry {
  const count = kind === 'random' ? (random === 'auto' ? RANDOM_SEEDS : random) : kind === 'shuffled' ? draws : null;
  const seeds = count === null ? entry.seeds : Array.from({ length: count }, (_, seed) => seed);
  return {
    id: kind,
    method: entry.method,
    control: true,
    added: true,
    options,
    // Unless the method says it in its options, the opposite's network is the opposite's own cell.
    ...(kind === 'opposite' && options === entry.options ? { swapped: true } : {}),
    ...(kind === 'shuffled' ? { lean: true } : {}),
    ...(seeds ? { seeds } : {}),
  };
}

const oneSeedAt = (evaluations: readonly string[]): Pick<MethodEntry, 'seedsAt'> =>
  evaluations.length === 0 ? {} : { seedsAt: Object.fromEntries(evaluations.map((id) => [id, [0]])) };

const seedsWanted = (random: Suite['controls']['random']): Levels => (random === 'auto' ? random : random > 0);

function sameNetwork(a: MethodEntry, b: MethodEntry): boolean {
  const what = ({ options, swapped = false, lean = false, seeds = [], seedsAt = {} }: MethodEntry) =>
    canonicalJson({ options, swapped, lean, seeds, seedsAt });
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
  if (levels === 'auto') return wanted;
  if (typeof levels === 'boolean') return levels ? wanted : [];
  return wanted.filter((label) => levels.includes(label));
}
