// The model that is compared: a Llama of SmolLM2-135M's shape, and its tensors under the names of both formats.

/** What the values need that stand for a trained model's: a head whose logits spread, and a residual that layers move. */
const EMBEDDING_STD = 0.1;

export const SHAPE = Object.freeze({
  layers: 30,
  hidden: 576,
  ffn: 1536,
  heads: 9,
  kvHeads: 3,
  headSize: 64,
  vocab: 49152,
  positions: 8192,
  ropeBase: 100000,
  normEps: 1e-5,
});

/**
 * Every tensor once, in the order of both files. `pairs`: heads whose rows the GGUF holds with the two halves of each
 * head interleaved, since llama.cpp rotates neighbours; `vector`: kept in f32 there.
 */
export function tensors(s = SHAPE) {
  const q = s.heads * s.headSize;
  const kv = s.kvHeads * s.headSize;
  const norm = (hf, gguf) => ({ hf, gguf, rows: 1, columns: s.hidden, vector: true, mean: 1, std: 0.1, pairs: 0 });
  const matrix = (hf, gguf, rows, columns, pairs = 0) => ({
    ...{ hf, gguf, rows, columns, pairs, vector: false, mean: 0, std: 1 / Math.sqrt(columns) },
  });
  const layer = (i) => {
    const from = `model.layers.${i}.`;
    const to = `blk.${i}.`;
    return [
      norm(`${from}input_layernorm.weight`, `${to}attn_norm.weight`),
      matrix(`${from}self_attn.q_proj.weight`, `${to}attn_q.weight`, q, s.hidden, s.heads),
      matrix(`${from}self_attn.k_proj.weight`, `${to}attn_k.weight`, kv, s.hidden, s.kvHeads),
      matrix(`${from}self_attn.v_proj.weight`, `${to}attn_v.weight`, kv, s.hidden),
      matrix(`${from}self_attn.o_proj.weight`, `${to}attn_output.weight`, s.hidden, q),
      norm(`${from}post_attention_layernorm.weight`, `${to}ffn_norm.weight`),
      matrix(`${from}mlp.gate_proj.weight`, `${to}ffn_gate.weight`, s.ffn, s.hidden),
      matrix(`${from}mlp.up_proj.weight`, `${to}ffn_up.weight`, s.ffn, s.hidden),
      matrix(`${from}mlp.down_proj.weight`, `${to}ffn_down.weight`, s.hidden, s.ffn),
    ];
  };
  return [
    { ...matrix('model.embed_tokens.weight', 'token_embd.weight', s.vocab, s.hidden), std: EMBEDDING_STD },
    ...Array.from({ length: s.layers }, (_, i) => layer(i)).flat(),
    norm('model.norm.weight', 'output_norm.weight'),
  ];
}

/** mulberry32: fast enough for 134 million values, and the same everywhere. */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` token ids that stand for text: none of the tokenizer's special ones, which are its first. */
export function tokens(count, seed, vocab = SHAPE.vocab) {
  const next = random(seed);
  return Array.from({ length: count }, () => 100 + Math.floor(next() * (vocab - 100)));
}
