// How a verb ends that wrote something: its message, the paths, and the next command; one document with --json.

import { endingLines, wrap } from '../base/columns.ts';
import { jsonText } from '../base/printable.ts';
import { typed } from './typed.ts';

export interface Written {
  readonly said: string; // "" where the paths say all
  readonly figures?: Readonly<Record<string, unknown>>; // what is said, for --json
  readonly written: readonly string[];
  readonly next: string | null;
}

export function writtenText({ said, figures = {}, written, next: command }: Written, json: boolean): string {
  const next = command === null ? null : typed(command);
  if (json) return jsonText({ ...figures, written, next });
  return `${[...(said === '' ? [] : said.split('\n').flatMap((line) => wrap(line))), ...endingLines(written, next)].join('\n')}\n`;
}
