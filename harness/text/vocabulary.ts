// The tokens of a tokenizer.json by name and id, checked, and the special ones that tokenizer_config.json adds to them.

import { BenchError } from '../../base/error.ts';
import { isRecord } from '../../base/json.ts';
import { FETCH_AGAIN, type Json } from './files.ts';

/** Beyond the largest vocabulary that the engine takes (2^21), with room for tokens that were added and never embedded. */
const MAX_ID = 2 ** 22;

/** Where tokenizer_config.json names one special token each, and where it lists them. */
const NAMED = ['bos_token', 'eos_token', 'unk_token', 'sep_token', 'pad_token', 'cls_token', 'mask_token'] as const;
const LISTED = ['additional_special_tokens', 'extra_special_tokens'] as const;

export interface Vocabulary {
  readonly size: number; // largest id that the model embeds, + 1
  idOf(token: string): number | null;
  tokenOf(id: number): string | null;
}

export interface AddedToken {
  readonly id: number;
  readonly content: string;
}

function bad(message: string, where: string): BenchError {
  return new BenchError('bad-tokenizer', message, { where, hint: FETCH_AGAIN });
}

/** The error of a token without a row: `bad-text` where a text spells it, `bad-tokenizer` where the file cannot be used. */
export function notEmbedded(
  token: string,
  id: number,
  rows: number,
  where: string,
  code: 'bad-text' | 'bad-tokenizer',
): BenchError {
  return new BenchError(code, `token ${JSON.stringify(token)} has id ${id}, but the model embeds only ${rows} tokens`, {
    where,
    hint:
      code === 'bad-text'
        ? 'leave this token out of the text, or use a model that was trained with it'
        : "use the tokenizer.json that belongs to this model's weights",
  });
}

/** The name of a special token, which tokenizer_config.json gives as a string or as an added token. */
export function tokenName(value: unknown): string | null {
  if (typeof value === 'string') return value;
  return isRecord(value) && typeof value.content === 'string' ? value.content : null;
}

/** The model's own tokens, each with what stands as its id. Throws `bad-tokenizer` where there are none. */
export function modelTokens(raw: Json, where: string): readonly (readonly [token: string, id: unknown])[] {
  if (!isRecord(raw.model)) throw bad('has no model', where);
  const { vocab } = raw.model;
  if (Array.isArray(vocab)) return vocab.map((entry, id) => [String(Array.isArray(entry) ? entry[0] : entry), id]);
  if (isRecord(vocab)) return Object.entries(vocab);
  throw bad('its model has no vocab', where);
}

/** `added_tokens`, each with its content. Throws `bad-tokenizer`. */
export function addedTokens(raw: Json, where: string): readonly AddedToken[] {
  const added = raw.added_tokens ?? [];
  if (!Array.isArray(added)) throw bad('added_tokens must be a list', where);
  for (const token of added) {
    if (typeof token?.content !== 'string' || token.content === '') throw bad('an added token has no content', where);
  }
  return added;
}

/**
 * The checked vocabulary of `own` (as `modelTokens` has them) and added tokens; `rows`: of the model's embedding. A token
 * beyond them is taken as long as no text spells it, such as a padding token that was added after training; a vocabulary
 * most of which lies beyond belongs to another model. Throws `bad-tokenizer`.
 */
export function vocabularyOf(
  own: readonly (readonly [token: string, id: unknown])[],
  added: readonly AddedToken[],
  where: string,
  rows: number,
): Vocabulary {
  const ids = new Map<string, number>();
  const names = new Map<number, string>();
  const see = (token: string, id: unknown): void => {
    if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 0) {
      throw bad(`token ${JSON.stringify(token)} has no valid id`, where);
    }
    if (id > MAX_ID) throw bad(`token ${JSON.stringify(token)} has id ${id}, which no vocabulary reaches`, where);
    const other = names.get(id) ?? token;
    if (other !== token) {
      throw bad(`tokens ${JSON.stringify(other)} and ${JSON.stringify(token)} have the same id ${id}`, where);
    }
    ids.set(token, id);
    names.set(id, token);
  };
  for (const [token, id] of own) see(token, id);
  const beyond = [...names].filter(([id]) => id >= rows);
  if (beyond.length > 0 && beyond.length * 2 >= names.size) {
    const [[id, token]] = beyond as [[number, string]];
    throw notEmbedded(token, id, rows, where, 'bad-tokenizer');
  }
  for (const { content, id } of added) see(content, id);
  let size = 0;
  let embedded = 0;
  for (const id of names.keys()) {
    if (id >= rows) continue;
    embedded++;
    if (id >= size) size = id + 1;
  }
  if (size === 0) throw bad('its vocabulary is empty', where);
  // Ids follow each other but for a few; names that are gone would leave their texts to other tokens.
  if (embedded * 2 <= size) throw bad(`it names only ${embedded} of the ids below ${size}`, where);
  return { size, idOf: (token) => ids.get(token) ?? null, tokenOf: (id) => names.get(id) ?? null };
}

/**
 * `added_tokens` once tokenizer_config.json is read, as transformers does it: its added_tokens_decoder stands above
 * tokenizer.json's own list, and every special token that it names is one. `own`: as `modelTokens` has them.
 */
export function withSpecialTokens(
  own: readonly (readonly [token: string, id: unknown])[],
  listed: readonly AddedToken[],
  config: Json,
): readonly AddedToken[] {
  const ids = new Map<string, unknown>(own);
  const added = new Map(listed.map((token) => [token.content, token]));
  const decoder = isRecord(config.added_tokens_decoder) ? config.added_tokens_decoder : {};
  for (const [key, token] of Object.entries(decoder)) {
    const content = tokenName(token);
    if (content === null || !isRecord(token)) continue;
    const id = Number(key);
    const { __type, ...settings } = token;
    if ((ids.get(content) ?? added.get(content)?.id ?? id) !== id) continue; // tokenizer.json's id stands
    added.set(content, { ...PLAIN, ...settings, id, content });
  }
  const lists = LISTED.flatMap((field) => (Array.isArray(config[field]) ? config[field] : []));
  for (const value of [...NAMED.map((field) => config[field]), ...lists]) {
    const content = tokenName(value);
    if (content === null || content === '' || added.has(content)) continue;
    const id = ids.get(content);
    // One without an id would get a new row: no text means it then, as where the file does not name it.
    if (typeof id !== 'number') continue;
    added.set(content, { ...PLAIN, ...(isRecord(value) ? value : {}), id, content });
  }
  return [...added.values()].sort((a, b) => a.id - b.id);
}

const PLAIN = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
