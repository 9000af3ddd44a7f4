// The power of a one-look gate on right-or-wrong items, without simulation: the twin of harness/gate/characteristic.ts.

import { atLeast, binomialPmf } from '../../harness/stats/binomial.ts';

/** Of a count, where a product of rates should be whole. */
const ROUNDING = 1e-9;

interface Design {
  readonly n: number; // items
  readonly discordance: number; // share of items whose outcome changes either way
  readonly drop: number;
  readonly alpha?: number; // 0.05, one-sided
  readonly margin?: number; // 0: the least observed drop that counts
}

/**
 * The chance that one-sided exact McNemar says p < alpha and the observed drop is at least the margin: the sum over the number
 * of changed items, as in Duffy (Biometrics 40, 1984), without approximation.
 */
export function mcnemarPower({ n, discordance, drop, alpha = 0.05, margin = 0 }: Design): number {
  const loss = discordance === 0 ? 0.5 : Math.min(1, (1 + drop / discordance) / 2);
  let sum = 0;
  for (let changed = 0; changed <= n; changed++) {
    let critical = Math.floor(changed / 2);
    while (critical <= changed && atLeast(critical, changed, 0.5) >= alpha) critical++;
    const down = Math.max(critical, Math.ceil((changed + margin * n) / 2 - ROUNDING));
    if (down <= changed) sum += binomialPmf(changed, n, discordance) * atLeast(down, changed, loss);
  }
  return Math.min(1, sum);
}
