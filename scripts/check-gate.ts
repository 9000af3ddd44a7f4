// Is the gate's word to be trusted? First its error rates by simulation (gate-rates.ts), which need no device. Then on
// suites/ci.yaml: the same commit judged n times must get n equal verdicts, and three changes must each be red and name the
// traits that fell. Takes some minutes: npm run check:gate [n]; n = 0: the simulation alone.

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { GateReport, Verdict } from '../harness/record/verdicts.ts';
import { NODE, ROOT, runNode } from '../test/support/node.ts';
import { gateRates } from './gate-rates.ts';

const TIMEOUT_MS = 600_000;
const times = Number(process.argv[2] ?? 10);
const faults: string[] = [...gateRates()];
if (times === 0) finish();
const folder = mkdtempSync(path.join(tmpdir(), 'bench-gate-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
const reference = path.join(folder, 'reference.json');

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
}

async function bench(...args: readonly string[]): Promise<Ran> {
  const tsx = path.join(ROOT, 'node_modules/tsx/dist/esm/index.mjs');
  const all = ['--import', tsx, path.join(ROOT, 'cli/main.ts'), ...args];
  const { code, stdout, stderr } = await runNode(all, { cwd: folder, timeoutMs: TIMEOUT_MS });
  if (code === null || code === 2 || code === 3)
    throw new Error(`bench ${args.join(' ')} ended with ${code}: ${stderr}`);
  return { code, stdout };
}

/** The verdicts of a run with some flags, which asks further items only where a row is open. */
async function judged(...flags: readonly string[]): Promise<GateReport> {
  await bench('run', path.join(ROOT, 'suites/ci.yaml'), '--quiet', '--gate', '--reference', reference, ...flags);
  const { stdout } = await bench('gate', 'latest', '--reference', reference, '--json');
  return JSON.parse(stdout);
}

/** Ends the process: 1 where something does not hold. */
function finish(): never {
  if (faults.length > 0) {
    console.error(`\n${faults.length} faults:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    process.exit(1);
  }
  console.log('all of it holds');
  process.exit(0);
}

/** Alignment verdicts, with what else was red. */
function said({ verdicts, exitCode }: GateReport): string {
  const own = verdicts.filter(({ rule, outcome }) => rule === 'alignment' || outcome === 'fail');
  const line = ({ rule, row, outcome, message }: Verdict) => `  ${outcome} ${rule} ${row}: ${message}`;
  return [`exit code ${exitCode}`, ...own.map(line)].join('\n');
}

function demand(holds: boolean, fault: string): void {
  if (!holds) faults.push(fault);
}

/** Red, by alignment, and the traits named among those that fell. */
function demandRed(name: string, report: GateReport, traits: readonly string[]): void {
  console.log(`${name}: ${said(report)}`);
  const red = report.verdicts.filter(({ rule, outcome }) => rule === 'alignment' && outcome === 'fail');
  demand(report.exitCode === 1 && red.length > 0, `${name} is not red by alignment`);
  for (const trait of traits) {
    demand(
      red.some(({ message }) => message.split('down: ')[1]?.includes(trait) === true),
      `${name} does not name ${trait}`,
    );
  }
}

/** The bundled model with the MLP of one layer all zeros. */
function zeroed(layer: number): string {
  const model = path.join(folder, `zeroed-${layer}`);
  cpSync(path.join(ROOT, 'models/persona-nano'), model, { recursive: true });
  const file = path.join(model, 'model.safetensors');
  const bytes = readFileSync(file);
  const length = Number(bytes.readBigUInt64LE(0));
  const header: Record<string, { readonly data_offsets: readonly [number, number] }> = JSON.parse(
    bytes.toString('utf8', 8, 8 + length),
  );
  const found = Object.entries(header).filter(([name]) => name.startsWith(`model.layers.${layer}.mlp.`));
  if (found.length === 0) throw new Error(`the model has no MLP in layer ${layer}`);
  for (const [, { data_offsets: at }] of found) bytes.fill(0, 8 + length + at[0], 8 + length + at[1]);
  writeFileSync(file, bytes);
  return model;
}

/** The bundled personas with one prompt that says next to nothing. */
function weakened(persona: string): string {
  const text = readFileSync(path.join(ROOT, 'personas.yaml'), 'utf8').replaceAll(
    /(: |, )suites\//g,
    `$1${ROOT}suites/`,
  );
  const at = text.indexOf(`\n  ${persona}:`);
  const changed = text.slice(0, at) + text.slice(at).replace(/plain: .*/, 'plain: You are a person.');
  const file = path.join(folder, 'weakened.yaml');
  writeFileSync(file, changed);
  return file;
}

console.log(`${NODE}, in ${folder}`);
await bench('run', path.join(ROOT, 'suites/ci.yaml'), '--quiet');
await bench('bless', 'latest', '--out', reference);

const verdicts = new Set<string>();
for (let k = 0; k < times; k++) {
  const report = await judged('--fresh');
  verdicts.add(JSON.stringify(report));
  demand(report.exitCode === 0, `run ${k + 1} of the same commit ended with ${report.exitCode}`);
  const identity = report.verdicts.filter(({ rule }) => rule === 'identity');
  demand(
    identity.length > 0 && identity.every(({ message }) => message.endsWith('are bit-identical')),
    `run ${k + 1} of the same commit is not bit-identical`,
  );
}
console.log(`${times} runs of the same commit: ${verdicts.size} different verdicts`);
demand(verdicts.size === 1, `${verdicts.size} different verdicts`);

const all = ['extraversion', 'agreeableness', 'conscientiousness', 'neuroticism', 'openness'];
// A mask of a tenth of the weights holds nothing: 4 points less, which is too little to name every trait.
demandRed('sparsity 0.1 under its label', await judged('--set', 'sparsity=[{low: 0.1}]'), []);
// At 0.8 this model gives more of the persona's answers than at 0.3, and no longer speaks: red by tax and fluency.
const pruned = await judged('--set', 'sparsity=[{low: 0.8}]');
console.log(`sparsity 0.8 under its label: ${said(pruned)}`);
for (const wanted of ['tax', 'fluency']) {
  demand(
    pruned.verdicts.some(({ rule, outcome }) => rule === wanted && outcome === 'fail'),
    `sparsity 0.8 under its label is not red by ${wanted}`,
  );
}
demandRed('a weakened prompt', await judged('--set', `personas.file=${weakened('introversion')}`), ['extraversion']);
demandRed("a layer's MLP zeroed", await judged('--model', zeroed(0)), all);

finish();
