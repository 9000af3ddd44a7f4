// The declarations of the package: those that its entry points reach stay, and name modules as they are published; the
// rest of what the compiler wrote is removed, since nobody can import it.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Modules that a declaration names: by import, export, or a type of the form import("x"). */
const NAMED = /(\bfrom\s*|\bimport\s*\(?\s*)(['"])([^'"\n]+)\2/g;

/** Trims the declarations in `dist`; `entries`: paths in it. Returns the packages that they name, sorted. */
export function trimDeclarations(dist, entries) {
  const open = entries.map((entry) => path.join(dist, entry));
  const kept = new Set();
  const packages = new Set();
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (kept.has(file)) continue;
    kept.add(file);
    const text = readFileSync(file, 'utf8');
    const published = text.replace(NAMED, (whole, before, quote, name) => {
      if (!name.startsWith('.')) {
        packages.add(name);
        return whole;
      }
      const target = name.replace(/\.(?:ts|js)$/, '');
      open.push(path.resolve(path.dirname(file), `${target}.d.ts`));
      return `${before}${quote}${target}.js${quote}`;
    });
    if (published !== text) writeFileSync(file, published);
  }
  for (const name of readdirSync(dist, { recursive: true })) {
    const file = path.join(dist, name);
    if (file.endsWith('.d.ts') && !kept.has(file)) rmSync(file);
  }
  return [...packages].sort();
}
