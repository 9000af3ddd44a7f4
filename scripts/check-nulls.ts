// How often does a control beat its controls? Draws of `shuffled` know no persona: each, put in the place of the method under the
// real rule (harness/analysis/comparisons.ts), may beat what the method is compared with at most 5 times in a hundred. First by
// simulation (nulls/simulation.ts), which needs no device; then with draws of persona-nano, where the contrastive mask at `middle` must
// still beat its controls and Wanda at 0.3 must not. Takes some minutes: npm run check:nulls [draws] [folder]; 0 draws: the
// simulation alone; with a folder what was computed is kept there, and a second call continues.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { machineOf } from '../api/machine.ts';
import { METHODS } from '../api/methods.ts';
import { percent } from '../base/figures.ts';
import type { Answered } from '../harness/analysis/metrics.ts';
import { loadSuite } from '../harness/config/index.ts';
import type { MethodEntry, Suite } from '../harness/config/resolved.ts';
import { EVALUATIONS } from '../harness/evaluations/index.ts';
import type { Cell } from '../harness/plan/cell.ts';
import { withControls } from '../harness/plan/controls.ts';
import { storeKey } from '../harness/plan/identity.ts';
import { leanOf } from '../harness/plan/lean.ts';
import { planSession, runSession } from '../harness/run/session.ts';
import { ROOT } from '../test/support/node.ts';
import { asControls, judged } from './nulls/in-place.ts';
import { verdictsOnDraws } from './nulls/leave-one-out.ts';
import { type NullSetting, nullRate } from './nulls/simulation.ts';

/** Draws that a method is compared with. */
const DRAWS = 20;
/** The share of draws that may beat their controls. */
const MOST = 0.05;
const RUNS = 1000;
const draws = Number(process.argv[2] ?? 41);
const kept = process.argv[3];

const faults: string[] = [];
function demand(holds: boolean, fault: string): void {
  if (!holds) faults.push(fault);
}

const USUAL: NullSetting = {
  ...{ traits: [48, 48, 48, 48, 48], asked: 1 / 3, draws: DRAWS, spread: 0.35, noise: 0.3, poles: 'both' },
};
for (const [name, more] of [
  ['the default suite, draws as far apart as those of contrastive', {}],
  ['draws that hardly differ, as those of Wanda', { spread: 0.02, noise: 0.1 }],
  ['draws 12 points apart', { spread: 1.3 }],
  ['one trait', { traits: [48] }],
  ['one persona', { traits: [48], poles: 'one' }],
] as const) {
  const { beats, sd } = nullRate({ ...USUAL, ...more }, RUNS, 1);
  console.log(`simulated, ${name} (${sd.toFixed(1)} points): ${percent(beats)} % of ${RUNS} draws beat their controls`);
  demand(beats <= MOST, `simulated, ${name}: ${percent(beats)} %, more than ${percent(MOST)} %`);
}
if (draws > 0) await real();
finish();

/** Every cell of the suite with its outcomes, from the store where they are there. */
async function answers(suite: Suite, base: string): Promise<readonly Answered[]> {
  const { signal } = new AbortController();
  let done = 0;
  const session = {
    ...{ suite, registry: METHODS, kinds: EVALUATIONS, machine: machineOf(undefined), base, command: ['check:nulls'] },
    ...{ signal, fresh: false, failFast: true },
    emit: ({ kind }: { readonly kind: string }) => {
      if (kind === 'cell-done' && ++done % 100 === 0) console.error(`${done} cells computed`);
    },
  };
  const { result } = await runSession(session);
  if (result.exitCode !== 0) throw new Error(`the run ended with ${result.exitCode}: ${JSON.stringify(result.notes)}`);
  const { store, cells, device, kernels } = await planSession(session);
  return cells.flatMap((cell) => {
    const found = store.get(storeKey(cell.id, device.deviceClass, kernels), cell);
    return found.status === 'stored' && cell.split === 'evaluation' ? [{ cell, outcomes: found.cell.outcomes }] : [];
  });
}

