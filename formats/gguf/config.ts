// Metadata of a GGUF -> the config.json of the checkpoint that it was made from, as far as the arithmetic depends on it: so
// that one reader decides for both formats what the engine can run.

import { BenchError } from '../../base/error.ts';
import type { GgufHeader, GgufValue } from './header.ts';

/** What an architecture of llama.cpp is called in Hugging Face's files, and what differs in its weights. */
export interface Architecture {
  readonly modelType: string;
  readonly className: string;
  /** Rows of q and k are stored pair by pair, for a RoPE that rotates neighbours; ours rotates halves. */
  readonly pairedRows: boolean;
}

/** By `general.architecture`. */
export const ARCHITECTURES: Readonly<Record<string, Architecture>> = {
  llama: { modelType: 'llama', className: 'LlamaForCausalLM', pairedRows: true },
  qwen2: { modelType: 'qwen2', className: 'Qwen2ForCausalLM', pairedRows: false },
  qwen3: { modelType: 'qwen3', className: 'Qwen3ForCausalLM', pairedRows: false },
};

const HINT = 'use a GGUF that llama.cpp converted from a model of a supported family';

/** Metadata by key without the name of the architecture: `get('block_count')` reads llama.block_count. */
class Keys {
  readonly where: string;
  readonly architecture: string;
  readonly #metadata: GgufHeader['metadata'];

  constructor({ metadata }: GgufHeader, where: string) {
    this.where = where;
    this.#metadata = metadata;
    this.architecture = String(metadata.get('general.architecture') ?? '');
  }

  get(key: string): GgufValue | undefined {
    return this.#metadata.get(`${this.architecture}.${key}`);
  }

  /** A number, or undefined. A list with one value for each layer counts as that value where all are equal. */
  number(key: string): number | undefined {
    const value = this.get(key);
    if (value === undefined || typeof value === 'number') return value;
    if (typeof value === 'object' && value.length > 0) {
      const list = Array.from(value as ArrayLike<unknown>);
      if (typeof list[0] === 'number' && list.every((one) => one === list[0])) return list[0];
      throw this.unsupported(`${this.architecture}.${key} differs from layer to layer`);
    }
    throw new BenchError('bad-model', `${this.architecture}.${key} is ${typeof value}, and must be a number`, {
      where: this.where,
      hint: HINT,
    });
  }

  unsupported(message: string): BenchError {
    return new BenchError('unsupported-model', message, { where: this.where, hint: HINT });
  }
}

/** What the file says it is. Throws `unsupported-model` for an architecture that is not read. */
export function architectureOf(header: GgufHeader, where: string): Architecture {
  const name = header.metadata.get('general.architecture');
  const known = typeof name === 'string' && Object.hasOwn(ARCHITECTURES, name) ? ARCHITECTURES[name] : undefined;
  if (known !== undefined) return known;
  throw new BenchError('unsupported-model', `general.architecture ${JSON.stringify(name ?? null)} is not supported`, {
    where,
    hint: `supported: ${Object.keys(ARCHITECTURES).join(', ')}`,
  });
}

/** Keys whose presence changes the arithmetic in a way that no supported architecture has, unless they are 0 or false. */
const FOREIGN = ['expert_count', 'attn_logit_softcapping', 'final_logit_softcapping', 'logit_scale', 'attention.scale'];

/**
 * The config.json. `factors`: what `rope_freqs.weight` holds, or null. Throws `unsupported-model` and `bad-model` as
 * `readSpec` does of a config.json, and for keys that change the arithmetic and are not followed.
 */
export function configOf(
  header: GgufHeader,
  factors: readonly number[] | null,
  where: string,
): Readonly<Record<string, unknown>> {
  const { modelType, className } = architectureOf(header, where);
  const keys = new Keys(header, where);
  for (const key of FOREIGN) {
    const value = keys.get(key);
    if (value !== undefined && value !== 0 && value !== false) {
      throw keys.unsupported(`${keys.architecture}.${key} ${String(value).slice(0, 40)} is not supported`);
    }
  }
  const tensors = new Map(header.tensors.map((tensor) => [tensor.name, tensor]));
  const has = (name: string): boolean => tensors.has(name);
  const heads = keys.number('attention.head_count');
  return defined({
    model_type: modelType,
    architectures: [className],
    num_hidden_layers: keys.number('block_count'),
    hidden_size: keys.number('embedding_length'),
    num_attention_heads: heads,
    num_key_value_heads: keys.number('attention.head_count_kv') ?? heads,
    head_dim: headSize(keys, heads),
    intermediate_size: keys.number('feed_forward_length'),
    max_position_embeddings: keys.number('context_length'),
    vocab_size: tensors.get('token_embd.weight')?.shape[0],
    rms_norm_eps: keys.number('attention.layer_norm_rms_epsilon'),
    hidden_act: 'silu',
    rope_theta: keys.number('rope.freq_base') ?? 10_000,
    rope_scaling: ropeScaling(keys, factors),
    attention_bias: modelType === 'qwen2' ? undefined : has('blk.0.attn_q.bias'),
    mlp_bias: modelType === 'llama' ? has('blk.0.ffn_up.bias') : undefined,
    sliding_window: keys.number('attention.sliding_window'),
    use_sliding_window: keys.get('attention.sliding_window') === undefined ? undefined : true,
    tie_word_embeddings: !has('output.weight'),
  });
}

/** The stated size of a head; llama.cpp leaves it out where it is hidden / heads. Rotating a part of it is not followed. */
function headSize(keys: Keys, heads: number | undefined): number | undefined {
  const [key, value] = [keys.number('attention.key_length'), keys.number('attention.value_length')];
  if (key !== value) throw keys.unsupported(`heads of ${key} for keys and ${value} for values are not supported`);
  const hidden = keys.number('embedding_length');
  const size = key ?? (hidden === undefined || !heads ? undefined : hidden / heads);
  const turned = keys.number('rope.dimension_count');
  if (turned !== undefined && size !== undefined && turned !== size) {
    throw keys.unsupported(`rotating ${turned} of the ${size} dimensions of a head is not supported`);
  }
  return size;
}

function ropeScaling(keys: Keys, factors: readonly number[] | null): Readonly<Record<string, unknown>> | undefined {
  const type = keys.get('rope.scaling.type') ?? 'none';
  // Old files have only the factor of a linear scaling.
  const factor = keys.number('rope.scaling.factor') ?? keys.number('rope.scale_linear');
  if (factors !== null) {
    if (type !== 'none')
      throw keys.unsupported(`rope.scaling.type ${String(type)} next to rope_freqs is not supported`);
    return { rope_type: 'factors', factors };
  }
  if (type === 'none') return factor === undefined || factor === 1 ? undefined : { rope_type: 'linear', factor };
  return defined({
    rope_type: String(type),
    factor,
    original_max_position_embeddings: keys.number('rope.scaling.original_context_length'),
    attention_factor: keys.number('rope.scaling.attn_factor'),
    beta_fast: keys.number('rope.scaling.yarn_beta_fast'),
    beta_slow: keys.number('rope.scaling.yarn_beta_slow'),
  });
}

function defined(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
