// The digest of a plugin's code: its file, and every file that it reaches by relative imports. What it imports from
// packages is not read: its own version string stands for that.

import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import path from 'node:path';
import { BenchError } from '../base/error.ts';
import { readBounded } from '../base/files.ts';

const MAX_FILE_BYTES = 2 ** 20;
const MAX_FILES = 256;
/** A compiled name may stand for the file that it was compiled from. */
const SOURCES: Readonly<Record<string, readonly string[]>> = { '.js': ['.ts'], '.mjs': ['.mts'] };
const ENDINGS = ['.ts', '.mts', '.js', '.mjs', '.json'];

/**
 * sha256 over the texts of `file` (absolute) and of what it imports by relative paths, hex; paths are relative to the file, so
 * that another place of the same code gives the same digest. Throws `bad-plugin` where a file is too large or too many.
 */
export function codeDigest(file: string): string {
  const found = new Map<string, string>();
  const open = [file];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue;
    const text = readBounded(next, MAX_FILE_BYTES);
    if (text === null || found.size >= MAX_FILES) {
      throw new BenchError(
        'bad-plugin',
        text === null ? `it cannot be read, or exceeds ${MAX_FILE_BYTES} bytes` : `it imports over ${MAX_FILES} files`,
        { where: next, hint: 'keep a plugin small, and take data from files in prepare' },
      );
    }
    found.set(next, text);
    for (const name of relativeImports(text)) {
      const target = located(path.resolve(path.dirname(next), name));
      if (target !== null) open.push(target);
    }
  }
  const hash = createHash('sha256');
  const folder = path.dirname(file);
  const named = [...found].map(([name, text]) => [path.relative(folder, name).replaceAll('\\', '/'), text] as const);
  for (const [name, text] of named.sort(([a], [b]) => (a < b ? -1 : 1))) hash.update(JSON.stringify([name, text]));
  return hash.digest('hex');
}

/** Every text that stands where a module is named, and starts with a dot; one in a comment does no harm. */
function relativeImports(code: string): readonly string[] {
  const named = /\b(?:from|import|require)\s*\(?\s*(['"])(\.{1,2}\/[^'"\n]{1,1000})\1/g;
  return [...code.matchAll(named)].map((match) => match[2] ?? '');
}

function located(target: string): string | null {
  const ending = path.extname(target);
  const stem = target.slice(0, target.length - ending.length);
  const others = (SOURCES[ending] ?? []).map((other) => `${stem}${other}`);
  const guesses = [target, ...others, ...ENDINGS.map((other) => `${target}${other}`)];
  return guesses.find((guess) => statSync(guess, { throwIfNoEntry: false })?.isFile()) ?? null;
}
