// The families that the engine runs, as data: how each spells its config.json, what it leaves out there, what never varies
// in it, and what it calls its tensors. Defaults are those of transformers.

import type { Spec } from './spec.ts';

/** Names without `.weight` and `.bias`; those of a layer follow `<prefix><layers>.<index>.`. */
interface TensorNames {
  readonly prefix: string; // some published files leave it out
  readonly embedding: string;
  readonly positions?: string;
  readonly layers: string;
  readonly norm1: string;
  readonly qkv: readonly string[]; // q, k, v, or one tensor of all three
  readonly qkNorm?: readonly string[]; // q, k
  readonly o: string;
  readonly norm2: string;
  readonly gate?: string;
  readonly up: string;
  readonly down: string;
  readonly norm: string;
  readonly head: string; // never prefixed
  readonly transposed: boolean; // Conv1D: the matrices of a layer are stored [in, out]
}

export interface Family {
  readonly architecture: string;
  readonly keys: {
    readonly layers: string;
    readonly hidden: string;
    readonly heads: string;
    readonly kvHeads?: string;
    readonly headSize?: string;
    readonly ffn: string;
    readonly positions: string;
    readonly eps: string;
    readonly activation: string;
    readonly qkvBias?: string;
    readonly outBias?: string;
    readonly mlpBias?: string;
    readonly parallel?: string;
  };
  readonly ffnDefault?: (hidden: number) => number;
  readonly kvHeadsDefault?: number; // as many as heads
  readonly headSizeDefault?: number; // hidden / heads
  readonly activationDefault: string;
  readonly epsDefault: number;
  readonly positionsDefault: number;
  /** What the config leaves out, and the family's own names for `rope_theta` and `partial_rotary_factor`. */
  readonly rope: {
    readonly base: number;
    readonly baseKey?: string;
    readonly share?: number; // of a head's dimensions that turn: 1
    readonly shareKey?: string; // without one the whole head turns
  } | null;
  readonly tiedDefault: boolean;
  /** Sliding windows: their default size, the key that turns them on, and the key of the first layer that has one. */
  readonly window?: { readonly size: number; readonly on?: string; readonly from?: { key: string; absent: number } };
  readonly fixed: Pick<
    Spec,
    'norm' | 'gated' | 'parallel' | 'learnedPositions' | 'qkvBias' | 'outBias' | 'mlpBias' | 'qkNorm' | 'qkvByHead'
  >;
  /** Fields that change the arithmetic in a way that the engine does not follow, and the value it needs. */
  readonly required: Readonly<Record<string, boolean>>;
  readonly knows?: readonly string[]; // of FOREIGN
  readonly names: TensorNames;
}

/**
 * Fields of other families that change the arithmetic, and the value that changes nothing (null: only leaving it out, or
 * false). transformers ignores them in a family that does not know them; a model that carries one was made for other code.
 */
export const FOREIGN: Readonly<Record<string, number | null>> = {
  attn_logit_softcapping: null,
  final_logit_softcapping: null,
  logit_scale: 1,
  logits_scaling: 1,
  attention_multiplier: null,
  embedding_multiplier: 1,
  residual_multiplier: 1,
  query_pre_attn_scalar: null,
  clip_qkv: null,
  attention_sink: null,
  attention_sinks: null,
  num_sink_tokens: 0,
  alibi: null,
  rope_interleaved: null,
  no_rope_layers: null,
  use_mrope: null,
  dual_chunk_attention_config: null,
  attention_chunk_size: null,
  sliding_window: null,
  use_sliding_window: null,
  qk_layernorm: null,
  qk_norm: null,
  use_qk_norm: null,
  num_experts: 0,
  num_local_experts: 0,
};

/** What Llama and its descendants share. */
const LLAMA: Family = {
  architecture: 'LlamaForCausalLM',
  keys: {
    layers: 'num_hidden_layers',
    hidden: 'hidden_size',
    heads: 'num_attention_heads',
    kvHeads: 'num_key_value_heads',
    headSize: 'head_dim',
    ffn: 'intermediate_size',
    positions: 'max_position_embeddings',
    eps: 'rms_norm_eps',
    activation: 'hidden_act',
  },
  activationDefault: 'silu',
  epsDefault: 1e-6,
  positionsDefault: 2048,
  rope: { base: 10000 },
  tiedDefault: false,
  fixed: {
    norm: 'rms',
    gated: true,
    parallel: false,
    learnedPositions: false,
    qkvBias: false,
    outBias: false,
    mlpBias: false,
    qkNorm: false,
    qkvByHead: false,
  },
  required: {},
  names: {
    prefix: 'model.',
    embedding: 'embed_tokens',
    layers: 'layers',
    norm1: 'input_layernorm',
    qkv: ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj'],
    o: 'self_attn.o_proj',
    norm2: 'post_attention_layernorm',
    gate: 'mlp.gate_proj',
    up: 'mlp.up_proj',
    down: 'mlp.down_proj',
    norm: 'norm',
    head: 'lm_head',
    transposed: false,
  },
};

