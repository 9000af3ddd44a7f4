// The end of a verb that writes something: what it says, the paths, and what is worth typing next; one document with --json.

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
  return `${[...(said === '' ? [] : wrap(said)), ...endingLines(written, next)].join('\n')}\n`;
}
