// Differences of shares in words, the same in a gate's verdicts and in reports.

/** 0.125 -> "+12.5"; what rounds to nothing has no sign. */
export function points(value: number): string {
  const text = (100 * value).toFixed(1);
  return Number(text) === 0 ? '0.0' : `${value > 0 ? '+' : ''}${text}`;
}
