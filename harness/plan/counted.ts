// Counts as words.

/** "1 cell", "2 cells" */
export function counted(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
