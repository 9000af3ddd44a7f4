// Steering: vectors that are added to the residual stream after a layer, or taken out of it, at every position.

import { BenchError } from '../../../base/error.ts';
import type { Spec } from '../../../formats/checkpoint/spec.ts';
import type { DeviceContext } from '../../device/context.ts';
import type { Pool } from '../../device/memory.ts';
import type { Steer } from '../types.ts';
import type { SteerUse } from './resident-types.ts';

const fitting = new WeakMap<Steer, Spec>();

/** Throws `bad-steer` for an edit that the network has no place for, or whose numbers are none. */
export function checkSteer(spec: Spec, steer: Steer | undefined): void {
  if (steer === undefined || fitting.get(steer) === spec) return;
  const fail = (message: string, hint = 'the vectors were made for another model'): BenchError =>
    new BenchError('bad-steer', `${steer.id}: ${message}`, { hint });
  for (const { layer, kind, vector, scale } of steer.edits) {
    if (!Number.isInteger(layer) || layer < 0 || layer >= spec.layers)
      throw fail(`there is no layer ${layer}`, `its ${spec.layers} layers are 0 to ${spec.layers - 1}`);
    if (vector.length !== spec.hidden)
      throw fail(`a vector of layer ${layer} has ${vector.length} values, and the residual stream ${spec.hidden}`);
    if (!Number.isFinite(scale)) throw fail(`the scale at layer ${layer} is ${scale}`, 'give a finite coefficient');
    if (!vector.every(Number.isFinite))
      throw fail(
        `a value of the vector of layer ${layer} is not finite`,
        'its file is damaged, or its texts are empty',
      );
    if (kind === 'project' && vector.every((value) => value === 0))
      throw fail(`the vector of layer ${layer} is 0, and has no direction`, 'leave the edit out');
  }
  fitting.set(steer, spec);
}

/** Brings the vectors to the device. */
export function openSteer({ gpu, memory }: DeviceContext, pool: Pool, spec: Spec, steer: Steer): readonly SteerUse[] {
  memory.require('steering', { vectors: 4 * spec.hidden * steer.edits.length });
  return steer.edits.map(({ layer, kind, vector, scale }) => {
    const project = kind === 'project';
    const norm = project ? Math.hypot(...vector) : 1;
    const v = pool.buffer(`steer ${layer}`, 4 * vector.length);
    gpu.device.queue.writeBuffer(
      v,
      0,
      Float32Array.from(vector, (value) => value / norm),
    );
    return { layer, project, scale: project ? -scale : scale, v };
  });
}