async function real(): Promise<void> {
  const base = kept ?? mkdtempSync(path.join(tmpdir(), 'bench-nulls-'));
  if (kept === undefined) process.once('exit', () => rmSync(base, { recursive: true, force: true }));
  const file = path.join(ROOT, 'suites/big-five.yaml');
  const whole = await loadSuite(file, { registry: METHODS, kinds: EVALUATIONS });
  const entry = (id: string): MethodEntry => whole.methods.find((one) => one.id === id)!;
  const [none, contrastive, wanda] = [entry('none'), entry('contrastive'), entry('wanda')];
  const shuffled = (id: string, of: MethodEntry, count: number, more: Partial<MethodEntry>): MethodEntry => ({
    ...{ ...of, id, control: true, seeds: Array.from({ length: count }, (_, seed) => seed) },
    ...{ options: { ...of.options, texts: 'shuffled' }, ...more },
  });
  const wandaLow = { ...wanda, options: { ...wanda.options, sparsity: ['low'] } };
  const suite: Suite = withControls(
    {
      ...whole,
      ...{ neutral: [], latency: null, evaluations: whole.evaluations.filter(({ id }) => id === 'choice') },
      controls: { random: 0, magnitude: false, 'generic-text': false, opposite: false, shuffled: false, draws: DRAWS },
      methods: [
        none,
        { ...contrastive, levels: ['middle'] },
        { ...wandaLow, levels: ['low'] },
        // Asked all items, as a method is: each takes the method's place, and on a third of them a control's.
        shuffled('null', contrastive, draws, { levels: ['middle'] }),
        shuffled('wanda-draw', wandaLow, DRAWS, { levels: ['low'], lean: true }),
      ],
    },
    METHODS,
    EVALUATIONS,
  );
  const all = await answers(suite, base);
  const of = (method: string) => all.filter(({ cell }) => cell.method === method);
  const grid = leanOf(
    [...new Set(all.flatMap(({ cell }) => cell.items))].filter(({ split }) => split === 'evaluation'),
  );
  const nulls = Array.from({ length: draws }, (_, seed) => of('null').filter(({ cell }) => cell.seed === seed));
  const controlsFor = (seed: number) =>
    Array.from({ length: DRAWS }, (_, k) => nulls[(seed + 1 + k) % nulls.length]!).flatMap((draw) =>
      asControls(draw, grid),
    );
  const personas = suite.personas;
  const at = (cells: readonly Answered[], change: Partial<Cell>): readonly Answered[] =>
    cells.map(({ cell, outcomes }) => ({ cell: { ...cell, ...change }, outcomes }));

  let [pooled, traits, persons, tested] = [0, 0, 0, { trait: 0, persona: 0 }];
  for (const [seed, draw] of nulls.entries()) {
    const said = judged(personas, of('none'), at(draw, { method: 'method', seed: 0 }), controlsFor(seed));
    if (said.pooled) pooled++;
    traits += said.trait.beats;
    persons += said.persona.beats;
    tested = { trait: tested.trait + said.trait.tested, persona: tested.persona + said.persona.tested };
  }
  console.log(
    `persona-nano: of ${draws} shuffled draws of contrastive at middle ${pooled} beat their controls (${percent(pooled / draws)} %); by trait ${percent(traits / tested.trait)} %, by persona ${percent(persons / tested.persona)} %`,
  );
  demand(pooled / draws <= MOST, `${pooled} of ${draws} real draws beat their controls`);
  const wandaDraws = [...of('none'), ...of('wanda-draw')];
  const said = verdictsOnDraws({
    ...{ personas, plan: wandaDraws.map(({ cell }) => cell), answered: wandaDraws },
    ...{ shuffled: 'wanda-draw', dense: 'none' },
  });
  const beating = [...said.values()].filter((rows) =>
    rows.some(({ scope, standing }) => scope === 'pooled' && standing === 'held'),
  );
  console.log(`persona-nano: of ${DRAWS} shuffled draws of wanda at low (0.3) ${beating.length} beat the others`);
  demand(beating.length / DRAWS <= MOST, `${beating.length} of ${DRAWS} real draws of wanda beat the others`);
  const method = (cells: readonly Answered[]) => at(cells, { method: 'method' });
  const held = judged(personas, of('none'), method(of('contrastive')), controlsFor(draws - 1));
  const low = judged(personas, of('none'), method(of('wanda')), at(of('wanda-draw'), { method: 'shuffled' }));
  for (const [name, { rows }] of [
    ['contrastive at middle', held],
    ['wanda at low (0.3)', low],
  ] as const)
    for (const { control, difference, low: from, high: to, beats } of rows)
      console.log(
        `persona-nano: ${name} against ${control}: ${percent(difference)} [${percent(from)}, ${percent(to)}]${beats ? '' : ', not above'}`,
      );
  demand(held.pooled, 'contrastive at middle does not beat its controls');
  demand(!low.pooled, 'wanda at 0.3 beats its controls');
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
