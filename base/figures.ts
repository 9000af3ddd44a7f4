// Figures as text, the same in every table.

/** 0.846 -> "84.6"; what rounds to nothing has no sign. */
export function percent(value: number): string {
  return (100 * value).toFixed(1).replace('-0.0', '0.0');
}

/** "84.6 % [78.1, 89.4]": a share with the bounds of its interval. */
export function shareText(share: { readonly value: number; readonly low: number; readonly high: number }): string {
  return `${percent(share.value)} % [${percent(share.low)}, ${percent(share.high)}]`;
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
