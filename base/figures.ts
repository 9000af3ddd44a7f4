// Figures as text, the same in every table.

/** 0.846 -> "84.6"; what rounds to nothing has no sign. */
export function percent(value: number): string {
  return (100 * value).toFixed(1).replace('-0.0', '0.0');
}

/** A share with its interval, where it has one. */
export interface Bounded {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** "84.6 % [78.1, 89.4]": a share with the bounds of its interval; "50.0 %" where it has none. */
export function shareText({ value, low, high }: Bounded): string {
  return low === null || high === null
    ? `${percent(value)} %`
    : `${percent(value)} % [${percent(low)}, ${percent(high)}]`;
}

/** The bounds of an interval, both at the value where it has none. */
export function boundsOf({ value, low, high }: Bounded): { readonly low: number; readonly high: number } {
  return { low: low ?? value, high: high ?? value };
}

/** Three significant digits, without an exponent: 0.0123, 1.23, 123, 12300. */
export function short(value: number): string {
  return value.toFixed(decimals(value));
}

/** The decimals that three significant digits of `value` take, 6 at most. */
export function decimals(value: number): number {
  if (value === 0) return 0;
  return Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value)))));
}
