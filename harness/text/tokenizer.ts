// tokenizer.json (+ tokenizer_config.json) -> encode, decode and the special ids, over @huggingface/tokenizers.
// The library never adds special tokens here: BOS is decided in one place, by what the files declare.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { BenchError } from '../../base/error.ts';
import { FETCH_AGAIN, type Json, MAX_TOKENIZER_BYTES, parseObject, readBounded, readObject } from './files.ts';

export interface Tokenizer {
  readonly digest: string; // sha256 over tokenizer.json and the settings that change ids
  readonly vocabulary: number; // largest id that the model embeds, + 1
  readonly bos: number | null;
  readonly declaresBos: boolean; // raw text starts with BOS
  readonly eos: readonly number[]; // whatever ends a generation
  readonly tokens: { readonly bos: string; readonly eos: string }; // as templates spell them; '' when there is none
  readonly dummyPrefix: boolean; // a space is put before text that has none (SentencePiece)
  /** Ids of the text alone; special tokens spelled in it become their ids. Throws `bad-text` for one without an embedding. */
  encode(text: string): number[];
  /** Text of the ids; special tokens are left out, unfinished UTF-8 becomes U+FFFD. */
  decode(ids: readonly number[]): string;
}

/** The name of a special token, which tokenizer_config.json gives as a string or as an added token. */
function tokenName(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null && 'content' in value && typeof value.content === 'string') {
    return value.content;
  }
  return null;
}

/** Beyond the largest vocabulary that the engine takes (2^21), with room for tokens that were added and never embedded. */
const MAX_ID = 2 ** 22;

/**
 * Largest id that the model embeds, + 1. A token beyond the embedding is taken as long as no text spells it, as a padding
 * token that was added after training; a vocabulary most of which lies beyond belongs to another model.
 */
function checkIds(raw: Json, where: string, vocab: number): number {
  const model = raw.model;
  if (typeof model !== 'object' || model === null)
    throw new BenchError('bad-tokenizer', 'has no model', { where, hint: FETCH_AGAIN });
  let largest = -1;
  let within = 0;
  const beyond: [token: string, id: number][] = [];
  const see = (id: unknown, token: string): void => {
    if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 0 || id > MAX_ID) {
      const what =
        Number.isSafeInteger(id) && (id as number) > 0
          ? `has id ${id}, which no vocabulary reaches`
          : 'has no valid id';
      throw new BenchError('bad-tokenizer', `token ${JSON.stringify(token)} ${what}`, { where, hint: FETCH_AGAIN });
    }
    if (id >= vocab) beyond.push([token, id]);
    else {
      within++;
      if (id > largest) largest = id;
    }
  };
  const vocabulary = (model as Json).vocab;
  if (Array.isArray(vocabulary)) {
    vocabulary.forEach((entry, id) => {
      see(id, String(Array.isArray(entry) ? entry[0] : entry));
    });
  } else if (typeof vocabulary === 'object' && vocabulary !== null) {
    for (const [token, id] of Object.entries(vocabulary)) see(id, token);
  } else {
    throw new BenchError('bad-tokenizer', 'its model has no vocab', { where, hint: FETCH_AGAIN });
  }
  const [first] = beyond;
  if (first !== undefined && beyond.length >= within) throw notEmbedded(first, vocab, where, 'bad-tokenizer');
  const added = raw.added_tokens;
  if (added !== undefined && !Array.isArray(added)) {
    throw new BenchError('bad-tokenizer', 'added_tokens must be a list', { where, hint: FETCH_AGAIN });
  }
  for (const token of (added ?? []) as { id?: unknown; content?: unknown }[]) {
    if (typeof token?.content !== 'string') {
      throw new BenchError('bad-tokenizer', 'an added token has no content', { where, hint: FETCH_AGAIN });
    }
    see(token.id, token.content);
  }
  if (largest < 0) throw new BenchError('bad-tokenizer', 'its vocabulary is empty', { where, hint: FETCH_AGAIN });
  return largest + 1;
}

function notEmbedded([token, id]: readonly [string, number], vocab: number, where: string, code: string): BenchError {
  return new BenchError(
    code,
    `token ${JSON.stringify(token)} has id ${id}, but the model embeds only ${vocab} tokens`,
    {
      where,
      hint:
        code === 'bad-text'
          ? 'leave this token out of the text, or use a model that was trained with it'
          : "use the tokenizer.json that belongs to this model's weights",
    },
  );
}

/**
 * An id list from a field of config.json or generation_config.json, such as `eos_token_id`. `known`: whether the tokenizer
 * has the id, beyond the embedding too.
 */
function idsOf(
  config: Json,
  field: string,
  file: string,
  vocab: number,
  known: (id: number) => boolean,
): readonly number[] {
  const value = config[field];
  if (value === undefined || value === null) return [];
  const list: unknown[] = Array.isArray(value) ? value : [value];
  for (const id of list) {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || (id >= vocab && !known(id))) {
      throw new BenchError('bad-model', `${field} ${JSON.stringify(id)} is not a token id below ${vocab}`, {
        where: file,
        hint: FETCH_AGAIN,
      });
    }
  }
  return list as number[];
}