const QWEN_KNOWS = ['sliding_window', 'use_sliding_window'];
const QWEN_WINDOW = { size: 4096, on: 'use_sliding_window', from: { key: 'max_window_layers', absent: 28 } } as const;

/** By config.json's model_type. */
export const FAMILIES: Readonly<Record<string, Family>> = {
  llama: {
    ...LLAMA,
    keys: { ...LLAMA.keys, qkvBias: 'attention_bias', outBias: 'attention_bias', mlpBias: 'mlp_bias' },
  },
  mistral: {
    ...LLAMA,
    architecture: 'MistralForCausalLM',
    kvHeadsDefault: 8,
    knows: ['sliding_window'],
    positionsDefault: 131072,
    window: { size: 4096 },
  },
  qwen2: {
    ...LLAMA,
    architecture: 'Qwen2ForCausalLM',
    kvHeadsDefault: 32,
    knows: QWEN_KNOWS,
    positionsDefault: 32768,
    window: QWEN_WINDOW,
    fixed: { ...LLAMA.fixed, qkvBias: true },
  },
  qwen3: {
    ...LLAMA,
    architecture: 'Qwen3ForCausalLM',
    keys: { ...LLAMA.keys, qkvBias: 'attention_bias', outBias: 'attention_bias' },
    kvHeadsDefault: 32,
    headSizeDefault: 128,
    knows: QWEN_KNOWS,
    positionsDefault: 32768,
    window: QWEN_WINDOW,
    fixed: { ...LLAMA.fixed, qkNorm: true },
    names: { ...LLAMA.names, qkNorm: ['self_attn.q_norm', 'self_attn.k_norm'] },
  },
  gpt2: {
    architecture: 'GPT2LMHeadModel',
    keys: {
      layers: 'n_layer',
      hidden: 'n_embd',
      heads: 'n_head',
      ffn: 'n_inner',
      positions: 'n_positions',
      eps: 'layer_norm_epsilon',
      activation: 'activation_function',
    },
    ffnDefault: (hidden) => 4 * hidden,
    activationDefault: 'gelu_new',
    epsDefault: 1e-5,
    positionsDefault: 1024,
    rope: null,
    tiedDefault: true,
    fixed: {
      ...LLAMA.fixed,
      norm: 'layer',
      gated: false,
      learnedPositions: true,
      qkvBias: true,
      outBias: true,
      mlpBias: true,
    },
    required: { scale_attn_weights: true, scale_attn_by_inverse_layer_idx: false, add_cross_attention: false },
    names: {
      prefix: 'transformer.',
      embedding: 'wte',
      positions: 'wpe',
      layers: 'h',
      norm1: 'ln_1',
      qkv: ['attn.c_attn'],
      o: 'attn.c_proj',
      norm2: 'ln_2',
      up: 'mlp.c_fc',
      down: 'mlp.c_proj',
      norm: 'ln_f',
      head: 'lm_head',
      transposed: true,
    },
  },
  gpt_neox: {
    architecture: 'GPTNeoXForCausalLM',
    keys: {
      layers: 'num_hidden_layers',
      hidden: 'hidden_size',
      heads: 'num_attention_heads',
      ffn: 'intermediate_size',
      positions: 'max_position_embeddings',
      eps: 'layer_norm_eps',
      activation: 'hidden_act',
      qkvBias: 'attention_bias',
      outBias: 'attention_bias',
      parallel: 'use_parallel_residual',
    },
    activationDefault: 'gelu',
    epsDefault: 1e-5,
    positionsDefault: 2048,
    rope: { base: 10000, baseKey: 'rotary_emb_base', share: 0.25, shareKey: 'rotary_pct' },
    tiedDefault: false,
    fixed: {
      ...LLAMA.fixed,
      norm: 'layer',
      gated: false,
      parallel: true,
      qkvBias: true,
      outBias: true,
      mlpBias: true,
      qkvByHead: true,
    },
    required: {},
    names: {
      prefix: 'gpt_neox.',
      embedding: 'embed_in',
      layers: 'layers',
      norm1: 'input_layernorm',
      qkv: ['attention.query_key_value'],
      o: 'attention.dense',
      norm2: 'post_attention_layernorm',
      up: 'mlp.dense_h_to_4h',
      down: 'mlp.dense_4h_to_h',
      norm: 'final_layer_norm',
      head: 'embed_out',
      transposed: false,
    },
  },
};
