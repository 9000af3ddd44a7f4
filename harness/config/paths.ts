// Where the package is: its bundled models, suites and personas are found from there, in source and in dist/.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Absolute folder of this package. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === 'persona-bench') return folder;
    const parent = dirname(folder);
    if (parent === folder) throw new Error('package.json of persona-bench is missing above its own code');
    folder = parent;
  }
}
