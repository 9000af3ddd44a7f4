// The rows that a suite's gate section names, checked before anything runs: a misspelt one would be found by a verdict only
// when all is computed.

import { BenchError } from '../../base/error.ts';
import { didYouMean } from '../config/diagnostics.ts';
import type { GateRules, Suite } from '../config/resolved.ts';

/** The two rows of "a > b" or "a >= b". */
export function rowsOfOrder(rule: string): readonly string[] {
  return rule.split(/>=|>/).map((name) => name.trim());
}

/** Throws `bad-suite` for a rule on a row that no method of the suite, its controls among them, can make. */
export function requireGateNames({
  file,
  gate,
  methods,
  sparsity,
}: Pick<Suite, 'file' | 'gate' | 'methods' | 'sparsity'>): void {
  if (gate === null) return;
  const ids = methods.map(({ id }) => id);
  const rows = [...ids, ...ids.flatMap((id) => sparsity.map(({ label }) => `${id} at ${label}`))];
  for (const { rule, name, known } of namesOf(gate, ids, rows)) {
    if (known.includes(name)) continue;
    throw new BenchError(
      'bad-suite',
      `gate.${rule} names "${name}", and the suite has no such ${known === ids ? 'method' : 'row'}`,
      {
        where: file,
        hint: didYouMean(name, known) ?? `methods of the suite: ${ids.join(', ')}`,
      },
    );
  }
}

interface Named {
  readonly rule: string;
  readonly name: string;
  readonly known: readonly string[];
}

function namesOf(
  { rows, floors, order, timings }: GateRules,
  ids: readonly string[],
  known: readonly string[],
): readonly Named[] {
  const timed = timings.prefill !== undefined || timings.decode !== undefined;
  return [
    ...rows.map((name) => ({ rule: 'rows', name, known: ids })),
    ...Object.keys(floors).map((name) => ({ rule: 'floors', name, known })),
    ...order.flatMap(rowsOfOrder).map((name) => ({ rule: 'order', name, known })),
    ...(timed ? [{ rule: 'timings.against', name: timings.against, known }] : []),
  ];
}
