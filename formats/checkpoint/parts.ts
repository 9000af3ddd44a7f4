// Spec + checkpoint -> the logical parts of the network, each tied to the tensors it is stored in. Every name and
// shape is checked here, before anything is uploaded. What a family calls its tensors stands in families.ts.

import { BenchError } from '../../base/error.ts';
import type { Checkpoint, CheckpointTensor } from './checkpoint.ts';
import { FAMILIES } from './families.ts';
import type { Spec } from './spec.ts';

/** A vector of weights, the concatenation of `sources`. */
export interface Vector {
  readonly names: readonly string[]; // in the checkpoint
  readonly size: number;
  readonly sources: readonly CheckpointTensor[];
}

/** y[rows] = W[rows, columns] x[columns] + bias; the rows of the `sources` are stacked in their order. */
export interface Matrix {
  readonly names: readonly string[]; // in the checkpoint, one per source; masks and adapters refer to these
  readonly rows: number;
  readonly columns: number;
  readonly sources: readonly CheckpointTensor[]; // each [its rows, columns], or [columns, its rows] when transposed
  readonly transposed: boolean;
  readonly bias: Vector | null; // [rows]
}

export interface Norm {
  readonly weight: Vector; // [hidden]
  readonly bias: Vector | null; // [hidden]
}

export interface LayerParts {
  readonly norm1: Norm;
  readonly qkv: Matrix; // rows: queries [heads * headSize], keys, values [kvHeads * headSize each], or by head (Spec)
  readonly qkNorm: Vector | null; // [2 * headSize]: of queries, then of keys
  readonly o: Matrix;
  readonly norm2: Norm;
  readonly gate: Matrix | null; // null where the MLP is not gated
  readonly up: Matrix; // [ffn, hidden]
  readonly down: Matrix; // [hidden, ffn]
}

export interface Parts {
  readonly embedding: Matrix; // [vocab, hidden]
  readonly positions: Matrix | null; // [maxPositions, hidden]
  readonly layers: readonly LayerParts[];
  readonly norm: Norm;
  readonly head: Matrix; // [vocab, hidden]; the same sources as the embedding where they are tied
  readonly storedHead: Matrix | null; // in addition to a tie; `settleHead` says whether it counts
}

/**
 * The parts of the network that `spec` describes. Throws `bad-weights` naming the first tensor that is missing, of
 * another shape, or of a dtype that the engine does not compute with. Tensors that no part needs are ignored.
 */
