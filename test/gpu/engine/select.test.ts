// Selection over whole models: every group and kind of score against the twin, with the weights whole and in chunks.

import * as assert from 'uvu/assert';
import type { MatrixInfo } from '../../../formats/checkpoint/matrices.ts';
import type { Spec } from '../../../formats/checkpoint/spec.ts';
import { type Gpu, openGpu } from '../../../gpu/device/device.ts';
import type { SelectRequest } from '../../../gpu/engine/types.ts';
import type { Score } from '../../../gpu/kernels/types.ts';
import type { Weights } from '../../../gpu/reference/common/f32.ts';
import { keys as keysTwin } from '../../../gpu/reference/selection/keys.ts';
import { kept, keptOf, keptPlaces } from '../../../gpu/reference/selection/select.ts';
import { columnSums, rowSums, values as valuesOf } from '../../../gpu/reference/selection/sums.ts';
import type { RandomModel } from '../../support/random-model.ts';
import { flagsOf, type Kind, type Loaded, openSelection, scoreOf, scoresOf } from '../../support/selection.ts';
import { suite } from '../../support/suite.ts';

const test = suite('selection');
let gpu: Gpu;
test.before(async () => {
  gpu = await openGpu();
});
test.after(() => gpu.dispose());

const KINDS: readonly Kind[] = ['product', 'filled', 'shares', 'apart', 'spared', 'random'];
const SUMMABLE: readonly Kind[] = ['product', 'filled', 'shares', 'random'];

/** Kept places without a score of their own, as the twin ranks them. */
function filledOf(model: Loaded, request: SelectRequest, flags: ReadonlyMap<string, Uint8Array>): number {
  let filled = 0;
  for (const [name, score] of request.scores) {
    if (!['filled', 'shares', 'apart'].includes(score.kind)) continue;
    keysTwin(model.weights(name), score).forEach((key, i) => {
      if (flags.get(name)![i] === 1 && key < 2 ** 31) filled++;
    });
  }
  return filled;
}

const MODELS: readonly (readonly [name: string, model: RandomModel, maxBindingBytes: number])[] = [
  [
    'llama bf16, odd widths, grouped heads',
    { family: 'llama', seed: 1, format: 'bf16', layers: 2, hidden: 75, heads: 6, kvHeads: 2, headSize: 10, ffn: 107 },
    16_000,
  ],
  [
    'gpt2 f16, stacked',
    { family: 'gpt2', seed: 2, format: 'f16', layers: 2, hidden: 66, heads: 3, ffn: 129, positions: 60 },
    17_000,
  ],
  ['gpt_neox f32, by head', { family: 'gpt_neox', seed: 3, layers: 2, hidden: 64, heads: 4, ffn: 257 }, 70_000],
];

const WITHIN: readonly SelectRequest['group'][] = [
  { kind: 'row' },
  { kind: 'block', columns: 128 },
  { kind: 'block', columns: 20 },
  { kind: 'matrix' },
];

