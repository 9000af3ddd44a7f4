// The rows that a suite's gate section names, checked before anything runs: a misspelt one would be found by a verdict only
// when all is computed.

import { BenchError } from '../../base/error.ts';
import { didYouMean, failOn, type TextPosition } from '../config/diagnostics.ts';
import type { GateRules, MethodEntry, Suite } from '../config/resolved.ts';
import { originOf } from '../config/yaml.ts';
import { axesOf, type MethodRegistry } from '../method/method.ts';
import { entryName } from '../record/row-name.ts';

/** The two rows of "a > b" or "a >= b". */
export function rowsOfOrder(rule: string): readonly string[] {
  return rule.split(/>=|>/).map((name) => name.trim());
}

type Named = Pick<Suite, 'file' | 'gate' | 'methods' | 'sparsity' | 'located'>;

/**
 * Throws `bad-suite`, with the places in the file, for rules on a row that no method of the suite, its controls among them,
 * makes: of a method at a sparsity only where it runs at that one.
 */
export function requireGateNames({ file, gate, methods, sparsity, located }: Named, registry: MethodRegistry): void {
  if (gate === null) return;
  const ids = methods.map(({ id }) => id);
  const rows = methods.flatMap((entry) => rowsOfEntry(entry, sparsity, registry));
  const wrong = namesOf(gate, ids, [...ids, ...rows]).filter(({ name, known }) => !known.includes(name));
  const faults = wrong.map(({ rule, at, name, known }) => ({
    at,
    message: `gate.${rule} names "${name}", and the suite has no such ${known === ids ? 'method' : 'row'}`,
    hint: didYouMean(name, known) ?? hintOf(name, rows, ids),
  }));
  faults.push(...fallingLooks(gate));
  const [first] = faults;
  if (first === undefined) return;
  const { message, hint } = first;
  if (located === undefined) throw new BenchError('bad-suite', message, { where: file, hint });
  failOn(
    faults.map(({ at, ...fault }) => ({ ...fault, place: placeOf(located, at) })),
    'bad-suite',
    faults.length === 1 ? hint : `methods of the suite: ${ids.join(', ')}`,
  );
}

/** Looks that do not reach further than those before them. */
function fallingLooks({ looks = [] }: GateRules): readonly { at: string; message: string; hint: string }[] {
  return looks.flatMap((reached, k) => {
    const before = looks[k - 1];
    if (before === undefined || reached > before) return [];
    const message = `gate.looks reaches ${reached} items after ${before}, which asks nothing more`;
    return [{ at: `gate/looks/${k}`, message, hint: 'write rising numbers of items per trait: looks: [36, 72, 144]' }];
  });
}

/** The names of a method's rows at its sparsities. */
function rowsOfEntry(entry: MethodEntry, sparsity: Suite['sparsity'], registry: MethodRegistry): readonly string[] {
  const method = registry.get(entry.method);
  if (method !== undefined && !axesOf(method, entry).includes('sparsity')) return [];
  return sparsity
    .filter(({ label }) => entry.levels === undefined || entry.levels.includes(label))
    .map(({ label }) => entryName({ method: entry.id, sparsity: label }));
}

/** Where a method of that name runs, or which methods there are. */
function hintOf(name: string, rows: readonly string[], ids: readonly string[]): string {
  const [id = ''] = name.split(' at ', 1);
  const own = rows.filter((row) => row.startsWith(`${id} at `));
  return own.length > 0 ? `rows of ${id}: ${own.join(', ')}` : `methods of the suite: ${ids.join(', ')}`;
}

function placeOf(located: NonNullable<Suite['located']>, at: string): TextPosition {
  const { key, value } = originOf(located, at);
  return at.startsWith('gate/floors/') ? key : value;
}

interface Name {
  readonly rule: string;
  readonly at: string; // its path in the suite
  readonly name: string;
  readonly known: readonly string[];
}

function namesOf(
  { rows, floors, order, timings }: GateRules,
  ids: readonly string[],
  known: readonly string[],
): readonly Name[] {
  const timed = timings.prefill !== undefined || timings.decode !== undefined;
  return [
    ...rows.map((name, k) => ({ rule: 'rows', at: `gate/rows/${k}`, name, known: ids })),
    ...Object.keys(floors).map((name) => ({ rule: 'floors', at: `gate/floors/${name}`, name, known })),
    ...order.flatMap((rule, k) =>
      rowsOfOrder(rule).map((name) => ({ rule: 'order', at: `gate/order/${k}`, name, known })),
    ),
    ...(timed ? [{ rule: 'timings.against', at: 'gate/timings/against', name: timings.against, known }] : []),
  ];
}
