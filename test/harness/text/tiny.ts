// A model folder with a byte-level BPE tokenizer of our own: all 256 bytes, a few merges, <s> and </s>.

import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** GPT-2's table of bytes to printable characters: printable Latin-1 stays, the rest moves to U+0100 and up. */
function byteCharacters(): string[] {
  const kept = (b: number): boolean => (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, b) => String.fromCodePoint(kept(b) ? b : next++));
}

export const BOS = 0;
export const EOS = 1;
/** <s>, </s>, 256 bytes, then the merges. */
const MERGES = ['o k', 'Ġ y', 'Ġy e', 'Ġye s', ': Ġ'] as const;
export const TINY_VOCAB = 2 + 256 + MERGES.length;

export interface TinyOptions {
  readonly postBos?: boolean; // the post-processor adds BOS
  readonly config?: Readonly<Record<string, unknown>> | null; // tokenizer_config.json; null = no file
  readonly files?: Readonly<Record<string, string>>; // further files by name
}

/** Writes a model folder with a tokenizer under the system's temporary folder and returns its path. */
export function tinyModel(options: TinyOptions = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'bench-text-'));
  const vocab: Record<string, number> = { '<s>': BOS, '</s>': EOS };
  for (const [b, character] of byteCharacters().entries()) vocab[character] = 2 + b;
  for (const merge of MERGES) vocab[merge.replace(' ', '')] = Object.keys(vocab).length;
  const added = ['<s>', '</s>'].map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }));
  const tokenizer = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added,
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
    post_processor: options.postBos
      ? {
          type: 'TemplateProcessing',
          single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
          pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
          special_tokens: { '<s>': { id: '<s>', ids: [BOS], tokens: ['<s>'] } },
        }
      : null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: { type: 'BPE', dropout: null, unk_token: null, byte_fallback: false, vocab, merges: MERGES },
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));
  const config = options.config === undefined ? { bos_token: '<s>', eos_token: '</s>' } : options.config;
  if (config !== null) writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify(config));
  for (const [name, content] of Object.entries(options.files ?? {})) writeFileSync(join(folder, name), content);
  return folder;
}

/** Ids of text by bytes, without merges. */
export const byteIds = (text: string): number[] => Array.from(Buffer.from(text), (b) => 2 + b);