/**
 * Loads a folder's tokenizer. `vocab`: rows of the model's embedding.
 * Throws `no-tokenizer`, `bad-tokenizer` (broken, or larger than the embedding) or `bad-model`.
 */
export async function loadTokenizer(folder: string, config: Json, vocab: number): Promise<Tokenizer> {
  const where = join(folder, 'tokenizer.json');
  const bytes = await readBounded(folder, 'tokenizer.json', MAX_TOKENIZER_BYTES);
  if (bytes === null) {
    throw new BenchError('no-tokenizer', 'there is no tokenizer.json', {
      where: folder,
      hint: 'put the tokenizer.json of this model into its folder; `bench try --ids` needs none',
    });
  }
  const raw = parseObject(bytes, where);
  const vocabulary = checkIds(raw, where, vocab);
  const { Tokenizer: Library } = await import('@huggingface/tokenizers');
  let library: InstanceType<typeof Library>;
  try {
    library = new Library(raw, config);
  } catch (error) {
    throw new BenchError('bad-tokenizer', `cannot be used: ${(error as Error).message}`, {
      where,
      hint: FETCH_AGAIN,
      cause: error,
    });
  }

  const idOf = (value: unknown): number | null => {
    const name = tokenName(value);
    return name === null ? null : (library.token_to_id(name) ?? null);
  };
  const encode = (text: string): number[] => {
    if (text === '') return [];
    const { ids, tokens } = library.encode(text, { add_special_tokens: false });
    const missing = ids.findIndex((id: unknown) => !Number.isInteger(id));
    if (missing >= 0) {
      throw new BenchError('bad-text', `the tokenizer has no token for ${JSON.stringify(tokens[missing])}`, { where });
    }
    const beyond = ids.findIndex((id: number) => id >= vocab);
    if (beyond >= 0) throw notEmbedded([tokens[beyond] ?? '', ids[beyond]!], vocab, where, 'bad-text');
    return ids;
  };

  const probe = library.encode('a', { add_special_tokens: true }).ids;
  const bare = library.encode('a', { add_special_tokens: false }).ids;
  const processed = probe.length > bare.length && probe[0] !== bare[0] ? (probe[0] ?? null) : null;
  const model = await readObject(folder, 'config.json');
  const generation = await readObject(folder, 'generation_config.json');
  const modelFile = join(folder, 'config.json');
  const generationFile = join(folder, 'generation_config.json');
  const known = (id: number): boolean => library.id_to_token(id) !== undefined;
  const bos = idOf(config.bos_token) ?? processed ?? idsOf(model, 'bos_token_id', modelFile, vocab, known)[0] ?? null;
  // transformers lets an explicit add_bos_token win over the post-processor.
  const asked = config.add_bos_token;
  const declaresBos = typeof asked === 'boolean' ? asked : processed !== null;
  if (declaresBos && bos === null) {
    throw new BenchError('bad-tokenizer', 'add_bos_token is true, but no token is named as BOS', {
      where: join(folder, 'tokenizer_config.json'),
      hint: 'set bos_token',
    });
  }
  if (declaresBos && bos !== null && bos >= vocab) {
    throw notEmbedded([library.id_to_token(bos) ?? 'BOS', bos], vocab, where, 'bad-tokenizer');
  }
  const ends = [
    idOf(config.eos_token),
    ...idsOf(generation, 'eos_token_id', generationFile, vocab, known),
    ...idsOf(model, 'eos_token_id', modelFile, vocab, known),
  ];
  // What the model does not embed it cannot write either.
  const eos = new Set(ends.filter((id) => id !== null && id < vocab) as number[]);
  const name = (id: number | null): string => (id === null ? '' : (library.id_to_token(id) ?? ''));
  const tokens = {
    bos: tokenName(config.bos_token) ?? name(bos),
    eos: tokenName(config.eos_token) ?? name([...eos][0] ?? null),
  };
  const digest = createHash('sha256')
    .update(bytes)
    .update(JSON.stringify([bos, declaresBos, tokens.bos, tokens.eos]))
    .digest('hex');
  return {
    digest,
    vocabulary,
    bos,
    declaresBos,
    eos: [...eos],
    tokens,
    dummyPrefix: bare.length > 0 && name(bare[0] ?? null).startsWith('\u2581'),
    encode,
    decode(ids) {
      for (const id of ids) {
        if (!Number.isInteger(id) || id < 0 || id >= vocab) throw new BenchError('bad-ids', `${id} is no token id`);
      }
      if (ids.length === 0) return '';
      // The model's embedding may have more rows than the tokenizer has tokens; those rows have no text.
      const spelled = ids.filter(known);
      if (spelled.length === 0) return '';
      return library.decode(spelled, { skip_special_tokens: true, clean_up_tokenization_spaces: false });
    },
  };
}
