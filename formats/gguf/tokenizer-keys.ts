// tokenizer.json and tokenizer_config.json -> the keys of a GGUF: both files whole, for readers like ours, and for llama.cpp
// the vocabulary and the splitter, where it has a name for that.

import { isRecord } from '../../base/json.ts';
import { SPLITTERS } from './splitters.ts';
import { WHOLE_CONFIG, WHOLE_TOKENIZER } from './tokenizer.ts';
import type { Typed } from './write.ts';

type Json = Readonly<Record<string, unknown>>;

/** `tokenizer.ggml.token_type`. */
const [NORMAL, CONTROL, USER_DEFINED, UNUSED] = [1, 3, 4, 5];

/** The keys; without those of llama.cpp where it has no name for the splitter, so that it refuses the file by its model. */
export function tokenizerKeys(tokenizer: Json, config: Json, vocab: number): ReadonlyMap<string, Typed> {
  const keys = new Map<string, Typed>();
  const text = (key: string, value: string) => keys.set(key, { type: 'string', value });
  const pre = splitterName(tokenizer);
  const tokens = tokensOf(tokenizer, vocab);
  text('tokenizer.ggml.model', pre === null ? 'none' : 'gpt2');
  if (pre !== null) {
    text('tokenizer.ggml.pre', pre);
    keys.set('tokenizer.ggml.tokens', { type: 'strings', value: tokens.map(({ content }) => content) });
    keys.set('tokenizer.ggml.token_type', { type: 'i32s', value: tokens.map(({ type }) => type) });
    keys.set('tokenizer.ggml.merges', { type: 'strings', value: mergesOf(tokenizer) });
    for (const name of ['bos', 'eos', 'unk']) {
      const token = config[`${name}_token`];
      const content = isRecord(token) ? token.content : token;
      const id = tokens.findIndex((one) => one.content === content);
      if (id < 0) continue;
      keys.set(`tokenizer.ggml.${name === 'unk' ? 'unknown' : name}_token_id`, { type: 'u32', value: id });
    }
    keys.set('tokenizer.ggml.add_bos_token', { type: 'bool', value: config.add_bos_token === true });
  }
  if (typeof config.chat_template === 'string') text('tokenizer.chat_template', config.chat_template);
  text(WHOLE_TOKENIZER, JSON.stringify(tokenizer));
  text(WHOLE_CONFIG, JSON.stringify(config));
  return keys;
}

/** What llama.cpp calls this way of splitting text; null where it has no name for it. */
function splitterName({ pre_tokenizer: split, normalizer, model }: Json): string | null {
  if (!isRecord(model) || (model.type !== undefined && model.type !== 'BPE')) return null;
  const shape = (value: unknown): string => JSON.stringify(value ?? null).replace(/,"trim_offsets":(true|false)/g, '');
  for (const [name, known] of Object.entries(SPLITTERS)) {
    const same = shape(known.preTokenizer) === shape(split) && shape(known.normalizer) === shape(normalizer);
    if (same && (known.ignoreMerges === true) === (model.ignore_merges === true)) return name;
  }
  return null;
}

function mergesOf({ model }: Json): readonly string[] {
  const merges = isRecord(model) && Array.isArray(model.merges) ? model.merges : [];
  return merges.map((merge: unknown) => (Array.isArray(merge) ? merge.join(' ') : String(merge)));
}

/** The token of each id of the embedding; ids without one are padding. */
function tokensOf({ model, added_tokens: added }: Json, vocab: number): readonly { content: string; type: number }[] {
  const tokens = Array.from({ length: vocab }, (_, id) => ({ content: `[PAD${id}]`, type: UNUSED! }));
  const put = (content: string, id: unknown, type: number): void => {
    if (typeof id === 'number' && id < vocab) tokens[id] = { content, type };
  };
  const own = isRecord(model) && isRecord(model.vocab) ? model.vocab : {};
  for (const [content, id] of Object.entries(own)) put(content, id, NORMAL!);
  for (const token of Array.isArray(added) ? added : []) {
    if (isRecord(token)) put(String(token.content), token.id, token.special === true ? CONTROL! : USER_DEFINED!);
  }
  return tokens;
}
