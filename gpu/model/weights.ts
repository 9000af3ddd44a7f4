// Checkpoint -> device: matrices in their own bits, streamed through one bounded buffer; vectors widened to f32.

import type { Gpu } from '../device.ts';
import type { DeviceMatrix } from '../kernels/index.ts';
import type { Pool } from '../memory.ts';
import { BYTES, narrow, widen } from './convert.ts';
import type { LayerParts, Matrix, Norm, Parts, Vector } from './tensors.ts';
import type { Format, TensorSource } from './types.ts';

/** Host bytes per read, and per write to the device. */
const CHUNK_BYTES = 8 * 2 ** 20;
/** Writes pile up on the host until something is submitted. */
const WRITES_PER_SUBMIT = 64;

export interface DeviceNorm {
  readonly weight: GPUBuffer;
  readonly bias: GPUBuffer | null;
}

export interface DeviceLayer {
  readonly norm1: DeviceNorm;
  readonly qkv: DeviceMatrix;
  readonly o: DeviceMatrix;
  readonly norm2: DeviceNorm;
  readonly up: DeviceMatrix; // gated: [gate; up]
  readonly down: DeviceMatrix;
}

export interface DeviceWeights {
  readonly embedding: DeviceMatrix;
  readonly learned: GPUBuffer | null; // [maxPositions, hidden], f32
  readonly layers: readonly DeviceLayer[];
  readonly norm: DeviceNorm;
  readonly head: DeviceMatrix; // shares the embedding's buffer where they are tied
}

/** The format of a stacked matrix: that of its sources, or f32 where they differ. */
function formatOf(sources: readonly TensorSource[]): Format {
  const first = sources[0]!.format;
  return sources.every(({ format }) => format === first) ? first : 'f32';
}

function stacked({ gate, up }: LayerParts): Matrix {
  if (gate === null) return up;
  const bias = gate.bias &&
    up.bias && {
      names: [...gate.bias.names, ...up.bias.names],
      size: gate.bias.size + up.bias.size,
      sources: [...gate.bias.sources, ...up.bias.sources],
    };
  return {
    names: [...gate.names, ...up.names],
    rows: gate.rows + up.rows,
    columns: up.columns,
    sources: [...gate.sources, ...up.sources],
    transposed: up.transposed,
    bias,
  };
}

/** Device bytes that `upload` will take. */
export function deviceBytes(parts: Parts): number {
  const matrix = (m: Matrix): number => m.rows * m.columns * BYTES[formatOf(m.sources)] + 4 * (m.bias?.size ?? 0);
  const norm = ({ weight, bias }: Norm): number => 4 * (weight.size + (bias?.size ?? 0));
  let bytes = matrix(parts.embedding) + norm(parts.norm);
  if (parts.positions) bytes += 4 * parts.positions.rows * parts.positions.columns;
  if (parts.head.sources[0] !== parts.embedding.sources[0]) bytes += matrix(parts.head);
  for (const layer of parts.layers) {
    bytes += norm(layer.norm1) + norm(layer.norm2) + matrix(layer.qkv) + matrix(layer.o);
    bytes += matrix(stacked(layer)) + matrix(layer.down);
  }
  return bytes;
}