export function resolveTensors(spec: Spec, checkpoint: Checkpoint): Parts {
  const names = FAMILIES[spec.family]?.names;
  if (!names) throw new BenchError('unsupported-model', `no tensor names are known for family ${spec.family}`);
  const { hidden, headSize, ffn, vocab } = spec;
  const find = finder(checkpoint);
  const isStored = (stem: string): boolean =>
    checkpoint.tensors.has(`${stem}.weight`) || checkpoint.foreign.has(`${stem}.weight`);
  const prefix = isStored(names.embedding) || isStored(names.norm) ? '' : names.prefix;

  const vector = (stems: readonly string[], kind: 'weight' | 'bias', sizes: readonly number[]): Vector => ({
    names: stems.map((stem) => `${stem}.${kind}`),
    size: sum(sizes),
    sources: stems.map((stem, k) => find(`${stem}.${kind}`, [sizes[k]!])),
  });
  const matrix = (
    stems: readonly string[],
    sizes: readonly number[],
    columns: number,
    options: { readonly bias: boolean; readonly transposed: boolean },
  ): Matrix => ({
    names: stems.map((stem) => `${stem}.weight`),
    rows: sum(sizes),
    columns,
    sources: stems.map((stem, k) =>
      find(`${stem}.weight`, options.transposed ? [columns, sizes[k]!] : [sizes[k]!, columns]),
    ),
    transposed: options.transposed,
    bias: options.bias ? vector(stems, 'bias', sizes) : null,
  });
  const norm = (stem: string): Norm => ({
    weight: vector([stem], 'weight', [hidden]),
    bias: spec.norm === 'layer' ? vector([stem], 'bias', [hidden]) : null,
  });
  const table = { bias: false, transposed: false };
  const layer = (index: number): LayerParts => {
    const at = `${prefix}${names.layers}.${index}.`;
    const queries = spec.heads * headSize;
    const keys = spec.kvHeads * headSize;
    const inMlp = { bias: spec.mlpBias, transposed: names.transposed };
    return {
      norm1: norm(at + names.norm1),
      qkv: matrix(
        names.qkv.map((name) => at + name),
        names.qkv.length === 1 ? [queries + 2 * keys] : [queries, keys, keys],
        hidden,
        { bias: spec.qkvBias, transposed: names.transposed },
      ),
      qkNorm:
        names.qkNorm === undefined
          ? null
          : vector(
              names.qkNorm.map((name) => at + name),
              'weight',
              [headSize, headSize],
            ),
      o: matrix([at + names.o], [hidden], queries, { bias: spec.outBias, transposed: names.transposed }),
      norm2: norm(at + names.norm2),
      gate: names.gate === undefined ? null : matrix([at + names.gate], [ffn], hidden, inMlp),
      up: matrix([at + names.up], [ffn], hidden, inMlp),
      down: matrix([at + names.down], [hidden], ffn, inMlp),
    };
  };
  // One tensor for both is stored under either name: safetensors' own save_model keeps the one that sorts first.
  const head = spec.tied && !isStored(names.head) ? null : matrix([names.head], [vocab], hidden, table);
  const embedding =
    spec.tied && head !== null && !isStored(prefix + names.embedding)
      ? head
      : matrix([prefix + names.embedding], [vocab], hidden, table);
  const headBias = spec.headBias ? vector([names.head], 'bias', [vocab]) : null;
  return {
    embedding,
    positions:
      names.positions === undefined ? null : matrix([prefix + names.positions], [spec.maxPositions], hidden, table),
    layers: Array.from({ length: spec.layers }, (_, index) => layer(index)),
    norm: norm(prefix + names.norm),
    head: { ...(spec.tied ? embedding : head!), bias: headBias },
    storedHead: spec.tied && head !== embedding ? head : null,
  };
}

/** Every tensor of `parts`, each once (a tied head is the embedding). */
export function allSources(parts: Parts): readonly CheckpointTensor[] {
  const found = new Set<CheckpointTensor>();
  const add = (part: Matrix | Vector | null): void => {
    for (const source of part?.sources ?? []) found.add(source);
    if (part && 'bias' in part) add(part.bias);
  };
  const addNorm = ({ weight, bias }: Norm): void => {
    add(weight);
    add(bias);
  };
  add(parts.embedding);
  add(parts.positions);
  for (const { norm1, qkv, qkNorm, o, norm2, gate, up, down } of parts.layers) {
    addNorm(norm1);
    for (const part of [qkv, qkNorm, o]) add(part);
    addNorm(norm2);
    for (const part of [gate, up, down]) add(part);
  }
  addNorm(parts.norm);
  add(parts.head);
  return [...found];
}

/** Parameters of the network; those of a tied head count once. */
export function parameterCount(parts: Parts): number {
  return sum(allSources(parts).map(({ shape }) => shape.reduce((product, n) => product * n, 1)));
}

function finder(checkpoint: Checkpoint): (name: string, shape: readonly number[]) => CheckpointTensor {
  const fail = (where: string, name: string, message: string): BenchError =>
    new BenchError('bad-weights', `tensor ${name} ${message}`, {
      where,
      hint: 'config.json and the weights must come from one model',
    });
  return (name, shape) => {
    const tensor = checkpoint.tensors.get(name);
    if (tensor === undefined) {
      const foreign = checkpoint.foreign.get(name);
      if (foreign) throw fail(foreign.file, name, `is stored as ${foreign.dtype}; F32, F16 and BF16 are supported`);
      throw fail(checkpoint.folder, name, `is missing; config.json requires [${shape.join(', ')}]`);
    }
    if (tensor.shape.length !== shape.length || tensor.shape.some((n, k) => n !== shape[k])) {
      throw fail(
        tensor.file,
        name,
        `has shape [${tensor.shape.join(', ')}], but config.json requires [${shape.join(', ')}]`,
      );
    }
    return tensor;
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}
