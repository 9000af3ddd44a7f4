// node make-model.mjs --out /tmp/peers --tokenizer DIR: seeded random weights of SmolLM2-135M's shape, as a Hugging
// Face folder (f32/, bf16/) for our engine, and the same weights as GGUF files for llama.cpp.

import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as gguf from './gguf.mjs';
import { BYTES, encode, roundToBf16 } from './numbers.mjs';
import { random, SHAPE, tensors } from './shape.mjs';

/** Checkpoint -> the GGUF files of the same values. bf16 fits f16 but for values below 2^-14, which lose some bits. */
const COPIES = { f32: ['f32'], bf16: ['bf16', 'f16'] };
const FILE_TYPE = { f32: 0, f16: 1, bf16: 32 };
const TOKEN = { normal: 1, control: 3 };

const { values: args } = parseArgs({
  options: {
    out: { type: 'string', default: '/tmp/peers' },
    tokenizer: { type: 'string' },
    seed: { type: 'string', default: '1' },
    formats: { type: 'string', default: 'f32,bf16' },
  },
});
if (args.tokenizer === undefined) {
  console.error('make-model: --tokenizer names a folder with tokenizer.json of 49152 tokens (SmolLM2)');
  process.exit(2);
}
const tokenizer = await readTokenizer(join(args.tokenizer, 'tokenizer.json'));
for (const format of args.formats.split(',')) await make(format);

async function make(format) {
  const folder = join(args.out, format);
  await mkdir(folder, { recursive: true });
  for (const name of ['tokenizer.json', 'tokenizer_config.json']) {
    // What is copied from a read-only file could not be written a second time.
    await writeFile(join(folder, name), await readFile(join(args.tokenizer, name)));
  }
  await writeFile(join(folder, 'config.json'), `${JSON.stringify(config(format), null, 2)}\n`);
  const list = tensors();
  const checkpoint = safetensorsHead(list, format);
  const copies = COPIES[format].map((as) => ({ as, ...ggufHead(list, as) }));
  const out = await open(join(folder, 'model.safetensors'), 'w');
  const others = await Promise.all(copies.map(({ as }) => open(join(args.out, `${as}.gguf`), 'w')));
  await out.write(checkpoint);
  for (const [k, { bytes }] of copies.entries()) await others[k].write(bytes, 0, bytes.length, 0);
  const next = random(Number(args.seed));
  for (const [t, tensor] of list.entries()) {
    const values = draw(tensor, next);
    if (format === 'bf16') roundToBf16(values);
    await writeFully(out, encode(values, format));
    const turned = interleave(values, tensor);
    for (const [k, { as, offsets }] of copies.entries()) {
      await writeFully(others[k], encode(turned, tensor.vector ? 'f32' : as), offsets[t]);
    }
  }
  for (const [k, { end }] of copies.entries()) await others[k].truncate(end);
  for (const file of [out, ...others]) await file.close();
  console.log(`${folder} and ${COPIES[format].map((as) => `${as}.gguf`).join(', ')} in ${args.out}`);
}

/** Uniform values of the tensor's mean and standard deviation. */
function draw({ rows, columns, mean, std }, next) {
  const values = new Float32Array(rows * columns);
  const width = std * Math.sqrt(12);
  for (let i = 0; i < values.length; i++) values[i] = mean + (next() - 0.5) * width;
  return values;
}

/** Row 2i + p of a head is its row p * half + i: the partners of a rotation become neighbours. */
function interleave(values, { rows, columns, pairs }) {
  if (pairs === 0) return values;
  const size = rows / pairs;
  const made = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    const within = row % size;
    const from = row - within + (within % 2) * (size / 2) + Math.floor(within / 2);
    made.set(values.subarray(from * columns, (from + 1) * columns), row * columns);
  }
  return made;
}

async function writeFully(file, bytes, at = null) {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at === null ? null : at + done);
    done += bytesWritten;
  }
}

