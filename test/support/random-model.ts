// Small random models in the layout of a Hugging Face folder, the same for the same seed: config.json and
// model.safetensors, or two shards with their index.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { mersenne } from 'pure-rand/generator/mersenne';
import type { Format } from '../../formats/tensors/tensor.ts';
import { type Tensor, writeSafetensors } from './safetensors.ts';

/** config.json's model_type. */
export type RandomFamily = 'llama' | 'mistral' | 'qwen2' | 'qwen3' | 'gpt_neox' | 'gpt2';

export interface RandomModel {
  readonly family: RandomFamily;
  readonly seed: number;
  readonly format?: Format; // f32
  readonly layers?: number; // 2
  readonly hidden?: number; // 32
  readonly heads?: number; // 4
  readonly kvHeads?: number; // not GPT: as many as heads
  readonly headSize?: number; // not GPT: hidden / heads
  readonly ffn?: number; // 2 * hidden
  readonly vocab?: number; // 97
  readonly positions?: number; // 128
  readonly tied?: boolean; // true
  readonly attentionBias?: boolean; // Llama and Qwen3: false; NeoX: true
  readonly mlpBias?: boolean; // Llama only: false
  readonly headBias?: boolean; // false
  readonly prefix?: boolean; // names start with `model.`, `transformer.` or `gpt_neox.`: true
  readonly activation?: string; // silu, gelu, gelu_new
  readonly ropeScaling?: Readonly<Record<string, unknown>>; // not GPT-2: none
  readonly window?: number; // Mistral and Qwen: none
  readonly layerTypes?: readonly string[]; // Qwen only: every layer has the window
  readonly rotaryShare?: number; // NeoX only: 0.25
  readonly parallel?: boolean; // NeoX only: true
  readonly shards?: 1 | 2; // 1
}

/** Writes the model into `folder`, which is made where it is missing, and returns its config and tensors. */
export async function writeRandomModel(
  folder: string,
  options: RandomModel,
): Promise<{ readonly config: Readonly<Record<string, unknown>>; readonly tensors: ReadonlyMap<string, Tensor> }> {
  const [describe, list] = LAYOUTS[options.family];
  const config = describe(options);
  const tensors = new Map<string, Tensor>();
  const format = options.format ?? 'f32';
  for (const [name, shape] of list(options)) {
    const normal = normals(options.seed + nameHash(name));
    const length = shape.reduce((product, n) => product * n, 1);
    const offset = /(norm|ln_\w+)\.weight$/.test(name) ? 1 : 0;
    tensors.set(name, { shape, format, values: Float32Array.from({ length }, () => offset + 0.2 * normal()) });
  }
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'config.json'), JSON.stringify(config, null, 2));
  if (options.shards !== 2) {
    await writeSafetensors(join(folder, 'model.safetensors'), tensors);
    return { config, tensors };
  }
  const entries = [...tensors];
  const half = Math.floor(entries.length / 2);
  const weightMap: Record<string, string> = {};
  for (const [k, part] of [entries.slice(0, half), entries.slice(half)].entries()) {
    const file = `model-0000${k + 1}-of-00002.safetensors`;
    await writeSafetensors(join(folder, file), new Map(part));
    for (const [name] of part) weightMap[name] = file;
  }
  await writeFile(
    join(folder, 'model.safetensors.index.json'),
    JSON.stringify({ metadata: {}, weight_map: weightMap }),
  );
  return { config, tensors };
}

/** FNV-1a of a name without its prefix: a tensor's values do not depend on which other tensors there are. */
function nameHash(name: string): number {
  let hash = 0x811c9dc5;
  for (const character of name.replace(/^(model|transformer|gpt_neox)\./, '')) {
    hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  }
  return hash;
}

/** Standard normal numbers by Box and Muller. */
export function normals(seed: number): () => number {
  const rng = mersenne(seed);
  return () => {
    const radius = Math.sqrt(-2 * Math.log(1 - uniformFloat64(rng)));
    return radius * Math.cos(2 * Math.PI * uniformFloat64(rng));
  };
}

/** Token ids in [0, vocab). */
export function randomTokens(seed: number, length: number, vocab: number): Uint32Array {
  const rng = mersenne(seed);
  return Uint32Array.from({ length }, () => Math.floor(uniformFloat64(rng) * vocab));
}

