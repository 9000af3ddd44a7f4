// docs/errors.md: every code of a BenchError, found in the source, with what it means and where it is thrown.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ERROR_CODES, NO_CODES } from './error-codes.ts';

const ROOT = new URL('../../', import.meta.url).pathname;
const FOLDERS = ['base', 'formats', 'gpu', 'harness', 'baselines', 'reports', 'api', 'cli'];
/** Where a code is stated outright. */
const STATED = /(?:BenchError\(|\bCODE\s*=|\bcode:)\s*'([a-z]+(?:-[a-z]+)*)'/g;
/** Literals that are codes by their looks: helpers take them as arguments. */
const LOOKS =
  /'((?:bad|cannot|device|duplicate|empty|few|gpu|hub|in-the|incomplete|judge|no|not|nothing|plan-too|sequence-too|too|two|unknown|unsupported)-[a-z-]+)'/g;

/** Code -> folders whose files have it, two levels deep. Throws where a code has no meaning, or a meaning no code. */
function thrownCodes(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, Set<string>>();
  for (const file of FOLDERS.flatMap((folder) => sources(folder))) {
    const text = readFileSync(join(ROOT, file), 'utf8');
    if (!/\b(?:BenchError|failOn|code)\b/.test(text)) continue;
    const literals = [...text.matchAll(STATED), ...text.matchAll(LOOKS)].map(([, code = '']) => code);
    const known = Object.keys(ERROR_CODES).filter((code) => text.includes(`'${code}'`));
    for (const code of [...literals, ...known]) {
      if (!NO_CODES.includes(code)) found.set(code, (found.get(code) ?? new Set()).add(folderOf(file)));
    }
  }
  const unexplained = [...found.keys()].filter((code) => ERROR_CODES[code] === undefined);
  const stale = Object.keys(ERROR_CODES).filter((code) => !found.has(code));
  if (unexplained.length + stale.length > 0) {
    throw new Error(
      `scripts/docs/error-codes.ts: ${[
        ...unexplained.map((code) => `"${code}" has no meaning there`),
        ...stale.map((code) => `"${code}" is thrown nowhere`),
      ].join('; ')}`,
    );
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([code, folders]) => [code, [...folders].sort()]));
}

/** The page. */
export function errorsPage(): string {
  const rows = [...thrownCodes()].map(([code, folders]) => {
    const [meaning, next] = ERROR_CODES[code]!;
    return `| \`${code}\` | ${meaning} | ${next} | ${folders.map((folder) => `\`${folder}\``).join(', ')} |`;
  });
  return `# Error codes

Made from the source by \`npm run docs\`. Every error that a user can act on is a \`BenchError\` with a code, a message, a place
(\`where\`) and a next step (\`hint\`). Codes are [stable](stability.md): messages may change, a code keeps its meaning. \`bench\` prints
message and hint, and exits with 2. An error inside a cell is recorded in \`run.json\` with its code; the run continues with the next
cell and exits with 3. \`BENCH_DEBUG=1\` prints the stack too.

| code | meaning | next step | thrown in |
|---|---|---|---|
${rows.join('\n')}
`;
}

function sources(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const name = join(folder, entry.name);
      if (entry.isDirectory()) return sources(name);
      return name.endsWith('.ts') ? [name] : [];
    })
    .sort();
}

function folderOf(file: string): string {
  return dirname(file).split('/').slice(0, 2).join('/');
}
