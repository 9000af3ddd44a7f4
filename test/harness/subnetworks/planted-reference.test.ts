// What the planted and the unplanted model are built to do, by the f64 pipeline: no kernel, no selection and no statistic of
// the project's own takes part. The same folders go through the whole command in test/e2e/planted.test.ts.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { readCalibration, readItems } from '../../../harness/datasets/own.ts';
import { alignment } from '../../../harness/score/index.ts';
import { writePlanted } from '../../fixtures/planted/model.ts';
import {
  contrastive,
  magnitude,
  type Pipeline,
  type Pole,
  pipeline,
  type RowScore,
  random,
  wanda,
} from '../../fixtures/planted/pipeline.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { suite } from '../../support/suite.ts';

const test = suite('planted and unplanted, by the reference');

const SPARSITY = 0.5;
const POLES = ['p', 'q'] as const;
const FOUND = 0.95; // issue 4, E
/** A control is no better than this for either persona: chance, and two standard errors of 80 items with some to spare. */
const CHANCE = 0.65;
/** The texts differ by seed, and so does the noise: what holds was not built for one of them. */
const SEEDS = [1, 2];
const RANDOM_SEEDS = [1, 2, 3, 4, 5];

const made = new Map<string, Promise<Pipeline>>();

async function built(planted: boolean, seed: number): Promise<{ readonly folder: string; readonly model: string }> {
  const { model, suite: file } = await writePlanted(temporaryFolder(), { planted, seed });
  return { folder: dirname(file), model };
}

function network(planted: boolean, seed: number): Promise<Pipeline> {
  const key = `${planted} ${seed}`;
  const known = made.get(key) ?? built(planted, seed).then(({ folder, model }) => pipeline(folder, model));
  made.set(key, known);
  return known;
}

/** Alignment with either persona of one network: dense where there is no score. */
async function aligned(
  from: Pipeline,
  score: RowScore | null,
  listed = false,
): Promise<Readonly<Record<Pole, number>>> {
  const outcomes = await from.ask(score === null ? null : from.mask(score, SPARSITY), listed);
  const [p, q] = POLES.map((pole) => alignment(outcomes, from.items, pole).aligned);
  return { p: p!, q: q! };
}

const METHODS = {
  wanda: ({ statistics }: Pipeline, own: Pole) => wanda(statistics[own]),
  contrastive: ({ statistics }: Pipeline, own: Pole) =>
    contrastive(statistics[own], statistics[own === 'p' ? 'q' : 'p']),
};

for (const seed of SEEDS) {
  for (const listed of [false, true]) {
    const how = `seed ${seed}, ${listed ? 'options listed, both orders' : 'options not listed'}`;
    if (listed && seed !== SEEDS[0]) continue; // prompts are three times as long

    test(`planted, ${how}: dense is balanced, each mask finds its persona, and is against the other`, async () => {
      const from = await network(true, seed);
      const dense = await aligned(from, null, listed);
      for (const pole of POLES) assert.ok(dense[pole] >= 0.4 && dense[pole] <= 0.6, `dense, ${pole}: ${dense[pole]}`);
      for (const [name, score] of Object.entries(METHODS)) {
        for (const pole of POLES) {
          const found = await aligned(from, score(from, pole), listed);
          const other = pole === 'p' ? 'q' : 'p';
          assert.ok(found[pole] >= FOUND, `${name} of ${pole}: ${found[pole]}`);
          assert.ok(found[other] <= 1 - FOUND, `the opposite of ${name}, ${other}: ${found[other]}`);
        }
      }
    });

    // By persona: pooled over both, a network that is the same for both has 0.5 whatever it does.
    test(`planted, ${how}: no control finds a persona`, async () => {
      const from = await network(true, seed);
      const controls: Record<string, RowScore> = { magnitude, generic: wanda(from.statistics.neutral) };
      for (const drawn of listed ? RANDOM_SEEDS.slice(0, 2) : RANDOM_SEEDS) controls[`random ${drawn}`] = random(drawn);
      for (const [name, score] of Object.entries(controls)) {
        const found = await aligned(from, score, listed);
        for (const pole of POLES) assert.ok(found[pole] <= CHANCE, `${name}, ${pole}: ${found[pole]}`);
      }
    });
  }
}

