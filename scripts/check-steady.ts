// npm run check:steady [-- --rounds N]: loads, uses and closes a small random model 1,000 times. The ledger must be back
// at zero each time, and resident memory flat once allocators and compilers have what they keep. Prints one line of JSON; exit 1 when not.

import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { describeDevice } from '../gpu/device/info.ts';
import { temporaryFolder } from '../test/support/folders.ts';
import { residentBytes, round, steadyModel } from '../test/support/steady.ts';

/**
 * Most growth of resident memory. One sample varies by 20 MB, the median of ten by less than 10; one device that is not
 * let go takes 80 KB, so that 800 of them are twice the limit.
 */
const MAX_GROWTH_BYTES = 32e6;
const SAMPLES = 10;
/** A driver's pools grow for the first 20 to 30 rounds. */
const WARM_ROUNDS = 40;
/** Sockets and pipes of a driver come and go; one that is left behind each round is hundreds. */
const MAX_MORE_FILES = 8;

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;
const openFiles = (): number => (process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0);

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '1000' } } });
const rounds = Number(values.rounds);
const early = Math.max(WARM_ROUNDS, Math.floor(rounds / 5));
if (!Number.isInteger(rounds) || rounds < early + SAMPLES || globalThis.gc === undefined) {
  console.error(`check:steady needs --rounds ${WARM_ROUNDS + SAMPLES} or more, and node --expose-gc`);
  process.exit(2);
}

const folder = temporaryFolder();
await steadyModel(folder);
const start = performance.now();
let ledger = 0;
let files = 0;
const samples: Record<'early' | 'late', number[]> = { early: [], late: [] };
for (let i = 1; i <= rounds; i++) {
  ledger = Math.max(ledger, await round(folder));
  if (i > early - SAMPLES && i <= early) samples.early.push(await residentBytes());
  if (i === early) files = openFiles();
  if (i > rounds - SAMPLES) samples.late.push(await residentBytes());
  if (i % Math.ceil(rounds / 5) === 0) {
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    console.error(
      `${i} of ${rounds} rounds in ${seconds} s: ${(process.memoryUsage.rss() / 1e6).toFixed(0)} MB resident`,
    );
  }
}
const [first, last] = [median(samples.early), median(samples.late)];
const moreFiles = openFiles() - files;
const flat = last - first <= MAX_GROWTH_BYTES && moreFiles <= MAX_MORE_FILES && ledger === 0;
const device = (await describeDevice({})).name;
console.log(JSON.stringify({ device, rounds, ledger, residentBytes: [first, last], moreFiles, flat }));
process.exitCode = flat ? 0 : 1;
