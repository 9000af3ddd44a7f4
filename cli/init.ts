// `bench init FOLDER`: a commented suite, a persona with its opposite, a workflow that gates on them, and .gitignore. Nothing
// is written where a file of the same name exists, but for a line of .gitignore.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { BenchError } from '../base/error.ts';
import { writeAtomic } from '../base/files.ts';
import { shellWord } from '../base/words.ts';
import { packageRoot } from '../harness/config/paths.ts';
import { writtenText } from './closing-message.ts';
import { EXIT } from './exit-codes.ts';
import { ignoreText, type Places, placesOf, schemaLine, workflowFile, workflowText } from './init-places.ts';

const WORKFLOW = 'workflow.yml';

/** Returns exit code 0. Throws `in-the-way` where a file exists already, or the folder is a file. */
export async function initVerb(
  folder = '.',
  options: { readonly json?: boolean } = {},
  write: (text: string) => void = (text) => process.stdout.write(text),
): Promise<number> {
  const root = path.resolve(folder);
  if (existsSync(root) && !statSync(root).isDirectory()) {
    throw new BenchError('in-the-way', 'this is a file', { where: root, hint: 'name a folder' });
  }
  const places = placesOf(root);
  const files = filesOf(places);
  const taken = files.filter(({ to }) => existsSync(path.join(root, to))).map(({ to }) => to);
  if (taken.length > 0) {
    throw new BenchError('in-the-way', `${taken.join(', ')} ${taken.length === 1 ? 'is' : 'are'} there already`, {
      where: root,
      hint: 'name an empty folder: bench init my-persona',
    });
  }
  const ignore = path.join(root, '.gitignore');
  const before = existsSync(ignore) ? readFileSync(ignore, 'utf8') : null;
  const ignored = ignoreText(ignore);
  const written: string[] = [];
  try {
    for (const { to, text } of files) {
      const file = path.join(root, to);
      mkdirSync(path.dirname(file), { recursive: true });
      writeAtomic(file, text);
      written.push(file);
    }
    if (ignored !== null) writeAtomic(ignore, ignored);
  } catch (error) {
    for (const file of written) rmSync(file, { force: true });
    if (ignored !== null && before !== null) writeAtomic(ignore, before);
    throw error;
  }
  const inside = path.relative(process.cwd(), root);
  const enter = inside === '' ? '' : `cd ${shellWord(inside.startsWith('..') ? root : inside)} && `;
  const paths = [...files.map(({ to }) => to), ...(ignored === null ? [] : ['.gitignore'])];
  write(
    writtenText(
      {
        said: saidOf(places),
        written: paths.map((to) => path.join(inside, to)),
        next: `${enter}npx bench run suite.yaml`,
      },
      options.json === true,
    ),
  );
  return EXIT.pass;
}

/** What the user has to do for the files to work as they are. */
function saidOf({ repository, installed, npm }: Places): string {
  const said: string[] = [];
  if (installed === null)
    said.push(`persona-bench is not installed in ${npm}: npx, the workflow and editors look there.`);
  if (repository === null) {
    said.push('This is not a git repository: GitHub reads .github/workflows only at the top of one.');
  }
  return said.join(' ');
}

/** Each file relative to the folder, with its text. */
function filesOf(places: Places): readonly { readonly to: string; readonly text: string }[] {
  const templates = path.join(packageRoot(), 'suites', 'init');
  return filesIn(templates).map((name) => {
    const text = readFileSync(path.join(templates, name), 'utf8');
    if (name === WORKFLOW) return { to: workflowFile(places), text: workflowText(text, places) };
    if (name === 'suite.yaml') return { to: name, text: `${schemaLine(places, 'suite')}${text}` };
    if (name === 'personas.yaml') return { to: name, text: `${schemaLine(places, 'personas')}${text}` };
    return { to: name, text };
  });
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
