// npm run docs: writes the pages of docs/ that are made from the source. With --check it only compares, and fails where a page
// is not what the source says.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cliPage } from './docs/cli.ts';
import { errorsPage } from './docs/errors.ts';
import { referencePage } from './docs/reference.ts';

const PAGES: Readonly<Record<string, string>> = {
  'cli.md': await cliPage(),
  'errors.md': errorsPage(),
  'suite-reference.md': referencePage(),
};

for (const [name, text] of Object.entries(PAGES)) {
  const file = new URL(`../docs/${name}`, import.meta.url);
  if (!process.argv.includes('--check')) writeFileSync(file, text);
  else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    console.error(`docs/${name} is not what the source says: npm run docs`);
    process.exitCode = 1;
  }
}