const ARCHITECTURES: Readonly<Record<RandomFamily, string>> = {
  llama: 'LlamaForCausalLM',
  mistral: 'MistralForCausalLM',
  qwen2: 'Qwen2ForCausalLM',
  qwen3: 'Qwen3ForCausalLM',
  gpt_neox: 'GPTNeoXForCausalLM',
  gpt2: 'GPT2LMHeadModel',
};

function sizes(options: RandomModel) {
  const { layers = 2, hidden = 32, heads = 4, vocab = 97, positions = 128, tied = true } = options;
  const { kvHeads = heads, headSize = hidden / heads, ffn = 2 * hidden, headBias = false, prefix = true } = options;
  return { layers, hidden, heads, kvHeads, headSize, ffn, vocab, positions, tied, headBias, prefix };
}

export function llamaConfig(options: RandomModel): Record<string, unknown> {
  const s = sizes(options);
  return {
    architectures: [ARCHITECTURES[options.family]],
    model_type: options.family,
    num_hidden_layers: s.layers,
    hidden_size: s.hidden,
    num_attention_heads: s.heads,
    num_key_value_heads: s.kvHeads,
    head_dim: s.headSize,
    intermediate_size: s.ffn,
    vocab_size: s.vocab,
    max_position_embeddings: s.positions,
    rms_norm_eps: 1e-5,
    hidden_act: options.activation ?? 'silu',
    rope_theta: 10000,
    rope_scaling: options.ropeScaling ?? null,
    attention_bias: options.attentionBias ?? false,
    mlp_bias: options.mlpBias ?? false,
    tie_word_embeddings: s.tied,
    lm_head_bias: s.headBias,
    ...(options.family !== 'llama' && { sliding_window: options.window ?? null }),
    ...(options.family.startsWith('qwen') && {
      use_sliding_window: options.window !== undefined,
      max_window_layers: 0,
    }),
    ...(options.layerTypes && { layer_types: options.layerTypes }),
  };
}

export function llamaShapes(options: RandomModel): [string, number[]][] {
  const s = sizes(options);
  const prefix = s.prefix ? 'model.' : '';
  const shapes: [string, number[]][] = [[`${prefix}embed_tokens.weight`, [s.vocab, s.hidden]]];
  for (let layer = 0; layer < s.layers; layer++) {
    const at = `${prefix}layers.${layer}.`;
    const linear = (name: string, rows: number, columns: number, bias = false): void => {
      shapes.push([`${at}${name}.weight`, [rows, columns]]);
      if (bias) shapes.push([`${at}${name}.bias`, [rows]]);
    };
    const qkvBias = options.family === 'qwen2' || options.attentionBias;
    shapes.push([`${at}input_layernorm.weight`, [s.hidden]]);
    linear('self_attn.q_proj', s.heads * s.headSize, s.hidden, qkvBias);
    linear('self_attn.k_proj', s.kvHeads * s.headSize, s.hidden, qkvBias);
    linear('self_attn.v_proj', s.kvHeads * s.headSize, s.hidden, qkvBias);
    if (options.family === 'qwen3') {
      shapes.push([`${at}self_attn.q_norm.weight`, [s.headSize]], [`${at}self_attn.k_norm.weight`, [s.headSize]]);
    }
    linear('self_attn.o_proj', s.hidden, s.heads * s.headSize, options.attentionBias);
    shapes.push([`${at}post_attention_layernorm.weight`, [s.hidden]]);
    linear('mlp.gate_proj', s.ffn, s.hidden, options.mlpBias);
    linear('mlp.up_proj', s.ffn, s.hidden, options.mlpBias);
    linear('mlp.down_proj', s.hidden, s.ffn, options.mlpBias);
  }
  shapes.push([`${prefix}norm.weight`, [s.hidden]]);
  return [...shapes, ...headShapes(options)];
}

function gpt2Config(options: RandomModel): Record<string, unknown> {
  const s = sizes(options);
  return {
    architectures: [ARCHITECTURES.gpt2],
    model_type: 'gpt2',
    n_layer: s.layers,
    n_embd: s.hidden,
    n_head: s.heads,
    n_inner: s.ffn,
    n_positions: s.positions,
    vocab_size: s.vocab,
    layer_norm_epsilon: 1e-5,
    activation_function: options.activation ?? 'gelu_new',
    tie_word_embeddings: s.tied,
    lm_head_bias: s.headBias,
  };
}

