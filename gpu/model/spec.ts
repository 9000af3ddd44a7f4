// config.json -> Spec: one record that describes every family; a family is a row of a table, not a class.

import { join } from 'node:path';
import { Fields } from './fields.ts';
import { MAX_CONFIG_BYTES, readJson, requireModelFolder } from './folder.ts';

/** RoPE frequency scaling as Llama 3 defines it, or linear. */
export type RopeScale =
  | { readonly kind: 'linear'; readonly factor: number }
  | {
      readonly kind: 'llama3';
      readonly factor: number;
      readonly lowFrequency: number;
      readonly highFrequency: number;
      readonly originalPositions: number;
    };

export interface Spec {
  readonly family: string; // config.json's model_type
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
  readonly ffn: number;
  readonly vocab: number;
  readonly maxPositions: number;
  readonly norm: 'rms' | 'layer'; // layer norm has a bias
  readonly normEps: number;
  readonly activation: 'silu' | 'gelu' | 'gelu-tanh';
  readonly gated: boolean; // act(gate) * up
  readonly parallel: boolean; // attention and MLP from the same residual (NeoX)
  readonly rope: { readonly base: number; readonly dims: number; readonly scale?: RopeScale } | null;
  readonly learnedPositions: boolean;
  readonly qkvBias: boolean;
  readonly outBias: boolean; // o
  readonly mlpBias: boolean; // every projection of the MLP
  readonly qkNorm: boolean;
  readonly tied: boolean;
  readonly headBias: boolean;
  readonly window: number; // sliding window of attention; 0 = none
}

// Bounds on every size: well above any published model, and low enough that no product of two overflows.
const MAX_LAYERS = 1024;
const MAX_WIDTH = 2 ** 17;
const MAX_HEADS = 1024;
const MAX_HEAD_SIZE = 1024;
const MAX_VOCAB = 2 ** 21;
const MAX_POSITIONS = 2 ** 24;

/** How one family's config.json spells the fields, what it leaves out, and what never varies. */
interface Family {
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
  };
  readonly ffnDefault?: (hidden: number) => number;
  readonly activationDefault: string;
  readonly epsDefault: number;
  readonly positionsDefault: number;
  readonly ropeBase: number | null; // the base where the config has none; null = no rotary embedding
  readonly tiedDefault: boolean;
  readonly fixed: Pick<
    Spec,
    'norm' | 'gated' | 'parallel' | 'learnedPositions' | 'qkvBias' | 'outBias' | 'mlpBias' | 'qkNorm'
  >;
  /** Fields that change the arithmetic in a way that the engine does not follow, and the value it needs. */
  readonly required: Readonly<Record<string, boolean>>;
}

const FAMILIES: Readonly<Record<string, Family>> = {
  llama: {
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
      qkvBias: 'attention_bias',
      outBias: 'attention_bias',
      mlpBias: 'mlp_bias',
    },
    activationDefault: 'silu',
    epsDefault: 1e-6,
    positionsDefault: 2048,
    ropeBase: 10000,
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
    },
    required: {},
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
    ropeBase: null,
    tiedDefault: true,
    fixed: {
      norm: 'layer',
      gated: false,
      parallel: false,
      learnedPositions: true,
      qkvBias: true,
      outBias: true,
      mlpBias: true,
      qkNorm: false,
    },
    required: { scale_attn_weights: true, scale_attn_by_inverse_layer_idx: false, add_cross_attention: false },
  },
};

const ACTIVATIONS = {
  silu: 'silu',
  swish: 'silu',
  gelu: 'gelu',
  gelu_new: 'gelu-tanh',
  gelu_pytorch_tanh: 'gelu-tanh',
  gelu_fast: 'gelu-tanh',
} as const;

/** The Spec of the model in `folder`. Throws as `requireModelFolder` and `readSpec` do. */
export async function loadSpec(folder: string): Promise<Spec> {
  await requireModelFolder(folder);
  const path = join(folder, 'config.json');
  return readSpec(await readJson(path, MAX_CONFIG_BYTES), path);
}

/**
 * A parsed config.json -> Spec, in the spelling of transformers 4 (`rope_theta`, `rope_scaling`) or 5
 * (`rope_parameters`). `where` names the file in errors.
 * Throws `unsupported-model` for what the engine cannot run and `bad-model` for a field that is missing, of the wrong
 * type or out of range; both name the field, its value, and what would do.
 */
