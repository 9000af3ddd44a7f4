// Thread of tokenizer-child.mjs: ends the process when its call uses more processor time or memory than it may. The library
// works on files and texts of others, and nothing in JavaScript can stop a native call that runs.

import { writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

const EVERY_MS = 10;
const { running, limits } = workerData;

setInterval(() => {
  if (Atomics.load(running, 0) === 0) return;
  const { user, system } = process.cpuUsage();
  const over =
    (user + system) / 1000 > limits[1]
      ? `it takes more than ${((limits[1] - limits[0]) / 1000).toFixed(1)} s of processor time`
      : process.memoryUsage.rss() > limits[2]
        ? `it takes more than ${Math.round(limits[2] / 2 ** 20)} MiB of memory`
        : null;
  // The call may have ended meanwhile: then nothing is wrong.
  if (over === null || Atomics.load(running, 0) === 0) return;
  writeSync(2, `\nlimit: ${over}\n`);
  process.kill(process.pid, 'SIGKILL');
}, EVERY_MS);
parentPort.postMessage('watching');
