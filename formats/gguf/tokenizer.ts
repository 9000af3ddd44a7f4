// Tokenizer metadata of a GGUF -> tokenizer.json and tokenizer_config.json, so that one library makes the ids for both formats.
// What llama.cpp does by the name of a splitter or by scores is written out there as the settings that do the same.

import { BenchError } from '../../base/error.ts';
import { isRecord, parseJson } from '../../base/json.ts';
import type { GgufHeader, GgufValue } from './header.ts';
import { SPLITTERS } from './splitters.ts';

/** The whole tokenizer.json, by the specification, and its tokenizer_config.json: as `bench quantise` writes both. */
export const WHOLE_TOKENIZER = 'tokenizer.huggingface.json';
export const WHOLE_CONFIG = 'bench.tokenizer_config.json';
const MAX_JSON_VALUES = 2 ** 23;

/** `tokenizer.ggml.token_type`. */
const CONTROL = 3;
const USER_DEFINED = 4;
const UNKNOWN = 2;
const BYTE = 6;
/** What stands for a space in a SentencePiece vocabulary. */
const SPACE = '\u2581';
/** Longer pieces are whole tokens of their own; splitting them for merges takes the square of their length. */
const MAX_PIECE = 256;

/** The files of a tokenizer, as values of JSON. */
export interface TokenizerFiles {
  readonly tokenizer: Readonly<Record<string, unknown>>; // tokenizer.json
  readonly config: Readonly<Record<string, unknown>>; // tokenizer_config.json
}

interface Token {
  readonly content: string;
  readonly type: number;
}

/**
 * The files that give the same ids as llama.cpp does. Throws `bad-tokenizer` naming the key that is missing, does not fit
 * the others, or has a value that is not followed.
 */
export function tokenizerOf(header: GgufHeader, where: string): TokenizerFiles {
  const [whole, own] = [WHOLE_TOKENIZER, WHOLE_CONFIG].map((key) => header.metadata.get(key));
  if (typeof whole === 'string' && typeof own === 'string') {
    return { tokenizer: objectOf(whole, WHOLE_TOKENIZER, where), config: objectOf(own, WHOLE_CONFIG, where) };
  }
  const keys = new Keys(header, where);
  const tokens = tokensOf(keys);
  const model = keys.text('model');
  const parts = model === 'gpt2' ? byteLevelBpe(keys, tokens) : model === 'llama' ? sentencePiece(keys, tokens) : null;
  if (parts === null) throw keys.refuse('model', 'is not supported', 'supported: gpt2, llama');
  const { addBos, ...file } = parts;
  const special = (key: string): string | null => {
    const id = keys.optional(`${key}_token_id`);
    if (id === undefined) return null;
    const token = typeof id === 'number' ? tokens[id] : undefined;
    if (token === undefined) throw keys.refuse(`${key}_token_id`, `is not an id below ${tokens.length}`);
    return token.content;
  };
  const template = header.metadata.get('tokenizer.chat_template');
  const [bos, eos, unknown] = [special('bos'), special('eos'), special('unknown')];
  return {
    tokenizer: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: tokens.flatMap(({ content, type }, id) =>
        type === CONTROL || type === USER_DEFINED || type === UNKNOWN
          ? [added(id, content, type !== USER_DEFINED)]
          : [],
      ),
      post_processor: null,
      ...file,
    },
    config: {
      ...(bos !== null && { bos_token: bos }),
      ...(eos !== null && { eos_token: eos }),
      ...(unknown !== null && { unk_token: unknown }),
      add_bos_token: keys.flag('add_bos_token', addBos),
      add_eos_token: false,
      ...(typeof template === 'string' && { chat_template: template }),
    },
  };
}

function objectOf(text: string, key: string, where: string): Readonly<Record<string, unknown>> {
  const hint = 'the file is damaged: write it again';
  try {
    const value = parseJson(text, MAX_JSON_VALUES);
    if (isRecord(value)) return value;
  } catch (error) {
    throw new BenchError('bad-tokenizer', `${key} is not valid JSON: ${(error as Error).message}`, { where, hint });
  }
  throw new BenchError('bad-tokenizer', `${key} is not a JSON object`, { where, hint });
}

function added(id: number, content: string, special: boolean) {
  return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special };
}

type Parts = Readonly<Record<'normalizer' | 'pre_tokenizer' | 'decoder' | 'model', object | null>> & {
  readonly addBos: boolean;
};

function byteLevelBpe(keys: Keys, tokens: readonly Token[]): Parts {
  const name = keys.optional('pre') ?? 'gpt-2';
  const splitter = typeof name === 'string' && Object.hasOwn(SPLITTERS, name) ? SPLITTERS[name] : undefined;
  if (splitter === undefined) {
    throw keys.refuse('pre', 'is not supported', `supported: ${Object.keys(SPLITTERS).join(', ')}`);
  }
  const merges = keys.texts('merges');
  return {
    normalizer: splitter.normalizer ?? null,
    pre_tokenizer: splitter.preTokenizer,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: bpe(ownVocabulary(keys, tokens), merges, { ignore_merges: splitter.ignoreMerges === true }),
    addBos: splitter.addBos === true,
  };
}