test('planted: a group is silent on the other persona and both are active alike on neutral text', async () => {
  const { matrices, statistics } = await network(true, 1);
  const downs = matrices.filter(({ role }) => role === 'down');
  assert.is(downs.length, 2);
  for (const matrix of downs) {
    const [onP, onQ, onNeutral] = [statistics.p, statistics.q, statistics.neutral].map((of) => of(matrix).rms);
    const only = (loud: Float64Array, quiet: Float64Array): number[] =>
      Array.from(loud.keys()).filter((j) => loud[j]! > 100 * quiet[j]!);
    const [p, q] = [only(onP!, onQ!), only(onQ!, onP!)];
    assert.is(p.length, 48, matrix.name);
    assert.is(q.length, 48, matrix.name);
    const size = (channels: readonly number[]): number => channels.reduce((sum, j) => sum + onNeutral![j]!, 0);
    assert.ok(Math.abs(size(p) / size(q) - 1) < 0.01, `${matrix.name}: ${size(p)} and ${size(q)} on neutral text`);
  }
});

test('planted: weights alone do not tell the groups apart', async () => {
  const { matrices, weights } = await network(true, 1);
  for (const matrix of matrices.filter(({ role }) => role === 'down' || role === 'o')) {
    const all = weights.get(matrix.name)!;
    let pushed = 0;
    for (let row = 0; row < matrix.rows; row++) {
      const line = all.subarray(row * matrix.columns, (row + 1) * matrix.columns).filter((w) => w !== 0);
      const speaks = line.length > 0 && new Set(line.map(Math.abs)).size === 1; // the other rows hold noise
      if (!speaks) continue;
      pushed += 1;
      assert.is(line.filter((w) => w > 0).length, line.length / 2, `${matrix.name}, row ${row}`);
    }
    assert.is(pushed, 2, matrix.name);
  }
});

test('unplanted: masks change answers, and neither finds a persona', async () => {
  for (const seed of SEEDS) {
    const from = await network(false, seed);
    const dense = await from.ask(null);
    for (const [name, score] of Object.entries(METHODS)) {
      const own = await Promise.all(POLES.map(async (pole) => (await aligned(from, score(from, pole)))[pole]));
      const mean = (own[0]! + own[1]!) / 2;
      assert.ok(mean <= CHANCE, `seed ${seed}, ${name}: ${own.join(' and ')}`);
    }
    const masked = await from.ask(from.mask(METHODS.contrastive(from, 'p'), SPARSITY));
    const moved = masked.filter(({ p }, i) => p > 0.5 !== dense[i]!.p > 0.5).length;
    assert.ok(moved >= 4, `seed ${seed}: the mask turns ${moved} of ${dense.length} answers`);
  }
});

for (const planted of [true, false]) {
  const kind = planted ? 'planted' : 'unplanted';

  test(`${kind}: no calibration text contains a question or an option; keyings, splits and orders are balanced`, async () => {
    const { folder } = await built(planted, 1);
    const items = await readItems(join(folder, 'items.jsonl'));
    const said = (await Promise.all(POLES.map((pole) => readCalibration(join(folder, `${pole}.jsonl`))))).flat();
    for (const { id, question, options } of items) {
      assert.not(
        said.some((one) => one.question!.includes(question) || one.answer.includes(question)),
        id,
      );
      for (const { text } of options)
        assert.not(
          said.some(({ answer }) => answer === text),
          id,
        );
      for (const { text } of options)
        assert.not(
          said.some(({ answer }) => answer.includes(text)),
          `${id}: ${text}`,
        );
    }
    for (const split of ['evaluation', 'tuning'] as const) {
      const some = items.filter((item) => item.split === split);
      const share = (of: (item: (typeof items)[number]) => boolean): number => some.filter(of).length / some.length;
      assert.is(some.length, split === 'evaluation' ? 80 : 40);
      assert.is(
        share(({ keying }) => keying === '+'),
        0.5,
      );
      assert.is(
        share(({ options }) => options[0]!.matching),
        0.5,
      );
    }
  });

  test(`${kind}: a seed gives the same files, another one others`, async () => {
    const [one, same, other] = await Promise.all([1, 1, 2].map((seed) => built(planted, seed)));
    const bytes = (at: typeof one, file: string): string => readFileSync(join(at!.folder, kind, file)).toString('hex');
    assert.is(bytes(one, 'model.safetensors'), bytes(same, 'model.safetensors'));
    assert.is.not(bytes(one, 'model.safetensors'), bytes(other, 'model.safetensors'));
    assert.is(bytes(one, '../items.jsonl'), bytes(same, '../items.jsonl'));
    assert.is(bytes(one, 'config.json'), bytes(other, 'config.json'));
  });
}

test('both models have the same shapes', async () => {
  const [a, b] = await Promise.all([network(true, 1), network(false, 1)]);
  const shapes = ({ matrices }: Pipeline): unknown => matrices.map(({ name, rows, columns }) => [name, rows, columns]);
  assert.equal(shapes(a), shapes(b));
});

test.run();
