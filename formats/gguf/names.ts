// What llama.cpp calls a tensor, and what its Hugging Face checkpoint calls it.

/** Without `.weight` and `.bias`. */
const WHOLE: Readonly<Record<string, string>> = {
  token_embd: 'model.embed_tokens',
  output_norm: 'model.norm',
  output: 'lm_head',
};

/** Those of a layer follow `blk.<index>.`, and `model.layers.<index>.`. */
const OF_LAYER: Readonly<Record<string, string>> = {
  attn_norm: 'input_layernorm',
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_output: 'self_attn.o_proj',
  attn_q_norm: 'self_attn.q_norm',
  attn_k_norm: 'self_attn.k_norm',
  ffn_norm: 'post_attention_layernorm',
  ffn_gate: 'mlp.gate_proj',
  ffn_up: 'mlp.up_proj',
  ffn_down: 'mlp.down_proj',
};

const NAME = /^(?:blk\.(\d+)\.)?([a-z_]+)\.(weight|bias)$/;

/** The name in the checkpoint; a tensor that no family has keeps its own, so that it is found to be left over. */
export function checkpointName(name: string): string {
  const [, layer, stem = '', kind] = NAME.exec(name) ?? [];
  const known = layer === undefined ? WHOLE[stem] : OF_LAYER[stem];
  if (known === undefined) return layer === undefined ? name : `model.layers.${layer}.${stem}.${kind}`;
  return layer === undefined ? `${known}.${kind}` : `model.layers.${layer}.${known}.${kind}`;
}

const GGUF: Readonly<Record<string, string>> = Object.fromEntries(
  [...Object.entries(WHOLE), ...Object.entries(OF_LAYER)].map(([own, name]) => [name, own]),
);

/** llama.cpp's name of a tensor of a checkpoint; the reverse of `checkpointName`. */
export function ggufName(name: string): string {
  const [, layer, stem = '', kind] = /^(?:model\.layers\.(\d+)\.)?(.*)\.(weight|bias)$/.exec(name) ?? [];

  const own = GGUF[stem] ?? GGUF[`model.${stem}`];
  if (own === undefined) throw new TypeError(`a GGUF has no name for ${name}`);
  return layer === undefined ? `${own}.${kind}` : `blk.${layer}.${own}.${kind}`;
}

/** Whether the rows of a tensor are of queries (`q`) or keys (`k`); null of others. */
export function headRows(name: string): 'q' | 'k' | null {
  const stem = NAME.exec(name)?.[2];
  return stem === 'attn_q' ? 'q' : stem === 'attn_k' ? 'k' : null;
}