export function readSpec(config: unknown, where: string): Spec {
  const fields = new Fields(config, where);
  const name = fields.oneOf('model_type', Object.keys(FAMILIES));
  const family = FAMILIES[name]!;
  const { keys } = family;
  const architectures = fields.strings('architectures');
  if (architectures.length > 0 && !architectures.includes(family.architecture)) {
    throw fields.unsupported('architectures', architectures, [family.architecture]);
  }
  for (const [key, needed] of Object.entries(family.required)) {
    if (fields.boolean(key, needed) !== needed) throw fields.unsupported(key, !needed, [needed]);
  }
  if (fields.has('quantization_config')) {
    throw fields.unsupported('quantization_config', fields.get('quantization_config'), [
      'none: F32, F16 or BF16 weights',
    ]);
  }

  const layers = fields.integer(keys.layers, 1, MAX_LAYERS);
  const hidden = fields.integer(keys.hidden, 1, MAX_WIDTH);
  const heads = fields.integer(keys.heads, 1, MAX_HEADS);
  const kvHeads = keys.kvHeads === undefined ? heads : fields.integer(keys.kvHeads, 1, heads, heads);
  if (heads % kvHeads !== 0) throw fields.bad(keys.kvHeads!, kvHeads, `a divisor of ${keys.heads} (${heads})`);
  const ownHeadSize = keys.headSize !== undefined && fields.has(keys.headSize);
  if (!ownHeadSize && hidden % heads !== 0)
    throw fields.bad(keys.heads, heads, `a divisor of ${keys.hidden} (${hidden})`);
  const headSize = ownHeadSize ? fields.integer(keys.headSize!, 1, MAX_HEAD_SIZE) : hidden / heads;
  if (headSize > MAX_HEAD_SIZE) throw fields.bad(keys.heads, heads, `at least ${Math.ceil(hidden / MAX_HEAD_SIZE)}`);
  const activation = fields.oneOf(keys.activation, Object.keys(ACTIVATIONS), family.activationDefault);
  return {
    ...family.fixed,
    family: name,
    layers,
    hidden,
    heads,
    kvHeads,
    headSize,
    ffn: fields.integer(keys.ffn, 1, MAX_WIDTH * 4, family.ffnDefault?.(hidden)),
    vocab: fields.integer('vocab_size', 1, MAX_VOCAB),
    maxPositions: fields.integer(keys.positions, 1, MAX_POSITIONS, family.positionsDefault),
    normEps: fields.number(keys.eps, 0, 1, family.epsDefault),
    activation: ACTIVATIONS[activation as keyof typeof ACTIVATIONS],
    rope: family.ropeBase === null ? null : readRope(fields, headSize, family.ropeBase),
    qkvBias: keys.qkvBias === undefined ? family.fixed.qkvBias : fields.boolean(keys.qkvBias, false),
    outBias: keys.outBias === undefined ? family.fixed.outBias : fields.boolean(keys.outBias, false),
    mlpBias: keys.mlpBias === undefined ? family.fixed.mlpBias : fields.boolean(keys.mlpBias, false),
    tied: fields.boolean('tie_word_embeddings', family.tiedDefault),
    headBias: fields.boolean('lm_head_bias', false),
    window: 0,
  };
}

/** `rope_parameters` holds base and scaling; before transformers 5 the base stood beside `rope_scaling`. */
function readRope(fields: Fields, headSize: number, defaultBase: number): NonNullable<Spec['rope']> {
  if (headSize % 2 !== 0) throw fields.bad('head_dim', headSize, 'an even number, for rotary positions');
  const combined = fields.has('rope_parameters');
  const scaling = fields.child(combined ? 'rope_parameters' : 'rope_scaling');
  const base = (combined && scaling.has('rope_theta') ? scaling : fields).number('rope_theta', 1, 1e15, defaultBase);
  for (const source of [fields, scaling]) {
    if (source.number('partial_rotary_factor', 0, 1, 1) !== 1) {
      throw source.unsupported('partial_rotary_factor', source.get('partial_rotary_factor'), [1]);
    }
  }
  const rope = { base, dims: headSize };
  const kind = scaling.has('rope_type') ? 'rope_type' : 'type';
  switch (scaling.oneOf(kind, ['default', 'linear', 'llama3'], 'default')) {
    case 'linear':
      return { ...rope, scale: { kind: 'linear', factor: scaling.number('factor', 1, 1e6) } };
    case 'llama3': {
      const lowFrequency = scaling.number('low_freq_factor', 1e-6, 1e6);
      const highFrequency = scaling.number('high_freq_factor', 1e-6, 1e6);
      if (highFrequency <= lowFrequency) {
        throw scaling.bad('high_freq_factor', highFrequency, `above low_freq_factor (${lowFrequency})`);
      }
      const factor = scaling.number('factor', 1, 1e6);
      const originalPositions = scaling.integer('original_max_position_embeddings', 1, MAX_POSITIONS);
      return { ...rope, scale: { kind: 'llama3', factor, lowFrequency, highFrequency, originalPositions } };
    }
    default:
      return rope;
  }
}
