// Calibration: samples -> sums of the activations at every tap. A sample is never split and never shares a row, its
// sums are f32 in the order of its tokens, and samples are added up in f64 in their order, so that no split changes a
// bit.

import { BenchError } from '../../../base/error.ts';
import { TAPS } from '../../../formats/checkpoint/matrices.ts';
import type { Spec } from '../../../formats/checkpoint/spec.ts';
import { requireFinite } from '../requests.ts';
import type { Batch, EachSums, Sample, TapSums } from '../types.ts';
import type { Resident } from '../variants/resident-types.ts';
import { keysSeen, type Work } from '../work.ts';
import type { ForwardOptions } from './buffers.ts';
import type { Forward } from './forward.ts';
import { tapWidth } from './layers.ts';
import { sampleSums, scoredBytes } from './outputs.ts';

/** Bytes of sums that a step may read back. */
const READBACK_BYTES = 64 * 2 ** 20;
const MAX_SAMPLES = 128;

/** The pass for these samples: as many rows as usual, or as the longest needs. */
export function collectOptions(
  spec: Spec,
  maxRows: number,
  maxBindingBytes: number,
  samples: readonly Sample[],
  output: 'statistics' | 'states',
): ForwardOptions {
  const rows = samples.reduce(
    (most, { tokens }) => Math.max(most, tokens.length),
    Math.min(maxRows, totalRows(samples)),
  );
  const fitting = Math.min(
    READBACK_BYTES / (4 * sampleSums(spec, output)),
    maxBindingBytes / scoredBytes(spec, output),
  );
  return {
    capacity: rows,
    scored: Math.max(1, Math.floor(Math.min(fitting, MAX_SAMPLES, samples.length))),
    table: rows,
    cacheRows: rows,
    cachePerLayer: false,
    output,
  };
}

/** Throws `bad-sample` for a range that is empty or outside its tokens. */
export function checkSamples(samples: readonly Sample[]): void {
  if (samples.length === 0)
    throw new BenchError('bad-sample', 'there is no calibration text', { hint: 'give at least one' });
  samples.forEach(({ tokens, from, to }, index) => {
    if (Number.isInteger(from) && Number.isInteger(to) && 0 <= from && from < to && to <= tokens.length) return;
    throw new BenchError(
      'bad-sample',
      `tokens ${from} to ${to} of a sample of ${tokens.length} are an empty or wrong range`,
      {
        where: `sample ${index}`,
        hint: 'count one token or more of each sample',
      },
    );
  });
}

/** As `checkSamples`, and the first counted token of each has a token before it, which predicts it. */
export function checkTargets(samples: readonly Sample[]): void {
  checkSamples(samples);
  const first = samples.findIndex(({ from }) => from === 0);
  if (first < 0) return;
  throw new BenchError('bad-sample', 'its first counted token has no token before it', {
    where: `sample ${first}`,
    hint: 'count from its second token on',
  });
}

/** Batches of whole samples within the pass. */
function batchesOf(samples: readonly Sample[], { capacity, scored }: ForwardOptions): readonly (readonly Sample[])[] {
  const batches: Sample[][] = [];
  let rows = 0;
  for (const sample of samples) {
    const last = batches.at(-1);
    if (last !== undefined && last.length < scored && rows + sample.tokens.length <= capacity) last.push(sample);
    else {
      batches.push([sample]);
      rows = 0;
    }
    rows += sample.tokens.length;
  }
  return batches;
}

/** All samples through `forward`, a batch at a time; `take` gets the sums of each. */
async function batched(
  forward: Forward,
  resident: Resident,
  samples: readonly Sample[],
  spec: Spec,
  work: Work,
  take: (batch: readonly Sample[], values: Float32Array) => void,
): Promise<void> {
  for (const batch of batchesOf(samples, forward.options)) {
    const keys = batch.reduce((sum, { tokens }) => sum + keysSeen(tokens.keys(), spec.windows), 0);
    work.add({ passes: 1, rows: totalRows(batch), scored: 0, keys });
    take(batch, await forward.statistics(inputsOf(batch), resident));
  }
}

/** Sums at the taps, over all samples. */
export async function collect(
  forward: Forward,
  resident: Resident,
  samples: readonly Sample[],
  spec: Spec,
  work: Work,
): Promise<readonly TapSums[]> {
  const totals = new Totals(spec);
  await batched(forward, resident, samples, spec, work, (batch, values) => totals.add(batch, values));
  return totals.finish();
}