/** BPE over the characters of the text, where the piece with the highest score is joined first. */
function sentencePiece(keys: Keys, tokens: readonly Token[]): Parts {
  const scores = keys.numbers('scores');
  if (scores.length !== tokens.length) {
    throw keys.refuse('scores', `has ${scores.length} values for ${tokens.length} tokens`);
  }
  const prefixed = keys.flag('add_space_prefix', true);
  if (keys.flag('remove_extra_whitespaces', false)) throw keys.refuse('remove_extra_whitespaces', 'is not supported');
  const replace = { type: 'Replace', pattern: { String: ' ' }, content: SPACE };
  const vocabulary = ownVocabulary(keys, tokens);
  const unknown = tokens.find(({ type }) => type === UNKNOWN)?.content ?? null;
  return {
    normalizer: prefixed
      ? { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: SPACE }, replace] }
      : { type: 'Sequence', normalizers: [replace] },
    pre_tokenizer: null,
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: SPACE }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        ...(prefixed ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
      ],
    },
    model: bpe(vocabulary, mergesByScore(tokens, scores), {
      unk_token: unknown,
      fuse_unk: true,
      byte_fallback: tokens.some(({ type }) => type === BYTE),
    }),
    addBos: true,
  };
}

function bpe(vocab: Readonly<Record<string, number>>, merges: readonly unknown[], own: object): object {
  return {
    type: 'BPE',
    dropout: null,
    unk_token: null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: false,
    byte_fallback: false,
    ignore_merges: false,
    ...own,
    vocab,
    merges,
  };
}

/**
 * Every way to join two pieces to a third, that with the highest score first; of one score the piece with the lower id, then
 * the split with the lower ids. Pieces that are found whole (control and user-defined) are never joined.
 */
function mergesByScore(tokens: readonly Token[], scores: ArrayLike<number>): readonly (readonly [string, string])[] {
  const ids = new Map<string, number>();
  tokens.forEach(({ content, type }, id) => {
    if (type !== CONTROL && type !== UNKNOWN && type !== BYTE && !ids.has(content)) ids.set(content, id);
  });
  const found: {
    readonly left: string;
    readonly right: string;
    readonly id: number;
    readonly l: number;
    readonly r: number;
  }[] = [];
  for (const [piece, id] of ids) {
    if (tokens[id]!.type === USER_DEFINED || piece.length > MAX_PIECE) continue;
    for (let k = 1; k < piece.length; k++) {
      const [left, right] = [piece.slice(0, k), piece.slice(k)];
      const [l, r] = [ids.get(left), ids.get(right)];
      if (l !== undefined && r !== undefined) found.push({ left, right, id, l, r });
    }
  }
  found.sort((a, b) => scores[b.id]! - scores[a.id]! || a.id - b.id || a.l - b.l || a.r - b.r);
  return found.map(({ left, right }) => [left, right] as const);
}

function tokensOf(keys: Keys): readonly Token[] {
  const contents = keys.texts('tokens');
  const types = keys.optional('token_type') === undefined ? null : keys.numbers('token_type');
  if (types !== null && types.length !== contents.length) {
    throw keys.refuse('token_type', `has ${types.length} values for ${contents.length} tokens`);
  }
  return contents.map((content, id) => ({ content, type: types?.[id] ?? 1 }));
}

/** Token -> id. Throws `bad-tokenizer` where two ids have one token. */
function ownVocabulary(keys: Keys, tokens: readonly Token[]): Readonly<Record<string, number>> {
  const found = new Map<string, number>();
  tokens.forEach(({ content }, id) => {
    const other = found.get(content);
    if (other !== undefined) {
      throw keys.refuse('tokens', `has ${JSON.stringify(content.slice(0, 60))} as ${other} and as ${id}`);
    }
    found.set(content, id);
  });
  return Object.fromEntries(found);
}

/** Values under `tokenizer.ggml.`, each checked for its type. */
class Keys {
  readonly #metadata: GgufHeader['metadata'];
  readonly #where: string;

  constructor({ metadata }: GgufHeader, where: string) {
    this.#metadata = metadata;
    this.#where = where;
  }

  optional(key: string): GgufValue | undefined {
    return this.#metadata.get(`tokenizer.ggml.${key}`);
  }

  text(key: string): string {
    const value = this.optional(key);
    if (typeof value !== 'string') throw this.refuse(key, 'must be a text');
    return value;
  }

  flag(key: string, absent: boolean): boolean {
    const value = this.optional(key) ?? absent;
    if (typeof value !== 'boolean') throw this.refuse(key, 'must be true or false');
    return value;
  }

  texts(key: string): readonly string[] {
    const value = this.optional(key);
    if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value;
    throw this.refuse(key, 'must be a list of texts');
  }

  numbers(key: string): ArrayLike<number> {
    const value = this.optional(key);
    if (ArrayBuffer.isView(value)) return value as unknown as ArrayLike<number>;
    throw this.refuse(key, 'must be a list of numbers');
  }

  refuse(key: string, why: string, hint = 'the file is damaged or incomplete: download it again'): BenchError {
    const value = this.optional(key);
    const said = typeof value === 'string' ? ` ${JSON.stringify(value.slice(0, 60))}` : '';
    return new BenchError('bad-tokenizer', `tokenizer.ggml.${key}${said} ${why}`, { where: this.#where, hint });
  }
}
