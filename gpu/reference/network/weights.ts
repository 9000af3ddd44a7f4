// The parts of a network, widened to f64, each matrix as [rows, columns]: the reference computes with these.

import type { Matrix, Norm, Parts, Vector } from '../../../formats/checkpoint/parts.ts';
import { BYTES, widen } from '../../../formats/tensors/numbers.ts';
import type { TensorSource } from '../../../formats/tensors/tensor.ts';

/** A matrix in f64. */
export interface ReferenceMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly weight: Float64Array; // [rows, columns]
  readonly bias: Float64Array | null; // [rows]
}

/** Weights of a norm; an RMS norm has no bias. */
export interface ReferenceNorm {
  readonly weight: Float64Array;
  readonly bias: Float64Array | null;
}

/** The weights of a layer in f64. */
export interface ReferenceLayer {
  readonly norm1: ReferenceNorm;
  readonly qkv: ReferenceMatrix;
  readonly qkNorm: Float64Array | null;
  readonly o: ReferenceMatrix;
  readonly norm2: ReferenceNorm;
  readonly gate: ReferenceMatrix | null;
  readonly up: ReferenceMatrix;
  readonly down: ReferenceMatrix;
}

/** The weights of a network in f64. */
export interface ReferenceWeights {
  readonly embedding: ReferenceMatrix;
  readonly positions: ReferenceMatrix | null;
  readonly layers: readonly ReferenceLayer[];
  readonly norm: ReferenceNorm;
  readonly head: ReferenceMatrix;
}

/** Reads every tensor of `parts` whole: for small models only. */
export async function readWeights(parts: Parts): Promise<ReferenceWeights> {
  const layers: ReferenceLayer[] = [];
  for (const { norm1, qkv, qkNorm, o, norm2, gate, up, down } of parts.layers) {
    layers.push({
      norm1: await readNorm(norm1),
      qkv: await readMatrix(qkv),
      qkNorm: qkNorm && (await readVector(qkNorm)),
      o: await readMatrix(o),
      norm2: await readNorm(norm2),
      gate: gate && (await readMatrix(gate)),
      up: await readMatrix(up),
      down: await readMatrix(down),
    });
  }
  return {
    embedding: await readMatrix(parts.embedding),
    positions: parts.positions && (await readMatrix(parts.positions)),
    layers,
    norm: await readNorm(parts.norm),
    head: await readMatrix(parts.head),
  };
}

/** A matrix with its sources stacked, [rows, columns] however it is stored. */
async function readMatrix({ rows, columns, sources, transposed, bias }: Matrix): Promise<ReferenceMatrix> {
  const weight = new Float64Array(rows * columns);
  let start = 0;
  for (const source of sources) {
    const values = await readTensor(source);
    weight.set(transposed ? transpose(values, columns) : values, start);
    start += values.length;
  }
  return { rows, columns, weight, bias: bias && (await readVector(bias)) };
}

async function readVector({ size, sources }: Vector): Promise<Float64Array> {
  const out = new Float64Array(size);
  let start = 0;
  for (const source of sources) {
    const values = await readTensor(source);
    out.set(values, start);
    start += values.length;
  }
  return out;
}

async function readNorm({ weight, bias }: Norm): Promise<ReferenceNorm> {
  return { weight: await readVector(weight), bias: bias && (await readVector(bias)) };
}

async function readTensor({ shape, format, read }: TensorSource): Promise<Float64Array> {
  const bytes = new Uint8Array(shape.reduce((product, n) => product * n, BYTES[format]));
  await read(0, bytes);
  return widen(bytes, format);
}

/** [height, width] -> [width, height]. */
function transpose(values: Float64Array, height: number): Float64Array {
  const width = values.length / height;
  const out = new Float64Array(values.length);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) out[column * height + row] = values[row * width + column]!;
  }
  return out;
}
