// What a pass gives for its scored rows: the buffers of its results, and the commands from tokens to them.

import { TAPS } from '../../../formats/checkpoint/matrices.ts';
import type { Spec } from '../../../formats/checkpoint/spec.ts';
import type { Command } from '../../device/commands.ts';
import type { Pool } from '../../device/memory.ts';
import * as kernels from '../../kernels/index.ts';
import type { Resident } from '../variants/resident-types.ts';
import type { DeviceWeights } from '../weights/upload.ts';
import type { ForwardBuffers, ForwardOptions } from './buffers.ts';
import { type ActivationSite, lastNorm, layerCommands, tapWidth } from './layers.ts';

/** What is summed over samples. */
const SITES: Readonly<Record<'statistics' | 'states', readonly ActivationSite[]>> = {
  statistics: TAPS,
  states: ['after'],
};

/** Bytes per row of the widest buffer between the kernels. */
export function rowBytes({ hidden, ffn, heads, kvHeads, headSize }: Spec): number {
  return 4 * Math.max(hidden, ffn, (heads + 2 * kvHeads) * headSize);
}

/** Bytes per scored row of the largest buffer that the head writes. */
export function scoredBytes(spec: Spec, output: ForwardOptions['output']): number {
  const { vocab } = spec;
  if (isSums(output)) return 12 * Math.max(...SITES[output].map((site) => tapWidth(spec, site)));
  if (output === 'divergence') return Math.max(8 * spec.hidden, 16 * kernels.headBlocks(vocab));
  return output === 'logits' ? 4 * vocab : 8 * kernels.headBlocks(vocab);
}

/** f32 values per scored row: what enters the head, what it makes and gives, and the readback. */
export function scoredWords(spec: Spec, output: ForwardOptions['output']): number {
  const { hidden, vocab } = spec;
  if (isSums(output)) return hidden + 2 * sampleSums(spec, output);
  if (output === 'divergence') return 2 * hidden + kernels.divergenceWords(vocab) + 2 * 3;
  return hidden + (output === 'logits' ? 2 * vocab : 5 + 3 * kernels.headBlocks(vocab));
}

function isSums(output: ForwardOptions['output']): output is keyof typeof SITES {
  return output in SITES;
}

/** f32 values that a sample's sums take in all sites of all layers. */
export function sampleSums(spec: Spec, output: keyof typeof SITES): number {
  return 3 * spec.layers * SITES[output].reduce((sum, site) => sum + tapWidth(spec, site), 0);
}

/** Where the results of a step are, and what records them. */
export interface Output {
  readonly results: readonly { readonly buffer: GPUBuffer; readonly words: number }[]; // words per scored row
  /** `dense`: what a variant is compared with, where the output is of pairs. */
  record(recorder: kernels.Recorder, resident: Resident, dense: Resident): readonly Command[];
}

/** The buffers of a pass's results, as `options.output` says. They are the pool's. */
export function openOutput(
  pool: Pool,
  spec: Spec,
  weights: DeviceWeights,
  options: ForwardOptions,
  buffers: ForwardBuffers,
  targets: GPUBuffer,
): Output {
  const { output } = options;
  if (isSums(output)) return sumsOutput(pool, spec, weights, options, output, buffers);
  if (output === 'divergence') return pairsOutput(pool, spec, weights, options, buffers, targets);
  return headOutput(pool, spec, weights, options, buffers, targets);
}

/** Sums over samples at the sites of each layer: [samples, 3, channels] each. */
function sumsOutput(
  pool: Pool,
  spec: Spec,
  weights: DeviceWeights,
  { scored }: ForwardOptions,
  output: keyof typeof SITES,
  buffers: ForwardBuffers,
): Output {
  const results = Array.from({ length: spec.layers }, (_, layer) =>
    SITES[output].map((site) => {
      const words = 3 * tapWidth(spec, site);
      return { layer, site, words, buffer: pool.buffer(`sums ${layer} ${site}`, 4 * scored * words) };
    }),
  ).flat();
  const sums = (layer: number, site: ActivationSite): GPUBuffer | null =>
    results.find((one) => one.layer === layer && one.site === site)?.buffer ?? null;
  return {
    results,
    record: (recorder, resident) =>
      layerCommands(recorder, spec, weights, buffers, resident, { spans: buffers.scored, sums }),
  };
}

/** Logits [P, vocab] of the scored rows, or the log-probability and greedy flag of each one's target: [P]. */
function headOutput(
  pool: Pool,
  spec: Spec,
  weights: DeviceWeights,
  { scored, output }: ForwardOptions,
  buffers: ForwardBuffers,
  targets: GPUBuffer,
): Output {
  const { vocab } = spec;
  const { last: x } = buffers;
  const words = (label: string, count: number): GPUBuffer => pool.buffer(label, 4 * count);
  const record =
    (head: (recorder: kernels.Recorder) => readonly Command[]): Output['record'] =>
    (recorder, resident) => [
      ...layerCommands(recorder, spec, weights, buffers, resident, null),
      lastNorm(recorder, spec, weights, buffers),
      ...head(recorder),
    ];
  if (output === 'logits') {
    const logits = words('logits', scored * vocab);
    const head = (recorder: kernels.Recorder): readonly Command[] =>
      kernels
        .matmul(recorder, { x, w: weights.head, y: logits }, { over: 'scored' })
        .map((one) => ({ ...one, part: 'head' }));
    return { results: [{ buffer: logits, words: vocab }], record: record(head) };
  }
  const blocks = kernels.headBlocks(vocab);
  const io = {
    x,
    targets,
    part: words('part', 2 * scored * blocks),
    best: words('best', scored * blocks),
    logit: words('logit', scored),
    logprob: words('logprob', scored),
    greedy: words('greedy', scored),
  };
  return {
    results: [io.logprob, io.greedy].map((buffer) => ({ buffer, words: 1 })),
    record: record((recorder) => kernels.scoreHead(recorder, io, weights.head)),
  };
}

/** Of each scored row under the dense network and the variant: divergence, and the target's log-probabilities: [P, 3]. */
function pairsOutput(
  pool: Pool,
  spec: Spec,
  weights: DeviceWeights,
  { scored }: ForwardOptions,
  buffers: ForwardBuffers,
  targets: GPUBuffer,
): Output {
  const blocks = kernels.headBlocks(spec.vocab);
  const words = (label: string, count: number): GPUBuffer => pool.buffer(label, 4 * count);
  const io = {
    x: buffers.last,
    targets,
    part: words('part', 4 * scored * blocks),
    gap: words('gap', scored * blocks),
    logit: words('logit', 2 * scored),
    divergence: words('divergence', 3 * scored),
  };
  return {
    results: [{ buffer: io.divergence, words: 3 }],
    record: (recorder, resident, dense) => [
      ...[dense, resident].flatMap((one, k) => [
        ...layerCommands(recorder, spec, weights, buffers, one, null),
        lastNorm(recorder, spec, weights, buffers, k * scored),
      ]),
      ...kernels.headDivergence(recorder, io, weights.head, scored),
    ],
  };
}
