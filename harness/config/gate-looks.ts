// The looks of a gate where --limit asks fewer items.

import type { GateRules } from './resolved.ts';

/** The rules with a limit on the items per trait: looks below it, and one at the limit in place of those above. */
export function limitedGate(gate: GateRules, limit: number | undefined): GateRules {
  const { looks } = gate;
  if (limit === undefined || looks === undefined || looks.every((items) => items <= limit)) return gate;
  return { ...gate, looks: [...looks.filter((items) => items < limit), limit] };
}
