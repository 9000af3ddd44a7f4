// Any checkpoint -> a GGUF with its matrices in blocks: the model that `bench quantise` writes.

import { BenchError } from '../../base/error.ts';
import type { Checkpoint, CheckpointTensor } from '../checkpoint/checkpoint.ts';
import { settleHead } from '../checkpoint/head.ts';
import { refuseLeftovers } from '../checkpoint/leftovers.ts';
import { resolveTensors } from '../checkpoint/parts.ts';
import type { RopeScale, Spec } from '../checkpoint/spec.ts';
import { blockOf } from '../tensors/blocks.ts';
import { BYTES, narrow, widen } from '../tensors/numbers.ts';
import { type Format, isBlocks } from '../tensors/tensor.ts';
import { ARCHITECTURES } from './config.ts';
import { ggufName, headRows } from './names.ts';
import { type OutTensor, type Typed, writeGguf } from './write.ts';

/** Bytes of a tensor that are in memory at once, as stored. */
const PIECE_BYTES = 4 * 2 ** 20;

/** What a format falls back to where rows are no whole blocks of it. */
const FALLBACK: Partial<Record<Format, Format>> = { q4_k: 'q5_0', q5_k: 'q5_1', q6_k: 'q8_0' };
/** Formats of fewer bits than the embedding and the head take: an error there is an error of every token. */
const COARSE: readonly Format[] = ['q4_0', 'q4_1', 'q5_0', 'q5_1', 'q4_k', 'q5_k', 'q6_k'];

/** What goes into a GGUF besides the weights. */
export interface Described {
  readonly name: string; // general.name
  readonly tokenizer: ReadonlyMap<string, Typed>; // keys of the tokenizer
}

/** How many tensors and bytes were written in each format. */
export type Written = ReadonlyMap<Format, { readonly tensors: number; readonly bytes: number }>;

/**
 * Writes the model to `path`, whole or not at all; matrices in `format`, the embedding and the head with 8 bits where that is
 * coarser, and vectors in f32. Throws `unsupported-model` for a family that GGUF readers would not take from here, `unwritable`.
 */
export async function quantise(
  spec: Spec,
  checkpoint: Checkpoint,
  format: Format,
  { name, tokenizer }: Described,
  path: string,
): Promise<Written> {
  const found = Object.entries(ARCHITECTURES).find(([, { modelType }]) => modelType === spec.family);
  if (
    found === undefined ||
    spec.windows.some((window) => window > 0) ||
    spec.headBias ||
    (spec.outBias !== spec.qkvBias && spec.family === 'llama')
  ) {
    throw new BenchError('unsupported-model', `family ${spec.family} cannot be written as GGUF with these settings`, {
      where: checkpoint.folder,
      hint: `written: ${Object.values(ARCHITECTURES)
        .map(({ modelType }) => modelType)
        .join(', ')}, without sliding windows or a bias of the head`,
    });
  }
  const [architecture, { pairedRows }] = found;
  const parts = resolveTensors(spec, checkpoint);
  refuseLeftovers(spec, parts, checkpoint);
  const settled = await settleHead(parts);
  const tied = settled.head.sources[0] === settled.embedding.sources[0];
  const used = new Set<CheckpointTensor>();
  const out: OutTensor[] = [];
  const written = new Map<Format, { tensors: number; bytes: number }>();
  for (const tensor of sourcesOf(settled)) {
    if (used.has(tensor)) continue;
    used.add(tensor);
    const stored = ggufName(tensor.name);
    const wanted = tensor.shape.length < 2 ? 'f32' : formatFor(tensor, format);
    const bytes = tensor.shape.reduce((product, n) => product * n, BYTES[wanted]);
    const known = written.get(wanted) ?? { tensors: 0, bytes: 0 };
    written.set(wanted, { tensors: known.tensors + 1, bytes: known.bytes + bytes });
    const headSize = pairedRows && headRows(stored) !== null ? spec.headSize : 0;
    out.push({
      name: stored,
      type: wanted.toUpperCase(),
      shape: tensor.shape,
      bytes,
      pieces: () => piecesOf(tensor, wanted, headSize),
    });
  }
  const factors = factorsOf(spec);
  if (factors !== null) out.push(vectorOf('rope_freqs.weight', factors));
  const metadata = new Map<string, Typed>([
    ['general.architecture', { type: 'string', value: architecture }],
    ['general.name', { type: 'string', value: name }],
    ['general.quantization_version', { type: 'u32', value: 2 }],
    ...keysOf(spec, architecture),
    ...tokenizer,
  ]);
  if (!tied && spec.tied) metadata.set('general.description', { type: 'string', value: 'with a head of its own' });
  await writeGguf(path, metadata, out);
  return written;
}

