// Where `bench init` writes: the folders of the repository and of the package around a folder, and the files that depend on
// them. Templates stand in suites/init.

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../harness/config/paths.ts';

/** What surrounds the folder that is written into; absolute. */
export interface Places {
  readonly folder: string;
  readonly repository: string | null; // where .git is; null outside a repository
  readonly npm: string; // where package.json is, or would be
  readonly installed: string | null; // the package's folder, where the YAML files find its schemas
}

/** The nearest folder from `folder` upwards, `top` the last one, that has `name` in it. */
function above(folder: string, name: string, top: string | null = null): string | null {
  for (let at = folder; ; at = path.dirname(at)) {
    if (existsSync(path.join(at, name))) return at;
    if (at === top || at === path.dirname(at)) return null;
  }
}

export function placesOf(folder: string): Places {
  const repository = above(folder, '.git');
  const modules = above(folder, path.join('node_modules', 'persona-bench', 'package.json'));
  const own = packageRoot();
  const inside = !path.relative(own, folder).startsWith('..');
  return {
    folder,
    repository,
    npm: above(folder, 'package.json', repository) ?? folder,
    installed: modules === null ? (inside ? own : null) : path.join(modules, 'node_modules', 'persona-bench'),
  };
}

/** A path as YAML and GitHub write it. */
const posix = (from: string, to: string): string => path.relative(from, to).replaceAll('\\', '/');

/** Where GitHub looks for workflows: at the top of the repository. Relative to the folder. */
export function workflowFile({ folder, repository }: Places): string {
  const name = path.basename(folder).replace(/[^\w.-]+/g, '-');
  const file = repository === null || repository === folder ? 'persona.yml' : `persona-${name}.yml`;
  return path.join(path.relative(folder, repository ?? folder), '.github', 'workflows', file);
}

/** The first line of a YAML file, by which editors check it: the schema where npm installs it. */
export function schemaLine({ folder, npm, installed }: Places, kind: 'suite' | 'personas'): string {
  const from = installed ?? path.join(npm, 'node_modules', 'persona-bench');
  const schema = posix(folder, path.join(from, 'harness', 'config', `${kind}.schema.json`));
  return `# yaml-language-server: $schema=${schema.startsWith('.') ? schema : `./${schema}`}\n`;
}

/** The template of the workflow with the folders of this repository in it. */
export function workflowText(template: string, { folder, repository, npm }: Places): string {
  const root = repository ?? folder;
  const steps = [
    ['npm ci', npm],
    ['npx bench run suite.yaml --gate', folder],
  ] as const;
  return steps.reduce((text, [command, at]) => {
    const inside = posix(root, at);
    const where = inside === '' ? '' : `\n        working-directory: ${JSON.stringify(inside)}`;
    return text.replace(`run: ${command}`, `run: ${command}${where}`);
  }, template);
}

/** The text of .gitignore with the results' folder in it; null where it is in it already. */
export function ignoreText(file: string): string | null {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  if (/^\/?(?:\*\*\/)?\.bench\/?\s*$/m.test(text)) return null;
  const comment = '# Runs and stored answers of persona-bench: made again from the suite.\n.bench/\n';
  return text === '' || text.endsWith('\n') ? `${text}${comment}` : `${text}\n${comment}`;
}
