// Sums of activations that are written out in a test, and the matrices of a small network.

import * as assert from 'uvu/assert';
import { BenchError } from '../../../base/error.ts';
import type { MatrixInfo } from '../../../formats/checkpoint/matrices.ts';
import type { Score, TapSums } from '../../../gpu/index.ts';
import { optionsOf } from '../../../harness/subnetworks/options.ts';
import { type Extra, type Statistics, scoresOf } from '../../../harness/subnetworks/scores.ts';
import { normals } from '../../support/random-model.ts';

/** Sums over samples[s][token][channel], as the contract defines them. */
export function sumsOf(
  samples: readonly (readonly (readonly number[])[])[],
  { layer, tap }: Pick<TapSums, 'layer' | 'tap'> = { layer: 0, tap: 'qkv' },
): TapSums {
  const rows = samples.flat();
  const channels = rows[0]!.length;
  const over = (of: (channel: number) => number) => Float64Array.from({ length: channels }, (_, j) => of(j));
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  const norm2 = (sample: readonly (readonly number[])[], j: number) => total(sample.map((x) => x[j]! * x[j]!));
  const mean1 = (sample: readonly (readonly number[])[], j: number) =>
    total(sample.map((x) => Math.abs(x[j]!))) / sample.length;
  return {
    layer,
    tap,
    tokens: rows.length,
    samples: samples.length,
    sum: over((j) => total(rows.map((x) => x[j]!))),
    abs: over((j) => total(rows.map((x) => Math.abs(x[j]!)))),
    squares: over((j) => total(rows.map((x) => x[j]! * x[j]!))),
    norms: over((j) => total(samples.map((sample) => Math.sqrt(norm2(sample, j))))),
    normSquares: over((j) => total(samples.map((sample) => norm2(sample, j)))),
    rms: over((j) => total(samples.map((sample) => Math.sqrt(norm2(sample, j) / sample.length)))),
    rmsSquares: over((j) => total(samples.map((sample) => norm2(sample, j) / sample.length))),
    means: over((j) => total(samples.map((sample) => mean1(sample, j)))),
    meansSquares: over((j) => total(samples.map((sample) => mean1(sample, j) ** 2))),
  };
}

/** The sums of the same activations times `factor`. */
export function scaled(sums: TapSums, factor: number): TapSums {
  const by = (values: Float64Array, times: number) => values.map((value) => value * times);
  return {
    ...sums,
    sum: by(sums.sum, factor),
    abs: by(sums.abs, factor),
    squares: by(sums.squares, factor * factor),
    norms: by(sums.norms, factor),
    normSquares: by(sums.normSquares, factor * factor),
    rms: by(sums.rms, factor),
    rmsSquares: by(sums.rmsSquares, factor * factor),
    means: by(sums.means, factor),
    meansSquares: by(sums.meansSquares, factor * factor),
  };
}

const ROLES = [
  ['q', 'attention', 'qkv', 'self_attn.q_proj'],
  ['k', 'attention', 'qkv', 'self_attn.k_proj'],
  ['v', 'attention', 'qkv', 'self_attn.v_proj'],
  ['o', 'attention', 'o', 'self_attn.o_proj'],
  ['gate', 'mlp', 'up', 'mlp.gate_proj'],
  ['up', 'mlp', 'up', 'mlp.up_proj'],
  ['down', 'mlp', 'down', 'mlp.down_proj'],
] as const;

/** The matrices of a llama of so many layers, each [rows, columns]. */
export function llama(layers: number, rows = 4, columns = 3): readonly MatrixInfo[] {
  return Array.from({ length: layers }, (_, layer) =>
    ROLES.map(([role, module, tap, name]) => {
      return { name: `model.layers.${layer}.${name}.weight`, layer, module, role, tap, rows, columns };
    }),
  ).flat();
}

/** That `action` fails with this code, and that message, place and hint together match. */
export function refused(action: () => unknown, code: string, pattern: RegExp): void {
  assert.throws(action, (error: unknown) => {
    assert.instance(error, BenchError);
    const { code: found, message, where, hint } = error as BenchError;
    assert.is(found, code);
    assert.match([message, where, hint].join('\n'), pattern);
    return true;
  });
}

export type Given = Readonly<Record<string, unknown>>;

export const Q: MatrixInfo = llama(1, 2, 3)[0]!;
// Norms per sample. Persona: (3, 5), (2, 2), (1, 1): means 4, 2, 1, variances 1, 0, 0.
export const PERSONA = sumsOf([[[3, 2, 1]], [[5, -2, -1]]]);
// Opposite: (1, 3), (2, 2), (4, 4): means 2, 2, 4, variances 1, 0, 0.
export const OPPOSITE = sumsOf([[[1, 2, 4]], [[-3, 2, -4]]]);

export const f32 = (...values: readonly number[]) => Float32Array.from(values);

/** The score of `Q` by these options, from PERSONA against OPPOSITE unless said otherwise. */
export function one(
  given: Given,
  statistics: Partial<Statistics> = {},
  pole: 'high' | 'low' = 'high',
  extra: Extra = {},
): Score {
  const all = { persona: [PERSONA], opposite: [OPPOSITE], ...statistics };
  return scoresOf(optionsOf(given), [Q], all, pole, extra).get(Q.name)!;
}

/** All vectors of a score. */
export const vectors = (score: Score): readonly Float32Array[] =>
  Object.values(score).filter((value): value is Float32Array => value instanceof Float32Array);

/** Seeded activations at every tap of a network; `bias` moves them. */
export function activations(seed: number, matrices: readonly MatrixInfo[], bias = 0): readonly TapSums[] {
  const normal = normals(seed);
  const taps = new Map(matrices.map(({ layer, tap, columns }) => [`${layer} ${tap}`, { layer, tap, columns }]));
  return [...taps.values()].map(({ layer, tap, columns }) => {
    const token = () => Array.from({ length: columns }, (_, j) => (normal() + bias * (j % 2)) * (1 + (j % 7)));
    const samples = [3, 1, 4].map((tokens) => Array.from({ length: tokens }, token));
    return sumsOf(samples, { layer, tap });
  });
}
