// The commands of a training step: a forward pass that keeps the residual stream before each layer, the head with its
// cross-entropy by blocks of the vocabulary, and back through the layers, each computed again from what was kept.

import type { Command } from '../../device/commands.ts';
import * as kernels from '../../kernels/index.ts';
import { backwardLayer } from './backward.ts';
import { trainHead } from './head.ts';
import { forwardLayer, type TrainedNetwork } from './layers.ts';

/** What a step runs, in its order: each list is submitted by itself. */
export interface TrainingCommands {
  readonly forward: readonly (readonly Command[])[];
  readonly head: readonly Command[];
  readonly backward: readonly (readonly Command[])[];
}

/** The commands of a step; their uniforms belong to the recorder's pool. */
export function trainingCommands(on: kernels.Recorder, network: TrainedNetwork): TrainingCommands {
  const { spec, weights, buffers, parameters } = network;
  const layers = weights.layers.map((_, index) => index);
  const lowest = Math.min(...parameters.map((one) => one.layer));
  return {
    forward: [
      kernels.embed(on, { ...buffers, table: weights.embedding, learned: weights.learned, x: buffers.kept[0]! }),
      ...layers.map((index) => forwardLayer(on, network, index, false)),
    ],
    head: trainHead(on, spec, weights, buffers),
    backward: layers
      .filter((index) => index >= lowest)
      .reverse()
      .map((index) => backwardLayer(on, network, index, lowest)),
  };
}