function config(format) {
  return {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    num_hidden_layers: SHAPE.layers,
    hidden_size: SHAPE.hidden,
    intermediate_size: SHAPE.ffn,
    num_attention_heads: SHAPE.heads,
    num_key_value_heads: SHAPE.kvHeads,
    head_dim: SHAPE.headSize,
    vocab_size: SHAPE.vocab,
    max_position_embeddings: SHAPE.positions,
    rms_norm_eps: SHAPE.normEps,
    rope_theta: SHAPE.ropeBase,
    hidden_act: 'silu',
    tie_word_embeddings: true,
    torch_dtype: format === 'f32' ? 'float32' : 'bfloat16',
    bos_token_id: 1,
    eos_token_id: 2,
  };
}

function safetensorsHead(list, format) {
  const header = { __metadata__: { format: 'pt' } };
  let at = 0;
  for (const { hf, rows, columns, vector } of list) {
    const bytes = rows * columns * BYTES[format];
    const shape = vector ? [columns] : [rows, columns];
    header[hf] = { dtype: format.toUpperCase(), shape, data_offsets: [at, at + bytes] };
    at += bytes;
  }
  const text = JSON.stringify(header);
  const padded = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([length, padded]);
}

function ggufHead(list, format) {
  const { u32, f32, bool, string, array } = gguf;
  const types = tokenizer.tokens.map((_, id) => (tokenizer.special.has(id) ? TOKEN.control : TOKEN.normal));
  const entries = Object.entries({
    'general.architecture': string('llama'),
    'general.name': string(`random weights of SmolLM2-135M's shape, seed ${args.seed}`),
    'general.file_type': u32(FILE_TYPE[format]),
    'llama.block_count': u32(SHAPE.layers),
    'llama.context_length': u32(SHAPE.positions),
    'llama.embedding_length': u32(SHAPE.hidden),
    'llama.feed_forward_length': u32(SHAPE.ffn),
    'llama.attention.head_count': u32(SHAPE.heads),
    'llama.attention.head_count_kv': u32(SHAPE.kvHeads),
    'llama.attention.layer_norm_rms_epsilon': f32(SHAPE.normEps),
    'llama.rope.dimension_count': u32(SHAPE.headSize),
    'llama.rope.freq_base': f32(SHAPE.ropeBase),
    'llama.vocab_size': u32(SHAPE.vocab),
    'tokenizer.ggml.model': string('gpt2'),
    'tokenizer.ggml.pre': string('smollm'),
    'tokenizer.ggml.tokens': array('string', tokenizer.tokens),
    'tokenizer.ggml.token_type': array('i32', types),
    'tokenizer.ggml.merges': array('string', tokenizer.merges),
    'tokenizer.ggml.bos_token_id': u32(1),
    'tokenizer.ggml.eos_token_id': u32(2),
    'tokenizer.ggml.add_bos_token': bool(false),
  });
  const infos = list.map(({ gguf: name, rows, columns, vector }) => {
    const own = vector ? 'f32' : format;
    return { name, rows, columns, vector, format: own, bytes: rows * columns * BYTES[own] };
  });
  return gguf.head(entries, infos);
}

async function readTokenizer(path) {
  const { model, added_tokens: added } = JSON.parse(await readFile(path, 'utf8'));
  const tokens = new Array(SHAPE.vocab);
  for (const [token, id] of Object.entries(model.vocab)) tokens[id] = token;
  for (const { id, content } of added) tokens[id] = content;
  if (tokens.length !== SHAPE.vocab || tokens.includes(undefined)) {
    throw new Error(`${path} does not name ${SHAPE.vocab} tokens: use the tokenizer of SmolLM2`);
  }
  const merges = model.merges.map((merge) => (Array.isArray(merge) ? merge.join(' ') : merge));
  return { tokens, merges, special: new Set(added.filter(({ special }) => special).map(({ id }) => id)) };
}
