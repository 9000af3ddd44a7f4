// Figures as text, the same in every report.

import type { LatencyRow, Samples, Share } from '../harness/record/run-record.ts';

/** 0.846 -> "84.6"; what rounds to nothing has no sign. */
export function percent(value: number): string {
  return (100 * value).toFixed(1).replace('-0.0', '0.0');
}

/** "84.6 % [78.1, 89.4]" */
export function shareText({ value, low, high }: Share): string {
  return `${percent(value)} % [${percent(low)}, ${percent(high)}]`;
}

/** Three significant digits, without an exponent: 0.0123, 1.23, 123, 12300. */
export function short(value: number): string {
  return value.toFixed(decimals(value));
}

/** Median and median absolute deviation: "12.3 ± 0.4"; a dash without samples. */
export function medianText({ n, median, mad }: Samples): string {
  return n === 0 ? '–' : `${short(median)} ± ${mad.toFixed(decimals(median))}`;
}

/** What a median varies by: "± 0.4", in its own decimals; a dash without samples. */
export function spreadText({ n, median, mad }: Samples): string {
  return n === 0 ? '–' : `± ${mad.toFixed(decimals(median))}`;
}

function decimals(value: number): number {
  if (value === 0) return 0;
  return Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value)))));
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

/** A method's name with its sparsity level: "mask at low". */
export function entryName({ method, sparsity }: Pick<LatencyRow, 'method' | 'sparsity'>): string {
  return sparsity === null ? method : `${method} at ${sparsity}`;
}

/** Bytes in the unit that keeps them short: "294 kB". */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return bytes.toFixed(0);
  return bytes < 1e6 ? `${short(bytes / 1e3)} kB` : `${short(bytes / 1e6)} MB`;
}