for (const [name, model, maxBindingBytes] of MODELS) {
  test(`${name}: every kind of score within rows, blocks, runs and matrices`, async () => {
    const loaded = await openSelection(gpu, model);
    const chunked = await openSelection(gpu, model, { maxBindingBytes });
    for (const kind of KINDS) {
      const scores = scoresOf(kind, loaded.matrices);
      const nm = [2, 4].map((keep) => ({ group: { kind: 'n:m' as const, keep, of: 2 * keep }, sparsity: 0.5 }));
      for (const { group, sparsity } of [...WITHIN.map((group) => ({ group, sparsity: 0.37 })), ...nm]) {
        const request = { scores, group, sparsity };
        const label = `${kind} ${JSON.stringify(group)}`;
        const found = await loaded.select(request);
        const expected = new Map(
          [...scores].map(([of, score]) => [of, keptPlaces(loaded.weights(of), score, group, sparsity)]),
        );
        for (const [of, flags] of expected) assert.equal(flagsOf(found.tensors.get(of)!), flags, `${label} ${of}`);
        assert.is(found.filled, filledOf(loaded, request, expected), `filled, ${label}`);
        // Sixteen passes over many small batches take long: one kind of score shows it.
        if (group.kind !== 'matrix' || kind === 'shares')
          assert.equal(await chunked.select(request), found, `chunks, ${label}`);
      }
    }
    assert.ok(chunked.memory.peakBytes > 0);
    loaded.dispose();
    chunked.dispose();
    assert.is(loaded.memory.bytes, 0, 'all is given back');
  });

  test(`${name}: over all matrices at once`, async () => {
    const loaded = await openSelection(gpu, model);
    const chunked = await openSelection(gpu, model, { maxBindingBytes });
    // The middle one is left out.
    const matrices = loaded.matrices.filter((_, i) => i !== 1);
    for (const kind of KINDS) {
      for (const sparsity of [0, 0.5, 0.9, 0.9999999]) {
        const scores = new Map([...scoresOf(kind, matrices)].reverse());
        const request: SelectRequest = { scores, group: { kind: 'global' }, sparsity };
        const found = await loaded.select(request);
        const keys = matrices.flatMap(({ name: of }) => [...keysTwin(loaded.weights(of), scores.get(of)!)]);
        const flags = kept(keys, keptOf(keys.length, sparsity));
        let at = 0;
        const byName = new Map<string, Uint8Array>();
        for (const { name: of, rows, columns } of matrices) {
          byName.set(of, flags.subarray(at, at + rows * columns));
          assert.equal(flagsOf(found.tensors.get(of)!), byName.get(of), `${kind} ${sparsity} ${of}`);
          at += rows * columns;
        }
        assert.equal(
          [...found.tensors.keys()],
          matrices.map(({ name: of }) => of),
        );
        assert.is(found.filled, filledOf(loaded, request, byName));
        if (sparsity === 0.5 && (kind === 'product' || kind === 'apart'))
          assert.equal(await chunked.select(request), found, `chunks, ${kind} ${sparsity}`);
      }
    }
    loaded.dispose();
    chunked.dispose();
  });

  test(`${name}: tiles, channels and heads`, async () => {
    const loaded = await openSelection(gpu, model);
    const chunked = await openSelection(gpu, model, { maxBindingBytes });
    const { spec, matrices, weights } = loaded;
    const zeroed = (kind: Kind, info: MatrixInfo): Score => {
      // Half of the columns score 0, so that there are ties and fills.
      const score = scoreOf(kind, info);
      return score.kind === 'random' ? score : { ...score, by: score.by.map((x, j) => (j % 2 === 0 ? 0 : x)) };
    };
    for (const kind of SUMMABLE) {
      for (const rows of [1, 16, 64, 1000]) {
        const scores = new Map(matrices.map((info) => [info.name, zeroed(kind, info)]));
        const group = { kind: 'tiles', rows } as const;
        for (const sparsity of rows === 16 ? [0.25, 0.6] : [0.25]) {
          const found = await loaded.select({ scores, group, sparsity });
          let filled = 0;
          for (const [of, score] of scores) {
            const expected = keptPlaces(weights(of), score, group, sparsity);
            const w = weights(of);
            assert.equal(flagsOf(found.tensors.get(of)!), expected, `${kind} tiles of ${rows}, ${sparsity} ${of}`);
            if (kind !== 'filled' && kind !== 'shares') continue;
            const values = valuesOf(w, score);
            for (let first = 0; first < w.rows; first += rows) {
              const held = Math.min(rows, w.rows - first);
              columnSums(values, first, held, w.columns).forEach((sum, j) => {
                if (sum === 0 && expected[first * w.columns + j] === 1) filled += held;
              });
            }
          }
          assert.is(found.filled, filled, `filled, ${kind} tiles of ${rows}, ${sparsity}`);
          assert.equal(await chunked.select({ scores, group, sparsity }), found, 'chunks');
        }
      }
      for (const group of ['channels', 'heads'] as const) {
        const module = group === 'channels' ? 'mlp' : 'attention';
        const chosen = matrices.filter((info) => info.module === module && info.role !== 'v');
        const scores = new Map(chosen.map((info) => [info.name, scoreOf(kind, info)]));
        for (const sparsity of [0.3, 0.5, 0.8]) {
          const request: SelectRequest = { scores, group: { kind: group }, sparsity };
          const found = await loaded.select(request);
          for (let layer = 0; layer < spec.layers; layer++) {
            const own = chosen.filter((info) => info.layer === layer);
            const kept = keptUnits(spec, own, weights, scores, group, sparsity);
            for (const info of own) {
              const lines = keptLines(spec, info, kept);
              const sideways = info.role === 'down' || info.role === 'o';
              const expected = Uint8Array.from(
                { length: info.rows * info.columns },
                (_, i) => lines[sideways ? i % info.columns : Math.floor(i / info.columns)]!,
              );
              assert.equal(
                flagsOf(found.tensors.get(info.name)!),
                expected,
                `${kind} ${group} ${sparsity} ${info.name}`,
              );
            }
          }
          assert.is(found.tensors.size, chosen.length);
          assert.equal(await chunked.select(request), found, 'chunks');
        }
      }
    }
    loaded.dispose();
    chunked.dispose();
  });
}

/** Rows of q (or of a stacked qkv) that belong to query head `head`, `part` 0 to 2 of q, k, v. */
function headRows({ heads, kvHeads, headSize, qkvByHead }: Spec, role: string, part: number, head: number): number[] {
  const key = Math.floor(head / (heads / kvHeads));
  const before = qkvByHead ? 3 * head + part : part === 0 ? head : heads + (part - 1) * kvHeads + key;
  const start = (role === 'qkv' ? before : part === 0 ? head : key) * headSize;
  return Array.from({ length: headSize }, (_, i) => start + i);
}

function keptUnits(
  spec: Spec,
  own: readonly MatrixInfo[],
  weights: (name: string) => Weights,
  scores: ReadonlyMap<string, Score>,
  group: 'channels' | 'heads',
  sparsity: number,
): Uint8Array {
  const count = group === 'channels' ? spec.ffn : spec.heads;
  const totals = new Array<number>(count).fill(0);
  for (const info of own.filter(({ role }) => role !== 'k')) {
    const values = valuesOf(weights(info.name), scores.get(info.name)!);
    const sideways = info.role === 'down' || info.role === 'o';
    const sums = sideways ? columnSums(values, 0, info.rows, info.columns) : rowSums(values, info.rows, info.columns);
    for (let unit = 0; unit < count; unit++) {
      const lines = group === 'channels' ? [unit] : headRows(spec, sideways ? 'o' : info.role, 0, unit);
      for (const line of lines) totals[unit]! += sums[line]!;
    }
  }
  return kept(totals, keptOf(count, sparsity));
}

function keptLines(spec: Spec, info: MatrixInfo, kept: Uint8Array): Uint8Array {
  if (info.module === 'mlp') return kept;
  const lines = new Uint8Array(info.role === 'o' ? info.columns : info.rows);
  const parts = info.role === 'qkv' ? [0, 1, 2] : info.role === 'k' || info.role === 'v' ? [1] : [0];
  kept.forEach((flag, head) => {
    if (flag === 1) for (const part of parts) for (const line of headRows(spec, info.role, part, head)) lines[line] = 1;
  });
  return lines;
}

test.run();
