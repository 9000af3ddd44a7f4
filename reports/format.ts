// Figures as text, the same in every report.

import { decimals, short } from '../base/figures.ts';
import type { Samples } from '../harness/record/run-record.ts';

export { boundsOf, percent, shareText, short } from '../base/figures.ts';
export { entryName } from '../harness/record/row-name.ts';

/** Median and median absolute deviation: "12.3 ± 0.4"; a dash without samples. */
export function medianText({ n, median, mad }: Samples): string {
  return n === 0 ? '–' : `${short(median)} ± ${mad.toFixed(decimals(median))}`;
}

/** "p95 12.3", or what it would need: "p95 – (n 24, needs 59)". docs/method.md#percentiles: n >= ln(0.05) / ln(p). */
export function percentileText(name: 'p95' | 'p99', samples: Samples): string {
  const value = samples[name];
  const p = name === 'p95' ? 0.95 : 0.99;
  if (value !== null) return `${name} ${short(value)}`;
  return `${name} – (n ${samples.n}, needs ${Math.ceil(Math.log(0.05) / Math.log(p))})`;
}

export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

/** Bytes in the unit that keeps them short: "294 kB". */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return bytes.toFixed(0);
  return bytes < 1e6 ? `${short(bytes / 1e3)} kB` : `${short(bytes / 1e6)} MB`;
}
