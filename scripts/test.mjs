// Runs test/**/*.test.ts with uvu, two files at a time, each in its own process and with a time limit; ends with
// `N passed, N failed` alone on the last line. Arguments filter by path: `node scripts/test.mjs gpu/ stats`.
// Those in test/browser/ run only when that folder, or a file in it, is named.
// Its limits catch hangs, not slow machines: no test here needs a tenth of them on an idle one. A file may set its own
// in its first lines, in seconds: `// test-timeout: 3`, and `// exit-grace: 1` for what may pass between its last test
// and the end of its process. Interrupted, or ended by a limit of whoever started it, it still prints its totals.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const PARALLEL = 2;
const SLOWEST = 8; // files named at the end
const FILE_TIMEOUT_MS = 1_800_000;
const EXIT_GRACE_MS = 60_000; // from uvu's summary to the end of the process
const BROWSER = 'test/browser/';
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

const root = fileURLToPath(new URL('..', import.meta.url));
const loader = basename(process.execPath).startsWith('ld-linux');
const node = process.env.NODE_BIN ?? (loader ? join(dirname(process.execPath), 'node-lvp') : process.execPath);

const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const [signal, code] of Object.entries(SIGNALS)) process.on(signal, () => cut(signal, code));

/** Runs Node to its end: its output, its exit code, and why it was killed if it was. */
function run(args, { timeoutMs, graceMs }) {
  return new Promise((resolve) => {
    const start = performance.now();
    const child = spawn(node, ['--import', 'tsx', ...args], {
      cwd: root,
      env: { ...process.env, NODE_BIN: node, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    let output = '';
    let killed = '';
    const kill = (reason) => {
      killed ||= reason;
      child.kill('SIGKILL');
    };
    const limit = setTimeout(() => kill(`killed: it took longer than ${timeoutMs / 1000} s`), timeoutMs);
    let grace;
    const take = (text) => {
      output += text;
      if (grace === undefined && /\n {2}Duration: /.test(output)) {
        grace = setTimeout(() => kill('killed: its tests were over, but the process did not end'), graceMs);
      }
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    child.on('error', (error) => kill(`cannot start ${node}: ${error.message}`));
    child.on('close', (code, signal) => {
      running.delete(child);
      clearTimeout(limit);
      clearTimeout(grace);
      resolve({ output, code, signal, killed, ms: performance.now() - start });
    });
  });
}

function limitsOf(file) {
  const head = readFileSync(file, 'utf8').slice(0, 1000);
  const own = (name, otherwise) => {
    const seconds = new RegExp(`^// ${name}: (\\d+)$`, 'm').exec(head)?.[1];
    return seconds === undefined ? otherwise : Number(seconds) * 1000;
  };
  return { timeoutMs: own('test-timeout', FILE_TIMEOUT_MS), graceMs: own('exit-grace', EXIT_GRACE_MS) };
}

/** uvu's own totals. A hook that throws leaves tests unrun without an error, so what did not pass has failed. */
function count({ output, code, signal, killed }) {
  const number = (name) => Number(new RegExp(`^ {2}${name}: +(\\d+)$`, 'm').exec(output)?.[1] ?? Number.NaN);
  const [total, passed, skipped] = [number('Total'), number('Passed'), number('Skipped')];
  const empty = 'it ran no test: is `run()` missing?';
  if (Number.isNaN(total)) {
    return { passed: 0, failed: 1, skipped: 0, why: killed || (code === 0 ? empty : 'it ended before its tests did') };
  }
  if (total === 0 && skipped === 0) return { passed, failed: 1, skipped, why: empty };
  const failed = total - passed;
  if (failed > 0) return { passed, failed, skipped, why: killed || `${failed} of ${total} failed` };
  if (killed || code !== 0) return { passed, failed: 1, skipped, why: killed || `exit ${code ?? signal}` };
  return { passed, failed: 0, skipped, why: '' };
}

const filters = process.argv.slice(2).map((filter) => filter.replace(/^\.\//, ''));
const files = readdirSync(join(root, 'test'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
  .map((entry) => join('test', relative(join(root, 'test'), join(entry.parentPath, entry.name))).replaceAll('\\', '/'))
  .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)))
  // A browser is no dependency of the package: these run where they are named.
  .filter((file) => !file.startsWith(BROWSER) || filters.some((filter) => filter.startsWith(BROWSER)))
  .sort();

const sum = { passed: 0, failed: 0, skipped: 0 };
const queue = [...files];
const started = new Map();

/** Prints the totals, alone on the last line. */
function printTotals() {
  console.log(`${sum.passed} passed, ${sum.failed} failed${sum.skipped > 0 ? `, ${sum.skipped} skipped` : ''}`);
}

/** Ends the run before its time: what runs and what has not begun are counted as failed, file by file, and named. */
function cut(signal, code) {
  const now = performance.now();
  for (const [file, at] of started) {
    console.log(`FAIL ${file}: it was running when ${signal} came (${((now - at) / 1000).toFixed(1)} s)`);
  }
  if (queue.length > 0) console.log(`FAIL not run when ${signal} came: ${queue.join(', ')}`);
  sum.failed += Math.max(1, started.size + queue.length);
  printTotals();
  process.exit(code);
}

const probe = await run(
  [
    '--input-type=module',
    '--eval',
    `const { openGpu } = await import('./gpu/device/device.ts');
     try {
       const gpu = await openGpu();
       console.log('device: ' + gpu.name + ', ' + gpu.testbed.dawn + ', node ' + gpu.testbed.node);
       await gpu.dispose();
     } catch (error) {
       console.log('no device: ' + error.message + '\\n' + (error.hint ?? ''));
       process.exitCode = 1;
     }`,
  ],
  { timeoutMs: FILE_TIMEOUT_MS, graceMs: EXIT_GRACE_MS },
);
console.log(/^(no )?device: [\s\S]*/m.exec(probe.output)?.[0].trim() ?? probe.output);

sum.failed += probe.code === 0 ? 0 : 1;
const times = [];
async function work() {
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    started.set(file, performance.now());
    const result = await run([file], limitsOf(join(root, file)));
    started.delete(file);
    times.push([result.ms, file]);
    const { passed, failed, skipped, why } = count(result);
    sum.passed += passed;
    sum.failed += failed;
    sum.skipped += skipped;
    const time = `${(result.ms / 1000).toFixed(1)} s`;
    if (failed > 0) console.log(`FAIL ${file}: ${why} (${time})\n${result.output.trimEnd()}\n`);
    else console.log(`ok   ${file}: ${passed}${skipped > 0 ? `, ${skipped} skipped` : ''} (${time})`);
    if (failed === 0) for (const line of result.output.match(/^skipped: .*$/gm) ?? []) console.log(`     ${line}`);
  }
}
await Promise.all(Array.from({ length: PARALLEL }, work));

if (sum.passed + sum.failed === 0) {
  console.log(filters.length > 0 ? `no test ran: nothing matches ${filters.join(', ')}` : 'no test ran');
  sum.failed = 1;
}
const slowest = times.sort(([a], [b]) => b - a).slice(0, SLOWEST);
if (files.length > SLOWEST) {
  console.log(`slowest: ${slowest.map(([ms, file]) => `${file} ${(ms / 1000).toFixed(0)} s`).join(', ')}`);
}
printTotals();
process.exitCode = sum.failed > 0 ? 1 : 0;
