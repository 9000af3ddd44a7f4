// What is wrong in a file, said so that it can be mended: file:line:col, the line, a caret under the words, a suggestion.

import { BenchError, type Mistake } from '../../base/error.ts';

/** Text that has lines to point at: a file, or what was typed after a flag. */
export interface Source {
  readonly name: string; // as the user knows it
  readonly text: string;
}

/** A stretch of a source; end is exclusive. */
export interface TextPosition {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

export interface Issue {
  readonly place: TextPosition;
  readonly message: string;
  readonly hint?: string;
}

/** Line and column of a place, from 1. */
function positionOf({ source, start }: TextPosition): { readonly line: number; readonly column: number } {
  const before = source.text.slice(0, start);
  return { line: before.split('\n').length, column: start - before.lastIndexOf('\n') };
}

/** `file:line:col` of a place; line and column count from 1. */
export function whereIs(place: TextPosition): string {
  const { line, column } = positionOf(place);
  return `${place.source.name}:${line}:${column}`;
}

function mistakeOf({ place, message, hint }: Issue): Mistake {
  return { file: place.source.name, ...positionOf(place), message, ...(hint !== undefined && { hint }) };
}

/** Issues that are shown; one wrong character can make a thousand. */
const MOST_ISSUES = 10;
/** Characters of a line that are shown before and after its place. */
const AROUND = 100;

/** The issue as a person reads it: place and message, then the line, or the part of it around the place, with carets. */
function render({ place, message, hint }: Issue): string {
  const { source, start, end } = place;
  // lastIndexOf takes a negative start for 0, and the file may begin with a newline.
  const from = start === 0 ? 0 : source.text.lastIndexOf('\n', start - 1) + 1;
  const newline = source.text.indexOf('\n', start);
  const to = newline < 0 ? source.text.length : newline;
  const [first, last] = [Math.max(from, start - AROUND), Math.min(to, start + AROUND)];
  const before = first > from ? '… ' : '';
  const line = source.text.slice(first, last).replaceAll('\t', ' ');
  const number = String(source.text.slice(0, start).split('\n').length);
  const width = Math.max(1, Math.min(end, last) - start);
  return [
    `${whereIs(place)} ${message}${hint === undefined ? '' : `: ${hint}`}`,
    `  ${number} | ${before}${line}${last < to ? ' …' : ''}`,
    `  ${' '.repeat(number.length)} | ${' '.repeat(before.length + start - first)}${'^'.repeat(width)}`,
  ].join('\n');
}

/** Throws one BenchError with the first issues, in the order of their places, and the count of the others. */
export function failOn(issues: readonly Issue[], code: string, hint: string): void {
  if (issues.length === 0) return;
  const sorted = [...issues].sort(
    (a, b) => a.place.source.name.localeCompare(b.place.source.name) || a.place.start - b.place.start,
  );
  const more = sorted.length - MOST_ISSUES;
  const first = sorted.slice(0, MOST_ISSUES);
  const shown = [...first.map(render), ...(more > 0 ? [`and ${more} more`] : [])];
  throw new BenchError(code, shown.join('\n'), {
    where: whereIs(sorted[0]!.place),
    hint,
    mistakes: first.map(mistakeOf),
  });
}

/** `did you mean "x"?` for the nearest of `known`: two edits at most, or a beginning of three letters; else undefined. */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  const near = known
    .map((candidate) => ({ candidate, distance: edits(word, candidate) }))
    .filter(({ candidate, distance }) => distance <= Math.min(2, candidate.length - 1) || isStart(word, candidate))
    .sort((a, b) => a.distance - b.distance)[0];
  return near && `did you mean "${near.candidate}"?`;
}

/** The suggestion, or the list of what is known. */
export function suggestion(word: string, known: readonly string[]): string {
  return didYouMean(word, known) ?? (known.length === 0 ? 'there is none' : `known: ${known.join(', ')}`);
}

function isStart(word: string, candidate: string): boolean {
  return word.length >= 3 && (candidate.startsWith(word) || word.startsWith(candidate));
}

/** Levenshtein distance; words beyond 64 letters are no typing errors. */
function edits(a: string, b: string): number {
  if (a.length > 64 || b.length > 64) return Infinity;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + Number(a[i - 1] !== b[j - 1])));
    }
    row = next;
  }
  return row[b.length]!;
}