/** Sums at the taps of each sample by itself. Throws `not-finite`. */
export async function collectEach(
  forward: Forward,
  resident: Resident,
  samples: readonly Sample[],
  spec: Spec,
  work: Work,
): Promise<EachSums> {
  const widths = Array.from({ length: spec.layers }, () => TAPS.map((tap) => tapWidth(spec, tap))).flat();
  const each: Float32Array[] = []; // [3, channels] of each tap
  await batched(forward, resident, samples, spec, work, (batch, values) => {
    requireFinite(values, 'a sum of activations');
    const size = values.length / batch.length;
    for (const index of batch.keys()) {
      const own = new Float32Array(size);
      let [at, into] = [0, 0];
      for (const width of widths) {
        const first = at + 3 * width * index;
        own.set(values.subarray(first, first + 3 * width), into);
        at += 3 * width * batch.length;
        into += 3 * width;
      }
      each.push(own);
    }
  });
  return {
    bytes: each.reduce((sum, { byteLength }) => sum + byteLength, 0),
    addedUp: (chosen) => {
      const totals = new Totals(spec);
      for (const index of chosen) totals.add([samples[index]!], each[index]!);
      return totals.finish();
    },
  };
}

/** Means of the residual stream after each layer, by sample: [layers, hidden]. Throws `not-finite`. */
export async function states(
  forward: Forward,
  resident: Resident,
  samples: readonly Sample[],
  spec: Spec,
  work: Work,
): Promise<readonly Float32Array[]> {
  const { hidden, layers } = spec;
  const found: Float32Array[] = [];
  await batched(forward, resident, samples, spec, work, (batch, values) => {
    batch.forEach(({ from, to }, index) => {
      const means = new Float32Array(layers * hidden);
      for (let layer = 0; layer < layers; layer++) {
        const at = 3 * hidden * (layer * batch.length + index);
        for (let i = 0; i < hidden; i++) means[layer * hidden + i] = values[at + i]! / (to - from);
      }
      requireFinite(means, 'a value of the residual stream');
      found.push(means);
    });
  });
  return found;
}

/** Whole samples one after the other, and where the counted tokens of each are. */
function inputsOf(samples: readonly Sample[]): Batch {
  const rows = totalRows(samples);
  const tokens = new Uint32Array(rows);
  const positions = new Uint32Array(rows);
  const path = new Uint32Array(rows);
  const spans = new Uint32Array(2 * samples.length);
  let at = 0;
  samples.forEach((sample, index) => {
    tokens.set(sample.tokens, at);
    path.fill(at, at, at + sample.tokens.length);
    for (let i = 0; i < sample.tokens.length; i++) positions[at + i] = i;
    spans.set([at + sample.from, sample.to - sample.from], 2 * index);
    at += sample.tokens.length;
  });
  const identity = Uint32Array.from({ length: rows }, (_, i) => i);
  return { tokens, positions, path, rows: identity, cacheRows: identity, scored: spans };
}

/** Running sums in f64. */
class Totals {
  readonly #taps: readonly (TapSums & { readonly channels: number })[];
  #tokens = 0;
  #samples = 0;

  constructor(spec: Spec) {
    this.#taps = Array.from({ length: spec.layers }, (_, layer) =>
      TAPS.map((tap) => {
        const channels = tapWidth(spec, tap);
        const zeros = (): Float64Array => new Float64Array(channels);
        const ofTokens = { sum: zeros(), abs: zeros(), squares: zeros() };
        const ofSamples = { norms: zeros(), normSquares: zeros(), rms: zeros(), rmsSquares: zeros() };
        const ofMeans = { means: zeros(), meansSquares: zeros() };
        return { layer, tap, channels, tokens: 0, samples: 0, ...ofTokens, ...ofSamples, ...ofMeans };
      }),
    ).flat();
  }

  /** `values`: [samples, 3, channels] of each tap, one after the other. Throws `not-finite`. */
  add(samples: readonly Sample[], values: Float32Array): void {
    let at = 0;
    for (const one of this.#taps) {
      const { layer, tap, channels, sum, abs, squares, norms, normSquares, rms, rmsSquares, means, meansSquares } = one;
      for (const { from, to } of samples) {
        const tokens = to - from;
        for (let c = 0; c < channels; c++) {
          const size = values[at + channels + c]!;
          const square = values[at + 2 * channels + c]!;
          if (!Number.isFinite(square)) {
            throw new BenchError('not-finite', `an activation at tap ${tap} of layer ${layer} is ${square}`, {
              hint: 'look for NaN, infinite or huge weights in the model',
            });
          }
          sum[c]! += values[at + c]!;
          abs[c]! += size;
          squares[c]! += square;
          norms[c]! += Math.sqrt(square);
          normSquares[c]! += square;
          rms[c]! += Math.sqrt(square / tokens);
          rmsSquares[c]! += square / tokens;
          means[c]! += size / tokens;
          meansSquares[c]! += (size / tokens) ** 2;
        }
        at += 3 * channels;
      }
    }
    this.#tokens += samples.reduce((count, { from, to }) => count + to - from, 0);
    this.#samples += samples.length;
  }

  finish(): readonly TapSums[] {
    return this.#taps.map(({ channels: _, ...one }) => ({ ...one, tokens: this.#tokens, samples: this.#samples }));
  }
}

function totalRows(samples: readonly Sample[]): number {
  return samples.reduce((sum, { tokens }) => sum + tokens.length, 0);
}
