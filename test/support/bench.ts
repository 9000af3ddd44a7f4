// The command line as a child of a test: the compiled one where it is not older than what it was compiled from, since it
// starts in half the time; else the sources.

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './node.ts';

const COMPILED = join(ROOT, 'dist', 'cli', 'main.js');
const FOLDERS = ['api', 'base', 'baselines', 'cli', 'formats', 'gpu', 'harness', 'reports'];

function isCurrent(): boolean {
  if (!existsSync(COMPILED)) return false;
  const made = statSync(COMPILED).mtimeMs;
  return FOLDERS.every((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true }).every(
      (entry) => !entry.isFile() || statSync(join(entry.parentPath, entry.name)).mtimeMs <= made,
    ),
  );
}

/** Node's arguments before those of `bench`, from whichever folder it is started in. */
export const BENCH: readonly string[] = isCurrent()
  ? [COMPILED]
  : ['--import', join(ROOT, 'node_modules/tsx/dist/esm/index.mjs'), join(ROOT, 'cli', 'main.ts')];

/** Calibration on a few texts, for tests that look at something else: with `--set`. */
export const FEW_SAMPLES: readonly string[] = ['--set', 'methods.2.subnetwork.samples=4'];
