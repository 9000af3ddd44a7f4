// Loaded with --import into a process under test: BENCH_TEST_KILL_AT=n makes that process kill itself half-way through its
// n-th synchronous write to a file. A torn write cannot be made from outside.

import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const fatal = Number(process.env.BENCH_TEST_KILL_AT);
const { writeSync } = fs;
let writes = 0;

fs.writeSync = (fd, bytes, offset, length, position) => {
  if (++writes !== fatal) return writeSync(fd, bytes, offset, length, position);
  writeSync(fd, bytes, offset, length >> 1, position);
  process.kill(process.pid, 'SIGKILL');
};
syncBuiltinESMExports();
