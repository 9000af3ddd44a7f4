// Every setting of a tokenizer.json that the library follows, by part and type. Any other is refused by name, since the
// library itself passes over what it does not know.

import { BenchError } from '../../base/error.ts';
import { isRecord } from '../../base/json.ts';
import { FETCH_AGAIN, type Json } from './files.ts';

/** Characters of a value that a message shows. */
const MAX_SHOWN = 100;

type Kind = 'flag' | 'text' | 'count' | 'any' | 'pattern' | 'parts' | readonly string[];
type Shape = Readonly<Record<string, Kind>>;

const BEHAVIORS = ['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'];
const SCHEMES = ['first', 'never', 'always'];
const BYTE_LEVEL: Shape = { add_prefix_space: 'flag', trim_offsets: 'flag', use_regex: 'flag' };
const METASPACE: Shape = {
  replacement: 'text',
  prepend_scheme: SCHEMES,
  split: 'flag',
  add_prefix_space: 'flag',
  str_rep: 'text',
};
const REPLACE: Shape = { pattern: 'pattern', content: 'text' };
const PAIR: Shape = { sep: 'any', cls: 'any' };

const PARTS: Readonly<Record<string, Readonly<Record<string, Shape>>>> = {
  normalizer: {
    BertNormalizer: { clean_text: 'flag', handle_chinese_chars: 'flag', strip_accents: 'flag', lowercase: 'flag' },
    Strip: { strip_left: 'flag', strip_right: 'flag' },
    StripAccents: {},
    NFC: {},
    NFD: {},
    NFKC: {},
    NFKD: {},
    Sequence: { normalizers: 'parts' },
    Lowercase: {},
    Nmt: {},
    Precompiled: { precompiled_charsmap: 'any' },
    Replace: REPLACE,
    Prepend: { prepend: 'text' },
    ByteLevel: {},
  },
  pre_tokenizer: {
    BertPreTokenizer: {},
    ByteLevel: BYTE_LEVEL,
    CharDelimiterSplit: { delimiter: 'text' },
    Metaspace: METASPACE,
    Whitespace: {},
    WhitespaceSplit: {},
    Sequence: { pretokenizers: 'parts' },
    Split: { pattern: 'pattern', behavior: BEHAVIORS, invert: 'flag' },
    Punctuation: { behavior: BEHAVIORS },
    Digits: { individual_digits: 'flag' },
    UnicodeScripts: {},
    FixedLength: { length: 'count' },
  },
  post_processor: {
    RobertaProcessing: { ...PAIR, trim_offsets: 'flag', add_prefix_space: 'flag' },
    BertProcessing: PAIR,
    ByteLevel: BYTE_LEVEL,
    TemplateProcessing: { single: 'any', pair: 'any', special_tokens: 'any' },
    Sequence: { processors: 'parts' },
  },
  decoder: {
    BPEDecoder: { suffix: 'text' },
    ByteLevel: BYTE_LEVEL,
    WordPiece: { prefix: 'text', cleanup: 'flag' },
    Metaspace: METASPACE,
    CTC: { pad_token: 'text', word_delimiter_token: 'text', cleanup: 'flag' },
    Sequence: { decoders: 'parts' },
    Replace: REPLACE,
    Fuse: {},
    Strip: { content: 'text', start: 'count', stop: 'count' },
    ByteFallback: {},
  },
};

const MODELS: Readonly<Record<string, Shape>> = {
  BPE: {
    dropout: 'any',
    unk_token: 'text',
    continuing_subword_prefix: 'text',
    end_of_word_suffix: 'text',
    fuse_unk: 'flag',
    byte_fallback: 'flag',
    ignore_merges: 'flag',
    vocab: 'any',
    merges: 'any',
  },
  WordPiece: { unk_token: 'text', continuing_subword_prefix: 'text', max_input_chars_per_word: 'count', vocab: 'any' },
  WordLevel: { unk_token: 'text', vocab: 'any' },
  Unigram: { unk_id: 'count', byte_fallback: 'flag', vocab: 'any' },
};

const TOP = ['version', 'truncation', 'padding', 'added_tokens', 'model', ...Object.keys(PARTS)];
const ADDED: Shape = {
  id: 'count',
  content: 'text',
  single_word: 'flag',
  lstrip: 'flag',
  rstrip: 'flag',
  normalized: 'flag',
  special: 'flag',
};

/** Old files leave the model's type out, and the library tells it by its fields. */
function modelType(model: Json): string {
  if (typeof model.type === 'string') return model.type;
  if ('merges' in model) return 'BPE';
  if (Array.isArray(model.vocab)) return 'Unigram';
  return 'max_input_chars_per_word' in model ? 'WordPiece' : 'WordLevel';
}

