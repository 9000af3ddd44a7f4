// tokenizer.json (+ tokenizer_config.json) -> encode, decode and the special ids, over the `tokenizers` library.
// The library never adds special tokens here: BOS is decided in one place, by what the files declare.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { BenchError } from '../../base/error.ts';
import { FETCH_AGAIN, type Json, MAX_TOKENIZER_BYTES, parseObject, readBounded, readObject } from './files.ts';
import {
  LIMITS,
  LibraryFault,
  type Limits,
  libraryError,
  MAX_TEXT,
  openTokenizer,
  type RemoteTokenizer,
} from './tokenizer-process.ts';
import { requireConfigSettings, requireSettings } from './tokenizer-settings.ts';
import {
  type AddedToken,
  addedTokens,
  modelTokens,
  notEmbedded,
  tokenName,
  vocabularyOf,
  withSpecialTokens,
} from './vocabulary.ts';

export interface Tokenizer {
  readonly digest: string; // sha256 over tokenizer.json and the settings that change ids
  readonly vocabulary: number; // largest id that the model embeds, + 1
  readonly bos: number | null;
  readonly declaresBos: boolean; // raw text starts with BOS
  readonly eos: readonly number[]; // whatever ends a generation
  readonly tokens: { readonly bos: string; readonly eos: string }; // as templates spell them; '' when there is none
  readonly dummyPrefix: boolean; // a space is put before text that has none (SentencePiece)
  /**
   * Ids of the text alone; special tokens spelled in it become their ids. Throws `bad-text` for a text that is too
   * long, that has no tokens for a part of it or whose tokens the model does not embed, and for one that the library
   * cannot do in time.
   */
  encode(text: string): number[];
  /**
   * Makes the ids of many texts in one call of the library, so that `encode` of each is at hand; those of an earlier call
   * are forgotten. A text that fails is left to `encode`.
   */
  prepare(texts: Iterable<string>): void;
  /** Text of the ids; special tokens are left out, unfinished UTF-8 becomes U+FFFD. Throws `bad-ids`. */
  decode(ids: readonly number[]): string;
}

const OTHER_TEXT = 'shorten the text; where every text fails, this tokenizer.json is at fault';

/**
 * An id list from a field of config.json or generation_config.json, such as `eos_token_id`. `known`: whether the tokenizer
 * has the id, beyond the embedding too.
 */
function idsOf(
  config: Json,
  field: string,
  file: string,
  rows: number,
  known: (id: number) => boolean,
): readonly number[] {
  const value = config[field];
  if (value === undefined || value === null) return [];
  const list: unknown[] = Array.isArray(value) ? value : [value];
  for (const id of list) {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || (id >= rows && !known(id))) {
      throw new BenchError('bad-model', `${field} ${JSON.stringify(id)} is not a token id below ${rows}`, {
        where: file,
        hint: FETCH_AGAIN,
      });
    }
  }
  return list as number[];
}

/** Ids of "a"; none where the tokenizer has no token for it, which is no fault as long as no text needs one. */
function probe(library: RemoteTokenizer, special: boolean): readonly number[] {
  try {
    return Array.from(library.encode(['a'], special)[0]!);
  } catch (error) {
    if (error instanceof LibraryFault && error.kind === 'refused') return [];
    throw error;
  }
}

interface Opened {
  readonly library: RemoteTokenizer;
  readonly bare: readonly number[]; // ids of "a"
  readonly full: readonly number[]; // with what the post-processor adds
}

/** Opens the file in the library and compares the ids of `added`: it numbers added tokens anew where the list has gaps. */
function open(file: Json, added: readonly AddedToken[], where: string, limits: Limits): Opened {
  try {
    const library = openTokenizer(JSON.stringify(file), limits);
    library.ids(added.map(({ content }) => content)).forEach((id, k) => {
      const token = added[k]!;
      if (id === token.id) return;
      throw new BenchError(
        'bad-tokenizer',
        `added token ${JSON.stringify(token.content)} has id ${token.id} here, and ${id} by the order of the list`,
        { where, hint: FETCH_AGAIN },
      );
    });
    return { library, bare: probe(library, false), full: probe(library, true) };
  } catch (error) {
    if (error instanceof BenchError) throw error;
    throw libraryError(error, 'bad-tokenizer', 'cannot be used', where, FETCH_AGAIN);
  }
}

/** Ids of texts, which `prepare` makes in as few calls as their length allows. `idsOf` throws LibraryFault. */
function batched(library: RemoteTokenizer): {
  prepare(texts: Iterable<string>): void;
  idsOf(text: string): Uint32Array;
} {
  const prepared = new Map<string, Uint32Array>();
  const add = (texts: readonly string[]): void => {
    try {
      library.encode(texts, false).forEach((ids, k) => {
        prepared.set(texts[k]!, ids);
      });
    } catch (error) {
      if (!(error instanceof LibraryFault)) throw error; // which of them fails is seen one by one
    }
  };
  return {
    prepare(texts) {
      prepared.clear();
      let batch: string[] = [];
      let length = 0;
      for (const text of new Set(texts)) {
        if (text.length > MAX_TEXT) continue;
        if (length + text.length > MAX_TEXT) {
          add(batch);
          batch = [];
          length = 0;
        }
        batch.push(text);
        length += text.length;
      }
      if (batch.length > 0) add(batch);
    },
    idsOf: (text) => prepared.get(text) ?? library.encode([text], false)[0]!,
  };
}

