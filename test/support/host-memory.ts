// The most memory that a process has held.

import { readFileSync } from 'node:fs';

/** Peak resident bytes of this process; what getrusage says starts from the process that it was forked from. */
export function peakHostBytes(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  return 1024 * Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]);
}
