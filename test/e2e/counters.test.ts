// The counters that run.json holds: of the smoke suite on the bundled model, pinned. Model counters are the same on every
// machine; a change of the suite's items, of the prompts or of the model's tokenizer or shapes changes them, nothing else.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { machineOf } from '../../api/machine.ts';
import { METHODS } from '../../api/methods.ts';
import { suiteOf } from '../../cli/suite-options.ts';
import type { Spec } from '../../formats/checkpoint/spec.ts';
import type { Sequence } from '../../gpu/index.ts';
import { EVALUATIONS } from '../../harness/evaluations/index.ts';
import type { CellRow } from '../../harness/record/run-record.ts';
import type { Machine } from '../../harness/run/ports.ts';
import { runSession } from '../../harness/run/session.ts';
import { writeRunFolder } from '../../harness/store/run-folder.ts';
import { whileAccounted } from '../support/accounted.ts';
import { closedForm, halves, type ModelCounters, scoringWork, sum } from '../support/closed-form.ts';
import { temporaryFolder } from '../support/folders.ts';
import { ROOT } from '../support/node.ts';
import { suite } from '../support/suite.ts';

const test = suite('counters end to end');

/** By method and persona. */
const PINNED: Readonly<Record<string, ModelCounters>> = {
  none: { tokens: 794, flops: 1_455_439_872, weightBytes: 2_363_904 },
  'prompting extraversion': { tokens: 801, flops: 1_476_513_792, weightBytes: 2_363_904 },
  'prompting introversion': { tokens: 801, flops: 1_476_513_792, weightBytes: 2_363_904 },
  'wanda extraversion': { tokens: 794, flops: 1_455_439_872, weightBytes: 2_363_904 },
  'wanda extraversion tuning': { tokens: 391, flops: 712_042_496, weightBytes: 2_363_904 },
  'wanda introversion': { tokens: 794, flops: 1_455_439_872, weightBytes: 2_363_904 },
  'wanda introversion tuning': { tokens: 391, flops: 712_042_496, weightBytes: 2_363_904 },
  random: { tokens: 794, flops: 1_455_439_872, weightBytes: 2_363_904 },
};

/** What a mask is made from is no part of what is counted. */
const FEW = { set: ['methods.2.subnetwork.samples=4'] };

interface Ran {
  readonly cells: readonly CellRow[]; // as run.json has them
  readonly asked: readonly (readonly Sequence[])[]; // of each call to the engine, in the order of the cells
  readonly spec: Spec;
}

async function smoke(): Promise<Ran> {
  const machine = machineOf(undefined);
  const asked: (readonly Sequence[])[] = [];
  let spec: Spec | undefined;
  const load: Machine['load'] = async (model) => {
    const loaded = await machine.load(model);
    const { engine } = loaded;
    spec = engine.spec;
    whileAccounted(engine, (sequences, score) => {
      asked.push(sequences);
      return score(sequences);
    });
    return loaded;
  };
  const base = temporaryFolder();
  const session = await runSession({
    // Neutral texts are read after a cell's account is closed.
    suite: { ...(await suiteOf(join(ROOT, 'suites/smoke.yaml'), FEW)), latency: null, neutral: [] },
    registry: METHODS,
    kinds: EVALUATIONS,
    machine: { ...machine, load },
    base,
    command: ['bench', 'run'],
    emit: () => {},
    signal: new AbortController().signal,
    fresh: false,
    failFast: false,
  });
  const folder = writeRunFolder(base, session.result, session.rows(), {});
  const { cells } = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as { cells: CellRow[] };
  // The opposite's mask is the opposite's own cell: nothing is asked for it.
  return { cells: cells.filter(({ status }) => status === 'computed'), asked, spec: spec! };
}

const nameOf = ({ method, persona, split }: CellRow): string =>
  [method, persona, split === 'tuning' ? split : null].filter((word) => word !== null).join(' ');
let first: Ran;

test('model counters of the smoke suite are what they are on every machine', async () => {
  first = await smoke();
  const found = Object.fromEntries(first.cells.map((cell) => [nameOf(cell), halves(cell.counters!).model]));
  assert.equal(found, PINNED);
});

test('they follow from what was asked and the shapes of the model', () => {
  // Tied, without biases, bf16, every vector in f32.
  const { layers, hidden, vocab, heads, kvHeads, headSize, ffn } = first.spec;
  const passBytes =
    2 * (vocab * hidden + layers * hidden * (headSize * (2 * heads + 2 * kvHeads) + 3 * ffn)) +
    4 * hidden * (2 * layers + 1);
  const calls = first.asked.map((sequences) => closedForm(first.spec, passBytes, scoringWork(sequences)));
  assert.equal(sum(calls), sum(first.cells.map(({ counters }) => halves(counters!).model)));
});

test('plan counters are the same in every run on one device', async () => {
  const second = await smoke();
  for (const [i, { counters }] of second.cells.entries()) {
    assert.equal(counters, first.cells[i]!.counters, nameOf(first.cells[i]!));
    assert.ok(Object.values(counters!).every((count) => Number.isSafeInteger(count) && count > 0));
  }
  // Two personas of one wording: the same work but for a few tokens, whichever came first.
  const [, one, other] = second.cells.map((cell) => halves(cell.counters!).plan);
  assert.equal(one, other);
});

test.run();