/**
 * Loads a folder's tokenizer. `vocab`: rows of the model's embedding; `limits`: of a call of the library.
 * Throws `no-tokenizer`, `bad-tokenizer` (broken, larger than the embedding, or with a setting that is not followed),
 * `bad-model` or `no-tokenizer-library`.
 */
export async function loadTokenizer(folder: string, config: Json, vocab: number, limits = LIMITS): Promise<Tokenizer> {
  const where = join(folder, 'tokenizer.json');
  const bytes = await readBounded(folder, 'tokenizer.json', MAX_TOKENIZER_BYTES);
  if (bytes === null) {
    throw new BenchError('no-tokenizer', 'there is no tokenizer.json', {
      where: folder,
      hint: 'put the tokenizer.json of this model into its folder; `bench try --ids` needs none',
    });
  }
  const configFile = join(folder, 'tokenizer_config.json');
  const raw = parseObject(bytes, where);
  const own = modelTokens(raw, where);
  const added = withSpecialTokens(own, addedTokens(raw, where), config);
  const vocabulary = vocabularyOf(own, added, where, vocab);
  // transformers sets truncation and padding by itself, call by call.
  const file = { ...raw, added_tokens: added, truncation: null, padding: null };
  requireSettings(file, where);
  requireConfigSettings(config, raw, configFile);
  const { library, bare, full } = open(file, added, where, limits);
  const batches = batched(library);

  const name = (id: number | null): string => (id === null ? '' : (vocabulary.tokenOf(id) ?? ''));
  const idOf = (value: unknown): number | null => {
    const named = tokenName(value);
    return named === null ? null : vocabulary.idOf(named);
  };
  const encode = (text: string): number[] => {
    if (text === '') return [];
    if (text.length > MAX_TEXT) {
      throw new BenchError('bad-text', `a text has ${text.length} characters, and ${MAX_TEXT} are allowed`, {
        where,
        hint: OTHER_TEXT,
      });
    }
    let ids: number[];
    try {
      ids = Array.from(batches.idsOf(text));
    } catch (error) {
      throw libraryError(error, 'bad-text', 'the tokenizer cannot read this text', where, OTHER_TEXT);
    }
    const beyond = ids.find((id) => id >= vocab);
    if (beyond !== undefined) throw notEmbedded(name(beyond), beyond, vocab, where, 'bad-text');
    return ids;
  };

  const processed = full.length > bare.length && full[0] !== bare[0] ? (full[0] ?? null) : null;
  const { bos, declaresBos } = bosOf(config, idOf(config.bos_token), processed, configFile);
  if (declaresBos && bos !== null && bos >= vocab) throw notEmbedded(name(bos), bos, vocab, where, 'bad-tokenizer');
  const known = (id: number): boolean => vocabulary.tokenOf(id) !== null;
  const eos = await endsOf(folder, idOf(config.eos_token), vocab, known);
  const tokens = {
    bos: config.bos_token === null ? '' : (tokenName(config.bos_token) ?? name(processed)),
    eos: tokenName(config.eos_token) ?? '',
  };
  const digest = createHash('sha256')
    .update(bytes)
    .update(JSON.stringify([bos, declaresBos, tokens.bos, tokens.eos, added]))
    .digest('hex');
  return {
    digest,
    vocabulary: vocabulary.size,
    bos,
    declaresBos,
    eos,
    tokens,
    dummyPrefix: name(bare[0] ?? null).startsWith('\u2581'),
    encode,
    prepare: batches.prepare,
    decode(ids) {
      for (const id of ids) {
        if (!Number.isInteger(id) || id < 0 || id >= vocab) throw new BenchError('bad-ids', `${id} is not a token id`);
      }
      if (ids.length === 0) return '';
      try {
        return library.decode(ids);
      } catch (error) {
        throw libraryError(error, 'bad-ids', 'the tokenizer cannot decode these ids', where, OTHER_TEXT);
      }
    },
  };
}

/**
 * The BOS token, and whether a text begins with it. `named`: what bos_token of tokenizer_config.json names; `processed`: what
 * the post-processor of tokenizer.json puts first. Throws `bad-tokenizer` where a BOS is to be added and none is named.
 */
function bosOf(config: Json, named: number | null, processed: number | null, where: string) {
  const bos = named ?? processed;
  // An explicit add_bos_token wins over the post-processor; where bos_token is null it has nothing to add.
  const asked = config.add_bos_token;
  const declaresBos =
    typeof asked === 'boolean' ? asked && (config.bos_token !== null || processed !== null) : processed !== null;
  if (declaresBos && bos === null) {
    throw new BenchError('bad-tokenizer', 'add_bos_token is true, but no token is named as BOS', {
      where,
      hint: 'set bos_token, to null where there is none',
    });
  }
  return { bos, declaresBos };
}

/** Tokens that end a generation, by all files that name some; what the model does not embed it cannot write either. */
async function endsOf(
  folder: string,
  named: number | null,
  vocab: number,
  known: (id: number) => boolean,
): Promise<readonly number[]> {
  const ends = [named];
  for (const source of ['generation_config.json', 'config.json']) {
    ends.push(...idsOf(await readObject(folder, source), 'eos_token_id', join(folder, source), vocab, known));
  }
  return [...new Set(ends.filter((id) => id !== null && id < vocab) as number[])];
}
