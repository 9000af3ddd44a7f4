// `bench init FOLDER`: a commented suite, a persona with its opposite, and a workflow that gates on them. Nothing is written
// where a file of the same name lies.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { BenchError } from '../base/error.ts';
import { writeAtomic } from '../base/files.ts';
import { shellWord } from '../base/words.ts';
import { packageRoot } from '../harness/config/paths.ts';
import { EXIT } from './exit-codes.ts';
import { writtenText } from './written.ts';

/** Where a template goes when it does not keep its name. */
const PLACES: ReadonlyMap<string, string> = new Map([['workflow.yml', '.github/workflows/persona.yml']]);

/** Returns exit code 0. Throws `in-the-way` where a file exists already, or the folder is a file. */
export async function initVerb(
  folder = '.',
  options: { readonly json?: boolean } = {},
  write: (text: string) => void = (text) => process.stdout.write(text),
): Promise<number> {
  const root = path.resolve(folder);
  const templates = path.join(packageRoot(), 'suites', 'init');
  const files = filesIn(templates).map((from) => ({ from, to: PLACES.get(from) ?? from }));
  if (existsSync(root) && !statSync(root).isDirectory()) {
    throw new BenchError('in-the-way', 'this is a file', { where: root, hint: 'name a folder' });
  }
  const taken = files.filter(({ to }) => existsSync(path.join(root, to))).map(({ to }) => to);
  if (taken.length > 0) {
    throw new BenchError('in-the-way', `${taken.join(', ')} ${taken.length === 1 ? 'is' : 'are'} there already`, {
      where: root,
      hint: 'name an empty folder: bench init my-persona',
    });
  }
  const written: string[] = [];
  try {
    for (const { from, to } of files) {
      const file = path.join(root, to);
      mkdirSync(path.dirname(file), { recursive: true });
      writeAtomic(file, readFileSync(path.join(templates, from), 'utf8'));
      written.push(file);
    }
  } catch (error) {
    for (const file of written) rmSync(file, { force: true });
    throw error;
  }
  const inside = path.relative(process.cwd(), root);
  const enter = inside === '' ? '' : `cd ${shellWord(inside.startsWith('..') ? root : inside)} && `;
  const paths = files.map(({ to }) => path.join(inside, to));
  const next = `${enter}npx bench run suite.yaml`;
  write(writtenText({ said: '', written: paths, next }, options.json === true));
  return EXIT.pass;
}

/** Paths below a folder, in the order of the alphabet. */
function filesIn(folder: string, below = ''): readonly string[] {
  const entries = readdirSync(path.join(folder, below), { withFileTypes: true });
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const name = path.join(below, entry.name);
      return entry.isDirectory() ? filesIn(folder, name) : [name];
    });
}
