// Where this project keeps what it can make or download again.

import { homedir } from 'node:os';
import { join } from 'node:path';

/** The user's cache folder of this project: $XDG_CACHE_HOME/persona-bench, or ~/.cache/persona-bench. */
export function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'persona-bench');
}
