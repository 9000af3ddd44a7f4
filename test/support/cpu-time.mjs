// Preloaded with --import: the process's last words on stderr are the CPU time it took, in ms.
import { writeSync } from 'node:fs';

process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  writeSync(2, `\ncpu ${((user + system) / 1000).toFixed(1)} ms\n`);
});
