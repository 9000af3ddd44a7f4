// What a checkpoint holds for the network and config.json knows nothing of: more layers, a bias, a norm. Leaving it out
// would compute another network without a word.

import { BenchError } from '../../base/error.ts';
import type { Checkpoint } from './checkpoint.ts';
import { FAMILIES } from './families.ts';
import { allSources, type Parts } from './parts.ts';
import type { Spec } from './spec.ts';

const LAYER = /(?:^|\.)(?:layers|h)\.(\d+)\./;
/** Tables that older versions of transformers saved with the weights; causal masks have four dimensions. */
const TABLE = /\.(?:inv_freq|masked_bias)$/;

/** Throws `bad-weights` naming the first tensor of a layer, or bias of a used weight, that no part takes. */
export function refuseLeftovers(spec: Spec, parts: Parts, checkpoint: Checkpoint): void {
  const used = new Set(allSources(parts).map(({ name }) => name));
  // A tied head has no weight of its own, and can have a bias all the same.
  const head = `${FAMILIES[spec.family]!.names.head}.bias`;
  for (const [name, { shape, file }] of checkpoint.tensors) {
    if (used.has(name) || shape.length > 2 || shape.includes(0) || TABLE.test(name)) continue;
    const layer = LAYER.exec(name)?.[1];
    const bias = name === head || (name.endsWith('.bias') && used.has(name.replace(/bias$/, 'weight')));
    if (layer === undefined && !bias) continue;
    const reason =
      layer !== undefined && Number(layer) >= spec.layers
        ? `belongs to layer ${layer}, and config.json describes ${spec.layers} layers, counted from 0`
        : 'is stored, and the network that config.json describes has no place for it';
    throw new BenchError('bad-weights', `tensor ${name} ${reason}`, {
      where: file,
      hint: 'config.json and the weights must come from one model',
    });
  }
}