function* sourcesOf(parts: Awaited<ReturnType<typeof settleHead>>): Generator<CheckpointTensor> {
  const { embedding, layers, norm, head } = parts;
  yield* embedding.sources;
  for (const { norm1, qkv, qkNorm, o, norm2, gate, up, down } of layers) {
    for (const part of [norm1.weight, qkv, qkNorm, o, norm2.weight, gate, up, down]) {
      if (part === null) continue;
      yield* part.sources;
      if ('bias' in part && part.bias !== null) yield* part.bias.sources;
    }
  }
  yield* norm.weight.sources;
  yield* head.sources;
}

function formatFor({ name, shape }: CheckpointTensor, wanted: Format): Format {
  const inLayer = name.includes('.layers.');
  let format: Format = !inLayer && COARSE.includes(wanted) ? 'q8_0' : wanted;
  const fits = (one: Format): boolean => !isBlocks(one) || shape[1]! % blockOf(one).values === 0;
  if (!fits(format)) format = FALLBACK[format] ?? format;
  return fits(format) ? format : 'f16';
}

/** Rows in another format, and in the order of a RoPE of neighbours where heads are of `headSize`. */
async function* piecesOf(tensor: CheckpointTensor, format: Format, headSize: number): AsyncGenerator<Uint8Array> {
  const [rows = 1, columns = 1] = tensor.shape.length === 1 ? [tensor.shape[0], 1] : tensor.shape;
  const rowBytes = columns * BYTES[tensor.format];
  const fitting = Math.max(1, Math.floor(PIECE_BYTES / rowBytes));
  const atOnce = headSize === 0 ? fitting : headSize * Math.max(1, Math.floor(fitting / headSize));
  for (let row = 0; row < rows; row += atOnce) {
    const count = Math.min(atOnce, rows - row);
    const bytes = new Uint8Array(count * rowBytes);
    await tensor.read(row * rowBytes, bytes);
    const values = widen(bytes, tensor.format);
    yield narrow(headSize === 0 ? values : paired(values, columns, headSize), format);
  }
}

/** Row s headSize/2 + i of a head -> row 2i + s. */
function paired(values: Float64Array, columns: number, headSize: number): Float64Array {
  const out = new Float64Array(values.length);
  for (let row = 0; row < values.length / columns; row++) {
    const at = row % headSize;
    const half = headSize / 2;
    const to = row - at + (at < half ? 2 * at : 2 * (at - half) + 1);
    out.set(values.subarray(row * columns, (row + 1) * columns), to * columns);
  }
  return out;
}

function keysOf(spec: Spec, architecture: string): readonly (readonly [string, Typed])[] {
  const u32 = (key: string, value: number) => [`${architecture}.${key}`, { type: 'u32', value }] as const;
  const f32 = (key: string, value: number) => [`${architecture}.${key}`, { type: 'f32', value }] as const;
  const scale = spec.rope?.scale;
  return [
    u32('block_count', spec.layers),
    u32('context_length', spec.maxPositions),
    u32('embedding_length', spec.hidden),
    u32('feed_forward_length', spec.ffn),
    u32('attention.head_count', spec.heads),
    u32('attention.head_count_kv', spec.kvHeads),
    u32('attention.key_length', spec.headSize),
    u32('attention.value_length', spec.headSize),
    f32('attention.layer_norm_rms_epsilon', spec.normEps),
    u32('vocab_size', spec.vocab),
    ...(spec.rope === null ? [] : [f32('rope.freq_base', spec.rope.base), u32('rope.dimension_count', spec.rope.dims)]),
    ...(scale?.kind === 'linear'
      ? [
          [`${architecture}.rope.scaling.type`, { type: 'string', value: 'linear' }] as const,
          f32('rope.scaling.factor', scale.factor),
        ]
      : []),
  ];
}

/** Divisors of the frequencies, as llama.cpp stores the scaling of Llama 3. */
function factorsOf({ rope }: Spec): readonly number[] | null {
  const scale: RopeScale | undefined = rope?.scale;
  if (rope === null || scale === undefined || scale.kind === 'linear') return null;
  if (scale.kind === 'factors') return scale.factors;
  return Array.from({ length: rope.dims / 2 }, (_, pair) => {
    const frequency = rope.base ** ((-2 * pair) / rope.dims);
    const turns = (scale.originalPositions * frequency) / (2 * Math.PI);
    const share = Math.min(1, Math.max(0, (turns - scale.lowFrequency) / (scale.highFrequency - scale.lowFrequency)));
    return 1 / (share + (1 - share) / scale.factor);
  });
}

function vectorOf(name: string, values: readonly number[]): OutTensor {
  const data = narrow(values, 'f32');
  return {
    name,
    type: 'F32',
    shape: [values.length],
    bytes: data.length,
    async *pieces() {
      yield data;
    },
  };
}
