// npm run check:large [-- --json FILE] [--only NAME]: random bf16 checkpoints of real sizes, sharded, through
// suites/smoke.yaml. Tokens per second, peak host bytes and the device's ledger, as a table and as JSON.

import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import type { RunResult } from '../harness/record/run-record.ts';
import { temporaryFolder } from '../test/support/folders.ts';
import { type LargeModel, writeLargeModel } from '../test/support/large-model.ts';
import { NODE, ROOT } from '../test/support/node.ts';

const TOKENIZERS = join(ROOT, '../shared/tokenizers');
const POLL_MS = 50;

interface Case {
  readonly name: string;
  readonly tokenizer: string;
  readonly model: LargeModel;
}

const COMMON = { family: 'llama', format: 'bf16', positions: 2048, shardBytes: 1e8, fill: 'random' } as const;
const CASES: readonly Case[] = [
  {
    name: 'SmolLM2-135M',
    tokenizer: 'smollm2',
    model: { ...COMMON, seed: 1, layers: 30, hidden: 576, ffn: 1536, heads: 9, kvHeads: 3, vocab: 49_152 },
  },
  {
    name: 'one layer, 151,936 tied rows',
    tokenizer: 'qwen2.5',
    model: { ...COMMON, seed: 2, layers: 1, hidden: 896, ffn: 4864, heads: 14, kvHeads: 2, vocab: 151_936 },
  },
];

interface Row {
  readonly model: string;
  readonly device: string;
  readonly deviceClass: string;
  readonly tensorBytes: number;
  readonly writeSeconds: number;
  readonly runSeconds: number; // the whole command
  readonly scoredTokens: number; // rows that went through the network, over all cells
  readonly scoringTokensPerSecond: number; // over all cells
  readonly decodeTokensPerSecond: number; // median over methods of one sequence alone
  readonly peakHostBytes: number | null; // null where the system does not tell
  readonly ledgerBytes: number; // most device bytes at once
}

let running: ChildProcess | undefined;
process.on('exit', () => running?.kill('SIGKILL'));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));

/** Peak resident bytes of another process, or null once it has ended or where the system does not tell. */
function peakOf(pid: number): number | null {
  try {
    const found = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return found === null ? null : 1024 * Number(found[1]);
  } catch {
    return null;
  }
}

/** `bench run suites/smoke.yaml` on the model: its result, its time and its peak. */
function runSmoke(folder: string, out: string): Promise<{ result: RunResult; seconds: number; peak: number | null }> {
  const start = performance.now();
  const command = ['run', 'suites/smoke.yaml', '--model', folder, '--out', out, '--json', '--progress', 'plain'];
  const child = spawn(NODE, ['--import', 'tsx', 'cli/main.ts', ...command], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running = child;
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  let peak: number | null = null;
  const poll = setInterval(() => {
    peak = peakOf(child.pid ?? 0) ?? peak;
  }, POLL_MS);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearInterval(poll);
      if (code !== 0) return reject(new Error(`bench run ended with ${signal ?? code}`));
      resolve({ result: JSON.parse(stdout), seconds: (performance.now() - start) / 1000, peak });
    });
  });
}

async function measure({ name, tokenizer, model }: Case): Promise<Row> {
  const folder = temporaryFolder();
  try {
    const start = performance.now();
    const tensorBytes = await writeLargeModel(join(folder, 'model'), model);
    for (const file of ['tokenizer.json', 'tokenizer_config.json']) {
      copyFileSync(join(TOKENIZERS, tokenizer, file), join(folder, 'model', file));
    }
    const writeSeconds = (performance.now() - start) / 1000;
    console.error(`${name}: ${(tensorBytes / 1e6).toFixed(0)} MB written in ${writeSeconds.toFixed(1)} s`);
    const { result, seconds, peak } = await runSmoke(join(folder, 'model'), join(folder, 'out'));
    const counters = result.cells.flatMap((cell) => cell.counters ?? []);
    const scoredTokens = counters.reduce((sum, { tokens }) => sum + tokens, 0);
    const scoringMs = result.cells.reduce((sum, cell) => sum + (cell.scoringMs ?? 0), 0);
    const decodeMs = result.latency.map((row) => row.decodeMs.median).sort((a, b) => a - b);
    const ledgers = [...counters, ...result.latency].map(({ peakBytes }) => peakBytes);
    return {
      model: name,
      device: result.device.name,
      deviceClass: result.device.deviceClass,
      tensorBytes,
      writeSeconds,
      runSeconds: seconds,
      scoredTokens,
      scoringTokensPerSecond: (1000 * scoredTokens) / scoringMs,
      decodeTokensPerSecond: 1000 / (decodeMs[decodeMs.length >> 1] ?? Number.NaN),
      peakHostBytes: peak,
      ledgerBytes: Math.max(...ledgers),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function print(rows: readonly Row[]): void {
  const mb = (bytes: number | null): string => (bytes === null ? 'unknown' : (bytes / 1e6).toFixed(0));
  const table = new Table({
    head: ['model', 'tensors MB', 'scoring tok/s', 'decode tok/s', 'peak host MB', 'ledger MB', 'run s'],
    style: { head: [], border: [] },
  });
  for (const row of rows) {
    table.push([
      row.model,
      mb(row.tensorBytes),
      row.scoringTokensPerSecond.toFixed(1),
      row.decodeTokensPerSecond.toFixed(2),
      mb(row.peakHostBytes),
      mb(row.ledgerBytes),
      row.runSeconds.toFixed(0),
    ]);
  }
  console.log(`${rows[0]?.device}, ${cpus().length} x ${cpus()[0]?.model}, Node ${process.version}`);
  console.log(table.toString());
}

const { values } = parseArgs({ options: { json: { type: 'string' }, only: { type: 'string' } } });
const cases = CASES.filter(({ name }) => name.includes(values.only ?? ''));
const absent = cases.map(({ tokenizer }) => join(TOKENIZERS, tokenizer)).filter((folder) => !existsSync(folder));
if (absent.length > 0) {
  console.error(`check:large did not run: ${absent.join(' and ')} are absent.`);
  console.error('It needs the tokenizers of ../shared beside the checkout; the checkpoints it writes itself.');
  process.exitCode = 2;
} else if (cases.length === 0) {
  console.error(`--only ${values.only} is in none of: ${CASES.map(({ name }) => name).join('; ')}`);
  process.exitCode = 2;
} else {
  const rows: Row[] = [];
  for (const one of cases) {
    rows.push(await measure(one));
    print(rows.slice(-1));
  }
  if (rows.length > 1) print(rows);
  const json = JSON.stringify({ at: new Date().toISOString(), cpu: cpus()[0]?.model, cores: cpus().length, rows });
  if (values.json === undefined) console.log(json);
  else writeFileSync(values.json, `${json}\n`);
}
