// Tensors of a checkpoint -> buffers on the device, through two bounded host buffers: a model is never whole in memory.

import { BYTES, narrow, widen } from '../../../formats/tensors/numbers.ts';
import { type Format, isBlocks, type TensorSource } from '../../../formats/tensors/tensor.ts';
import type { Gpu } from '../../device/device.ts';
import { groupBytes, grouped } from '../../kernels/block-groups.ts';

/** Host bytes per read, and per write to the device. */
const CHUNK_BYTES = 4 * 2 ** 20;
/** Elements that are converted at once; as numbers of JavaScript they take several times their size. */
const CONVERT_ELEMENTS = 2 ** 16;
/** Writes pile up on the host until something is submitted and done. */
const WRITES_PER_SUBMIT = 8;

/** Rows `first` to `first + rows` of a tensor; `transposed`: it is stored [columns, rows]. */
export interface Slice {
  readonly source: TensorSource;
  readonly first: number;
  readonly rows: number;
  readonly transposed: boolean;
}

/** The whole of a tensor in its stored order. */
export function whole(source: TensorSource): Slice {
  return { source, first: 0, rows: source.shape[0]!, transposed: false };
}

/** Rows `first` to `first + rows` of `sources` stacked, each cut where the tensors meet. */
export function slices(sources: readonly TensorSource[], transposed: boolean, first: number, rows: number): Slice[] {
  const found: Slice[] = [];
  let start = 0;
  for (const source of sources) {
    const height = source.shape[transposed ? 1 : 0]!;
    const from = Math.max(first, start);
    const to = Math.min(first + rows, start + height);
    if (from < to) found.push({ source, first: from - start, rows: to - from, transposed });
    start += height;
  }
  return found;
}

/** Joins slices, since a write takes whole words and an odd number of 16-bit weights does not fill one. */
export class Writer {
  readonly #gpu: Gpu;
  readonly #chunk = new Uint8Array(CHUNK_BYTES);
  #scratch = new Uint8Array(CHUNK_BYTES); // grows where one transposed row is longer
  #rest = new Uint8Array(0); // blocks that fill no group yet
  #filled = 0;
  #offset = 0;
  #writes = 0;

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  /** Fills `buffer` with the slices one after the other, each element in `format`. */
  async fill(buffer: GPUBuffer, parts: readonly Slice[], format: Format): Promise<void> {
    this.#offset = 0;
    for (const part of parts) {
      const from = part.source.format;
      for await (const piece of part.transposed ? this.#transposed(part) : this.#linear(part)) {
        if (isBlocks(format)) await this.#blocks(buffer, piece, format);
        else if (from === format) await this.#append(buffer, piece);
        else {
          const step = CONVERT_ELEMENTS * BYTES[from]; // whole blocks
          for (let at = 0; at < piece.length; at += step) {
            await this.#append(buffer, narrow(widen(piece.subarray(at, at + step), from), format));
          }
        }
      }
    }
    if (this.#rest.length > 0) await this.#append(buffer, grouped(this.#take(), format));
    const padding = (4 - (this.#filled % 4)) % 4;
    this.#chunk.fill(0, this.#filled, this.#filled + padding);
    this.#filled += padding;
    await this.#flush(buffer);
  }

  /** Waits until the device has taken everything. */
  async finish(): Promise<void> {
    this.#gpu.device.queue.submit([]);
    await this.#gpu.wait(this.#gpu.device.queue.onSubmittedWorkDone());
  }

  async *#linear({ source, first, rows }: Slice): AsyncGenerator<Uint8Array> {
    const rowBytes = source.shape.slice(1).reduce((product, n) => product * n, BYTES[source.format]);
    const end = (first + rows) * rowBytes;
    for (let at = first * rowBytes; at < end; at += CHUNK_BYTES) {
      const piece = this.#scratch.subarray(0, Math.min(CHUNK_BYTES, end - at));
      await source.read(at, piece);
      yield piece;
    }
  }

  /** [in, out] as stored -> [out, in], some output rows at a time. */
  async *#transposed({ source, first, rows }: Slice): AsyncGenerator<Uint8Array> {
    const size = BYTES[source.format];
    const [height, width] = source.shape as [number, number];
    const atOnce = Math.max(1, Math.floor(CHUNK_BYTES / (height * size)));
    if (atOnce * height * size > this.#scratch.length) this.#scratch = new Uint8Array(atOnce * height * size);
    const line = new Uint8Array(Math.min(atOnce, rows) * size);
    for (let from = first; from < first + rows; from += atOnce) {
      const columns = Math.min(atOnce, first + rows - from);
      const piece = this.#scratch.subarray(0, columns * height * size);
      const part = line.subarray(0, columns * size);
      for (let k = 0; k < height; k++) {
        await source.read((k * width + from) * size, part);
        for (let column = 0; column < columns; column++) {
          for (let byte = 0; byte < size; byte++) {
            piece[(column * height + k) * size + byte] = part[column * size + byte]!;
          }
        }
      }
      yield piece;
    }
  }

  /** Blocks in the groups of the device; what fills no group waits for the next piece. */
  async #blocks(buffer: GPUBuffer, piece: Uint8Array, format: Format): Promise<void> {
    const bytes = this.#rest.length === 0 ? piece : Buffer.concat([this.#take(), piece]);
    const whole = bytes.length - (bytes.length % groupBytes(format));
    await this.#append(buffer, grouped(bytes.subarray(0, whole), format));
    this.#rest = Uint8Array.from(bytes.subarray(whole));
  }

  #take(): Uint8Array {
    const rest = this.#rest;
    this.#rest = new Uint8Array(0);
    return rest;
  }

  async #append(buffer: GPUBuffer, bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + CHUNK_BYTES - this.#filled);
      this.#chunk.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === CHUNK_BYTES) await this.#flush(buffer);
    }
  }

  async #flush(buffer: GPUBuffer): Promise<void> {
    if (this.#filled === 0) return;
    this.#gpu.device.queue.writeBuffer(buffer, this.#offset, this.#chunk, 0, this.#filled);
    this.#offset += this.#filled;
    this.#filled = 0;
    if (++this.#writes % WRITES_PER_SUBMIT === 0) await this.finish();
  }
}
