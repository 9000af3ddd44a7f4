// Checkpoint -> device: matrices in their own bits, split where they exceed what the device binds; vectors widened to
// f32.

import type { LayerParts, Matrix, Norm, Parts, Vector } from '../../../formats/checkpoint/parts.ts';
import { BYTES } from '../../../formats/safetensors/numbers.ts';
import type { Format } from '../../../formats/safetensors/tensor.ts';
import type { Gpu } from '../../device/device.ts';
import type { Memory, Pool } from '../../device/memory.ts';
import { type DeviceMatrix, rowChunks } from '../../kernels/matrix.ts';
import { slices, Writer, whole } from './stream.ts';

interface DeviceNorm {
  readonly weight: GPUBuffer;
  readonly bias: GPUBuffer | null;
}

/** The weights of a layer on the device; `qkv` is stacked, and so are gate and up. */
export interface DeviceLayer {
  readonly norm1: DeviceNorm;
  readonly qkv: DeviceMatrix;
  readonly qkNorm: GPUBuffer | null;
  readonly o: DeviceMatrix;
  readonly norm2: DeviceNorm;
  readonly up: DeviceMatrix; // gated: [gate; up]
  readonly down: DeviceMatrix;
}

/** The weights of a model on the device. */
export interface DeviceWeights {
  readonly embedding: DeviceMatrix;
  readonly learned: GPUBuffer | null; // [maxPositions, hidden], f32
  readonly layers: readonly DeviceLayer[];
  readonly norm: DeviceNorm;
  readonly head: DeviceMatrix; // shares the embedding's buffers where they are tied
}

/** The format of a stacked matrix: that of its sources, or f32 where they differ. */
function formatOf(factors: readonly Matrix[]): Format {
  const sources = factors.flatMap((factor) => factor.sources);
  const first = sources[0]!.format;
  return sources.every(({ format }) => format === first) ? first : 'f32';
}

function isTied({ head, embedding }: Parts): boolean {
  return head.sources[0] === embedding.sources[0];
}

/** The matrices that one gated kernel reads, or the only one. */
function factorsOf({ gate, up }: LayerParts): readonly [Matrix] | readonly [Matrix, Matrix] {
  return gate === null ? [up] : [gate, up];
}

/** Device bytes that `upload` will take. */
export function deviceBytes(parts: Parts): number {
  const matrix = (...factors: readonly Matrix[]): number => {
    const size = BYTES[formatOf(factors)];
    return factors.reduce((sum, m) => sum + m.rows * m.columns * size + 4 * (m.bias?.size ?? 0), 0);
  };
  const norm = ({ weight, bias }: Norm): number => 4 * (weight.size + (bias?.size ?? 0));
  let bytes = matrix(parts.embedding) + norm(parts.norm);
  if (parts.positions) bytes += 4 * parts.positions.rows * parts.positions.columns;
  bytes += isTied(parts) ? 4 * (parts.head.bias?.size ?? 0) : matrix(parts.head);
  for (const layer of parts.layers) {
    bytes +=
      norm(layer.norm1) + norm(layer.norm2) + 4 * (layer.qkNorm?.size ?? 0) + matrix(layer.qkv) + matrix(layer.o);
    bytes += matrix(...factorsOf(layer)) + matrix(layer.down);
  }
  return bytes;
}

/** Bytes of the weights that a pass reads whole: all but the tables in which it looks up rows. */
export function passBytes(parts: Parts): number {
  const table = (part: Matrix, bytes: number): number => part.rows * part.columns * bytes;
  const positions = parts.positions === null ? 0 : table(parts.positions, 4);
  const embedding = isTied(parts) ? 0 : table(parts.embedding, BYTES[formatOf([parts.embedding])]);
  return deviceBytes(parts) - positions - embedding;
}

/** Creates and fills every buffer of `parts` in `pool`, none of them larger than `memory` lets a binding be. */
export async function upload(gpu: Gpu, memory: Memory, pool: Pool, parts: Parts): Promise<DeviceWeights> {
  const writer = new Writer(gpu);
  const vector = async (part: Vector): Promise<GPUBuffer> => {
    const buffer = pool.buffer(part.names.join('+'), 4 * part.size);
    await writer.fill(buffer, part.sources.map(whole), 'f32');
    return buffer;
  };
  const norm = async ({ weight, bias }: Norm): Promise<DeviceNorm> => ({
    weight: await vector(weight),
    bias: bias && (await vector(bias)),
  });
  const matrix = async (...factors: readonly [Matrix] | readonly [Matrix, Matrix]): Promise<DeviceMatrix> => {
    const [{ rows, columns }] = factors;
    const format = formatOf(factors);
    const label = factors.flatMap(({ names }) => names).join('+');
    const shape = { rows, columns, format, factors: factors.length };
    const chunks: DeviceMatrix['chunks'][number][] = [];
    for (const chunk of rowChunks(label, shape, memory.maxBindingBytes)) {
      const bytes = chunk.rows * columns * BYTES[format];
      const buffer = pool.buffer(chunk.first === 0 ? label : `${label} from row ${chunk.first}`, bytes);
      const held = factors.flatMap(({ sources, transposed }) =>
        slices(sources, transposed, chunk.first, chunk.rows / factors.length),
      );
      await writer.fill(buffer, held, format);
      chunks.push({ ...chunk, buffer });
    }
    const biases = factors.flatMap(({ bias }) => bias ?? []);
    const bias =
      biases.length === 0
        ? null
        : await vector({
            names: biases.flatMap(({ names }) => names),
            size: biases.reduce((sum, { size }) => sum + size, 0),
            sources: biases.flatMap(({ sources }) => sources),
          });
    return { label, rows: factors.length * rows, columns, format, chunks, bias };
  };
  const embedding = await matrix(parts.embedding);
  const learned = parts.positions && pool.buffer('positions', 4 * parts.positions.rows * parts.positions.columns);
  if (learned) await writer.fill(learned, parts.positions!.sources.map(whole), 'f32');
  const layers: DeviceLayer[] = [];
  for (const layer of parts.layers) {
    layers.push({
      norm1: await norm(layer.norm1),
      qkv: await matrix(layer.qkv),
      qkNorm: layer.qkNorm && (await vector(layer.qkNorm)),
      o: await matrix(layer.o),
      norm2: await norm(layer.norm2),
      up: await matrix(...factorsOf(layer)),
      down: await matrix(layer.down),
    });
  }
  const head = isTied(parts)
    ? { ...embedding, bias: parts.head.bias && (await vector(parts.head.bias)) }
    : await matrix(parts.head);
  const finalNorm = await norm(parts.norm);
  await writer.finish();
  return { embedding, learned, layers, norm: finalNorm, head };
}