/** Creates and fills every buffer of `parts` in `pool`. */
export async function upload(gpu: Gpu, pool: Pool, parts: Parts): Promise<DeviceWeights> {
  const writer = new Writer(gpu);
  const vector = async (part: Vector): Promise<GPUBuffer> => {
    const buffer = pool.buffer(part.names.join('+'), 4 * part.size);
    await writer.fill(buffer, part.sources.map(linear), 'f32');
    return buffer;
  };
  const norm = async ({ weight, bias }: Norm): Promise<DeviceNorm> => ({
    weight: await vector(weight),
    bias: bias && (await vector(bias)),
  });
  const matrix = async (part: Matrix): Promise<DeviceMatrix> => {
    const { names, rows, columns, sources, transposed, bias } = part;
    const format = formatOf(sources);
    const label = names.join('+');
    const buffer = pool.buffer(label, rows * columns * BYTES[format]);
    await writer.fill(buffer, sources.map(transposed ? turned : linear), format);
    return { label, rows, columns, format, buffer, bias: bias && (await vector(bias)) };
  };
  const embedding = await matrix(parts.embedding);
  const learned = parts.positions && pool.buffer('positions', 4 * parts.positions.rows * parts.positions.columns);
  if (learned) await writer.fill(learned, parts.positions!.sources.map(linear), 'f32');
  const layers: DeviceLayer[] = [];
  for (const layer of parts.layers) {
    layers.push({
      norm1: await norm(layer.norm1),
      qkv: await matrix(layer.qkv),
      o: await matrix(layer.o),
      norm2: await norm(layer.norm2),
      up: await matrix(stacked(layer)),
      down: await matrix(layer.down),
    });
  }
  const tied = parts.head.sources[0] === parts.embedding.sources[0];
  const head = tied
    ? { ...embedding, bias: parts.head.bias && (await vector(parts.head.bias)) }
    : await matrix(parts.head);
  const finalNorm = await norm(parts.norm);
  gpu.device.queue.submit([]);
  await gpu.wait(gpu.device.queue.onSubmittedWorkDone());
  return { embedding, learned, layers, norm: finalNorm, head };
}

/** The bytes of a tensor in the order in which the device wants them, in pieces of at most CHUNK_BYTES. */
type Pieces = { readonly format: Format; pieces(): AsyncIterable<Uint8Array> };

function linear(source: TensorSource): Pieces {
  const bytes = source.shape.reduce((product, n) => product * n, BYTES[source.format]);
  return {
    format: source.format,
    async *pieces() {
      for (let at = 0; at < bytes; at += CHUNK_BYTES) {
        const piece = new Uint8Array(Math.min(CHUNK_BYTES, bytes - at));
        await source.read(at, piece);
        yield piece;
      }
    },
  };
}

/** [in, out] as stored -> [out, in], some output rows at a time. */
function turned(source: TensorSource): Pieces {
  const size = BYTES[source.format];
  const [height, width] = source.shape as [number, number];
  const columnsAtOnce = Math.max(1, Math.floor(CHUNK_BYTES / (height * size)));
  return {
    format: source.format,
    async *pieces() {
      for (let first = 0; first < width; first += columnsAtOnce) {
        const columns = Math.min(columnsAtOnce, width - first);
        const piece = new Uint8Array(columns * height * size);
        const line = new Uint8Array(columns * size);
        for (let k = 0; k < height; k++) {
          await source.read((k * width + first) * size, line);
          for (let column = 0; column < columns; column++) {
            piece.set(line.subarray(column * size, (column + 1) * size), (column * height + k) * size);
          }
        }
        yield piece;
      }
    },
  };
}

/** Joins pieces across tensors, since a write takes whole words and an odd number of 16-bit weights does not fill one. */
class Writer {
  readonly #gpu: Gpu;
  readonly #chunk = new Uint8Array(CHUNK_BYTES);
  #filled = 0;
  #offset = 0;
  #writes = 0;

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  async fill(buffer: GPUBuffer, tensors: readonly Pieces[], format: Format): Promise<void> {
    this.#offset = 0;
    for (const tensor of tensors) {
      for await (const raw of tensor.pieces()) {
        const piece = tensor.format === format ? raw : narrow(widen(raw, tensor.format), format);
        for (let at = 0; at < piece.length; ) {
          const part = piece.subarray(at, at + CHUNK_BYTES - this.#filled);
          this.#chunk.set(part, this.#filled);
          this.#filled += part.length;
          at += part.length;
          if (this.#filled === CHUNK_BYTES) await this.#flush(buffer);
        }
      }
    }
    const padding = (4 - (this.#filled % 4)) % 4;
    this.#chunk.fill(0, this.#filled, this.#filled + padding);
    this.#filled += padding;
    await this.#flush(buffer);
  }

  async #flush(buffer: GPUBuffer): Promise<void> {
    if (this.#filled === 0) return;
    this.#gpu.device.queue.writeBuffer(buffer, this.#offset, this.#chunk, 0, this.#filled);
    this.#offset += this.#filled;
    this.#filled = 0;
    if (++this.#writes % WRITES_PER_SUBMIT !== 0) return;
    this.#gpu.device.queue.submit([]);
    await this.#gpu.wait(this.#gpu.device.queue.onSubmittedWorkDone());
  }
}