/** Whether a setting may have this value. Null is the library's to judge: it knows which settings may be absent. */
function isOf(kind: Kind, value: unknown): boolean {
  if (value === null || kind === 'any') return true;
  if (kind === 'flag') return typeof value === 'boolean';
  if (kind === 'text') return typeof value === 'string';
  if (kind === 'count') return Number.isSafeInteger(value) && (value as number) >= 0;
  return typeof value === 'string' && kind.includes(value);
}

const shown = (value: unknown): string => JSON.stringify(value)?.slice(0, MAX_SHOWN) ?? 'absent';

/**
 * Checks the settings of a parsed tokenizer.json that has a model and a list of added tokens.
 * Throws `bad-tokenizer`, with the setting's name, for one that the library would not follow or that is not valid.
 */
export function requireSettings(raw: Json, where: string): void {
  const refuse: (setting: string, why: string) => never = (setting, why) => {
    throw new BenchError('bad-tokenizer', `${setting} ${why}`, {
      where,
      hint: 'bench cannot follow that setting: use another model, or report the file',
    });
  };
  const check = (part: Json, shape: Shape, name: string, group: string): void => {
    for (const [key, value] of Object.entries(part)) {
      if (key === 'type') continue;
      const kind = Object.hasOwn(shape, key) ? shape[key] : undefined;
      if (kind === undefined) refuse(`${name}.${key}`, 'is not a known setting');
      else if (kind === 'parts') checkParts(value, `${name}.${key}`, group);
      else if (kind === 'pattern') checkPattern(value, `${name}.${key}`);
      else if (!isOf(kind, value)) refuse(`${name}.${key}`, `cannot be ${shown(value)}`);
    }
  };
  const checkPattern = (value: unknown, name: string): void => {
    const [[kind, text] = [], ...more] = isRecord(value) ? Object.entries(value) : [];
    if (more.length > 0 || (kind !== 'String' && kind !== 'Regex') || typeof text !== 'string') {
      refuse(name, 'must be {"String": ...} or {"Regex": ...}');
    }
  };
  const checkParts = (list: unknown, name: string, group: string): void => {
    if (!Array.isArray(list)) refuse(name, 'must be a list');
    list.forEach((part, k) => {
      checkPart(part, `${name}[${k}]`, group);
    });
  };
  const checkPart = (part: unknown, name: string, group: string): void => {
    const fields: Json = isRecord(part) ? part : {};
    const { type, replacement, str_rep, add_prefix_space, prepend_scheme } = fields;
    const shape = typeof type === 'string' && Object.hasOwn(PARTS[group]!, type) ? PARTS[group]![type] : undefined;
    if (shape === undefined) refuse(`${name}.type`, `is ${shown(type)}, which is not known`);
    // Older spellings, which the library reads and passes over.
    if (str_rep !== undefined && str_rep !== replacement) refuse(`${name}.str_rep`, 'differs from its replacement');
    if (add_prefix_space === true && prepend_scheme === 'never') {
      refuse(`${name}.add_prefix_space`, 'is true, and its prepend_scheme is "never"');
    }
    check(fields, shape, name, group);
  };

  for (const key of Object.keys(raw)) if (!TOP.includes(key)) refuse(key, 'is not a known setting');
  for (const group of Object.keys(PARTS)) {
    if (raw[group] !== undefined && raw[group] !== null) checkPart(raw[group], group, group);
  }
  const model = raw.model as Json;
  const type = modelType(model);
  if (!Object.hasOwn(MODELS, type)) refuse('model.type', `is ${shown(type)}, which is not known`);
  check(model, MODELS[type]!, 'model', 'model');
  // It leaves out merges by chance at every call, so that one text would have many ids.
  if (model.dropout) refuse('model.dropout', `is ${shown(model.dropout)}: ids would differ from call to call`);
  for (const token of (raw.added_tokens ?? []) as Json[])
    check(token, ADDED, `added_tokens ${shown(token.content)}`, '');
}

/**
 * As `requireSettings`, for a tokenizer_config.json; `raw`: the tokenizer.json of its folder.
 * Throws `bad-tokenizer` for what would change ids and is not followed.
 */
export function requireConfigSettings(config: Json, raw: Json, where: string): void {
  const refuse = (message: string): never => {
    throw new BenchError('bad-tokenizer', message, { where, hint: FETCH_AGAIN });
  };
  if (config.split_special_tokens === true) refuse('split_special_tokens is true, which is not supported');
  const { type, add_prefix_space: prefix } = (raw.pre_tokenizer ?? {}) as Json;
  // Releases of transformers differ in which of the two they follow.
  if (type === 'ByteLevel' && typeof config.add_prefix_space === 'boolean' && config.add_prefix_space !== prefix) {
    refuse(`add_prefix_space is ${config.add_prefix_space}, and tokenizer.json says ${prefix}`);
  }
}