function gpt2Shapes(options: RandomModel): [string, number[]][] {
  const s = sizes(options);
  const prefix = s.prefix ? 'transformer.' : '';
  const shapes: [string, number[]][] = [
    [`${prefix}wte.weight`, [s.vocab, s.hidden]],
    [`${prefix}wpe.weight`, [s.positions, s.hidden]],
  ];
  const pair = (name: string, shape: number[], outputs: number): void => {
    shapes.push([`${prefix}${name}.weight`, shape], [`${prefix}${name}.bias`, [outputs]]);
  };
  for (let layer = 0; layer < s.layers; layer++) {
    pair(`h.${layer}.ln_1`, [s.hidden], s.hidden);
    pair(`h.${layer}.attn.c_attn`, [s.hidden, 3 * s.hidden], 3 * s.hidden);
    pair(`h.${layer}.attn.c_proj`, [s.hidden, s.hidden], s.hidden);
    pair(`h.${layer}.ln_2`, [s.hidden], s.hidden);
    pair(`h.${layer}.mlp.c_fc`, [s.hidden, s.ffn], s.ffn);
    pair(`h.${layer}.mlp.c_proj`, [s.ffn, s.hidden], s.hidden);
  }
  pair('ln_f', [s.hidden], s.hidden);
  return [...shapes, ...headShapes(options)];
}

function neoxConfig(options: RandomModel): Record<string, unknown> {
  const s = sizes(options);
  return {
    architectures: [ARCHITECTURES.gpt_neox],
    model_type: 'gpt_neox',
    num_hidden_layers: s.layers,
    hidden_size: s.hidden,
    num_attention_heads: s.heads,
    intermediate_size: s.ffn,
    vocab_size: s.vocab,
    max_position_embeddings: s.positions,
    layer_norm_eps: 1e-5,
    hidden_act: options.activation ?? 'gelu',
    rotary_emb_base: 10000,
    rotary_pct: options.rotaryShare ?? 0.25,
    rope_scaling: options.ropeScaling ?? null,
    attention_bias: options.attentionBias ?? true,
    use_parallel_residual: options.parallel ?? true,
    tie_word_embeddings: s.tied,
    lm_head_bias: s.headBias,
  };
}

function neoxShapes(options: RandomModel): [string, number[]][] {
  const s = sizes(options);
  const prefix = s.prefix ? 'gpt_neox.' : '';
  const shapes: [string, number[]][] = [[`${prefix}embed_in.weight`, [s.vocab, s.hidden]]];
  const pair = (name: string, shape: number[], bias = true): void => {
    shapes.push([`${prefix}${name}.weight`, shape]);
    if (bias) shapes.push([`${prefix}${name}.bias`, shape.slice(0, 1)]);
  };
  for (let layer = 0; layer < s.layers; layer++) {
    pair(`layers.${layer}.input_layernorm`, [s.hidden]);
    pair(`layers.${layer}.attention.query_key_value`, [3 * s.hidden, s.hidden], options.attentionBias);
    pair(`layers.${layer}.attention.dense`, [s.hidden, s.hidden], options.attentionBias);
    pair(`layers.${layer}.post_attention_layernorm`, [s.hidden]);
    pair(`layers.${layer}.mlp.dense_h_to_4h`, [s.ffn, s.hidden]);
    pair(`layers.${layer}.mlp.dense_4h_to_h`, [s.hidden, s.ffn]);
  }
  pair('final_layer_norm', [s.hidden]);
  return [...shapes, ...headShapes(options, 'embed_out')];
}

function headShapes(options: RandomModel, name = 'lm_head'): [string, number[]][] {
  const s = sizes(options);
  const shapes: [string, number[]][] = [];
  if (!s.tied) shapes.push([`${name}.weight`, [s.vocab, s.hidden]]);
  if (s.headBias) shapes.push([`${name}.bias`, [s.vocab]]);
  return shapes;
}

type Layout = readonly [
  describe: (options: RandomModel) => Record<string, unknown>,
  list: (options: RandomModel) => [string, number[]][],
];

const LAYOUTS: Readonly<Record<RandomFamily, Layout>> = {
  llama: [llamaConfig, llamaShapes],
  mistral: [llamaConfig, llamaShapes],
  qwen2: [llamaConfig, llamaShapes],
  qwen3: [llamaConfig, llamaShapes],
  gpt_neox: [neoxConfig, neoxShapes],
  gpt2: [gpt2Config, gpt2Shapes],
};
