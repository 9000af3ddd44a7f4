// How llama.cpp splits text before byte-level BPE, by the name in `tokenizer.ggml.pre`: written as the settings of tokenizer.json
// that do the same.

const WORDS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|";
const REST = '| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
const CASED =
  '[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+|' +
  '[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*|';
const CASED_REST = '| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';

const byteLevel = (regex: boolean) => ({
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: regex,
});
const split = (pattern: string) => ({
  type: 'Sequence',
  pretokenizers: [
    { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false },
    byteLevel(false),
  ],
});

/** A way to split text, with what goes along with it. */
interface Splitter {
  readonly preTokenizer: object;
  readonly normalizer?: object;
  readonly ignoreMerges?: boolean; // a whole word that is a token is that token
  readonly addBos?: boolean; // where the file does not say
}

const QWEN: Splitter = { preTokenizer: split(`${WORDS}\\p{N}${REST}`), normalizer: { type: 'NFC' } };

/** By `tokenizer.ggml.pre`, of byte-level BPE. */
export const SPLITTERS: Readonly<Record<string, Splitter>> = {
  'gpt-2': { preTokenizer: byteLevel(true) },
  smollm: {
    preTokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Digits', individual_digits: true }, byteLevel(true)] },
  },
  qwen2: QWEN,
  'deepseek-r1-qwen': QWEN,
  'llama-bpe': { preTokenizer: split(`${WORDS}\\p{N}{1,3}${REST}`), ignoreMerges: true, addBos: true },
  'smaug-bpe': { preTokenizer: split(`${WORDS}\\p{N}{1,3}${REST}`) },
  dbrx: { preTokenizer: split(`${WORDS}\\p{N}{1,3}${REST}`) },
  tekken: { preTokenizer: split(`${CASED}\\p{N}${CASED_REST}`), ignoreMerges: true, addBos: true },
};
