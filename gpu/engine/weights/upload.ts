// Checkpoint -> device: matrices in their own bits, split where they exceed what the device binds; vectors widened to
// f32.

import type { LayerParts, Matrix, Norm, Parts, Vector } from '../../../formats/checkpoint/parts.ts';
import { type Format, isBlocks } from '../../../formats/tensors/tensor.ts';
import type { Gpu } from '../../device/device.ts';
import type { Memory, Pool } from '../../device/memory.ts';
import { storedBytes } from '../../kernels/block-groups.ts';
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

/** Rows `first` to `first + rows` of each factor of a stacked matrix, which are on the device in one format. */
interface Run {
  readonly first: number;
  readonly rows: number;
  readonly format: Format;
}

/**
 * The runs of a stacked matrix. Sources in blocks stay as they are, each run of one format in buffers of its own; sources of
 * other formats that differ become f32, and so do two factors that differ, since one kernel reads both.
 */
function runsOf(factors: readonly Matrix[]): readonly Run[] {
  const [{ rows, transposed }, ...others] = factors as readonly [Matrix, ...Matrix[]];
  const sources = factors.flatMap((factor) => factor.sources);
  const first = sources[0]!.format;
  if (sources.every(({ format }) => format === first)) return [{ first: 0, rows, format: first }];
  if (others.length > 0 || transposed || !sources.some(({ format }) => isBlocks(format))) {
    return [{ first: 0, rows, format: 'f32' }];
  }
  const runs: Run[] = [];
  for (const { shape, format } of sources) {
    const last = runs.at(-1);
    const from = last === undefined ? 0 : last.first + last.rows;
    if (last?.format === format) runs[runs.length - 1] = { ...last, rows: last.rows + shape[0]! };
    else runs.push({ first: from, rows: shape[0]!, format });
  }
  return runs;
}

/** Device bytes of a stacked matrix. */
function stackBytes(factors: readonly Matrix[]): number {
  const { columns } = factors[0]!;
  return runsOf(factors).reduce(
    (sum, { rows, format }) => sum + storedBytes(factors.length * rows * columns, format),
    0,
  );
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
    return factors.reduce((sum, m) => sum + 4 * (m.bias?.size ?? 0), stackBytes(factors));
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
  const positions = parts.positions === null ? 0 : 4 * parts.positions.rows * parts.positions.columns;
  const embedding = isTied(parts) ? 0 : stackBytes([parts.embedding]);
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
    const label = factors.flatMap(({ names }) => names).join('+');
    const chunks: DeviceMatrix['chunks'][number][] = [];
    for (const run of runsOf(factors)) {
      const { format } = run;
      const shape = { rows: run.rows, columns, format, factors: factors.length };
      for (const { first, rows: held } of rowChunks(label, shape, memory.maxBindingBytes)) {
        const from = run.first + first;
        const buffer = pool.buffer(
          from === 0 ? label : `${label} from row ${from}`,
          storedBytes(held * columns, format),
        );
        const parts = factors.flatMap(({ sources, transposed }) =>
          slices(sources, transposed, from, held / factors.length),
        );
        await writer.fill(buffer, parts, format);
        chunks.push({ first: from, rows: held, format, buffer });
      }
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
    return { label, rows: factors.length * rows, columns, chunks, bias };
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
