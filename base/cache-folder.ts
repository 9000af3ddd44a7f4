// Where this project keeps what it can make or download again.

import { accessSync, constants, lstatSync, mkdirSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * The user's cache folder of this project: $XDG_CACHE_HOME/persona-bench, or ~/.cache/persona-bench. Where that cannot be
 * written and XDG_CACHE_HOME is not set, a folder of this user alone among the temporary ones.
 */
export function cacheFolder(): string {
  const chosen = process.env.XDG_CACHE_HOME;
  if (chosen) return join(chosen, 'persona-bench');
  const usual = join(homedir(), '.cache', 'persona-bench');
  return isWritable(usual) ? usual : (ownTemporary() ?? usual);
}

function isWritable(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Others may write to the temporary folder: what another user put there must not be loaded. Null where it cannot be ours. */
function ownTemporary(): string | null {
  const user = process.getuid?.();
  if (user === undefined) return null;
  const folder = join(tmpdir(), `persona-bench-${user}`);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch {
    // It is there already, or cannot be made: looked at below.
  }
  try {
    const stat = lstatSync(folder);
    return stat.isDirectory() && stat.uid === user && (stat.mode & 0o077) === 0 ? folder : null;
  } catch {
    return null;
  }
}
