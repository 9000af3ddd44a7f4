// `bench report RUN`: writes the HTML page of a run again, from its folder, beside another run if one is named.

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { htmlReport } from '../../reports/html/page.ts';
import { unpackPrompts } from '../plan/prompts.ts';
import { readJson, writeAtomic } from '../run/files.ts';
import { EXIT } from './exit-codes.ts';
import { opened } from './open-run.ts';
import { writtenText } from './written.ts';

const MAX_PROMPTS_BYTES = 256 * 2 ** 20;

export interface ReportOptions {
  readonly out?: string; // a file
  readonly against?: string; // another run
  readonly json?: boolean;
}

/** Always 0. Throws `no-run`, `bad-run`. */
export async function reportVerb(
  run: string,
  options: ReportOptions,
  write: (text: string) => void = (text) => {
    process.stdout.write(text);
  },
): Promise<number> {
  const { folder, result, items } = opened(run);
  const file = options.out ?? path.join(folder, 'report.html');
  const prompts = unpackPrompts(readJson(path.join(folder, 'prompts.json'), MAX_PROMPTS_BYTES)) ?? new Map();
  const { against } = options;
  const other = against === undefined ? null : opened(against);
  const before = other && { before: { name: path.basename(other.folder), items: other.items } };
  const page = await htmlReport(result, { items: () => items, prompts, ...before });
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  writeAtomic(file, page);
  write(writtenText({ said: '', written: [file], next: null }, options.json === true));
  return EXIT.pass;
}
