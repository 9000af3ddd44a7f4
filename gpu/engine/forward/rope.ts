// Rotary position tables (Su et al. 2021, arXiv 2104.09864), with the frequency scaling of Llama 3.
// Angles are f64, since the sine of WGSL is only good to 2^-11; the tables are rounded to f32 once.

import type { Spec } from '../../../formats/checkpoint/spec.ts';
import type { Gpu } from '../../device/device.ts';
import type { Pool } from '../../device/memory.ts';

type Rope = NonNullable<Spec['rope']>;

/**
 * Radians per position for each pair of dimensions: [dims / 2]. Pair i is (i, i + dims / 2) of a head ("half" layout).
 */
export function ropeFrequencies({ base, dims, scale }: Rope): Float64Array {
  return Float64Array.from({ length: dims / 2 }, (_, pair) => {
    const frequency = base ** ((-2 * pair) / dims);
    if (scale === undefined) return frequency;
    if (scale.kind === 'linear') return frequency / scale.factor;
    if (scale.kind === 'factors') return frequency / scale.factors[pair]!;
    // Llama 3: wavelengths that fit the original context stay, those well beyond it are stretched, the rest blend.
    const turns = (scale.originalPositions * frequency) / (2 * Math.PI);
    const keep = (turns - scale.lowFrequency) / (scale.highFrequency - scale.lowFrequency);
    const share = Math.min(1, Math.max(0, keep));
    return share * frequency + ((1 - share) * frequency) / scale.factor;
  });
}

/** Cosines and sines of the rotations, f32. */
export interface RopeTables {
  readonly cos: Float32Array; // [positions, dims / 2]
  readonly sin: Float32Array; // [positions, dims / 2]
}

/** Cosine and sine of position * frequency for positions 0..positions - 1. */
export function ropeTables(rope: Rope, positions: number): RopeTables {
  const frequencies = ropeFrequencies(rope);
  const pairs = frequencies.length;
  const cos = new Float32Array(positions * pairs);
  const sin = new Float32Array(positions * pairs);
  for (let position = 0; position < positions; position++) {
    frequencies.forEach((frequency, pair) => {
      cos[position * pairs + pair] = Math.cos(position * frequency);
      sin[position * pairs + pair] = Math.sin(position * frequency);
    });
  }
  return { cos, sin };
}

/** cos and sin per position and pair on the device; without rotation the kernel reads none of it. */
export function openRotations(gpu: Gpu, pool: Pool, { rope }: Spec, positions: number): GPUBuffer {
  if (rope === null) return pool.buffer('no rope', 16);
  const { cos, sin } = ropeTables(rope, positions);
  const rotations = new Float32Array(2 * cos.length);
  for (let i = 0; i < cos.length; i++) {
    rotations[2 * i] = cos[i]!;
    rotations[2 * i + 1] = sin[i]!;
  }
  const buffer = pool.buffer('rope', rotations.byteLength);
  gpu.device.queue.writeBuffer(buffer, 0, rotations);
  return buffer;
}
