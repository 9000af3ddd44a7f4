#!/bin/sh
# @huggingface/tokenizers 0.2.0 takes settings of tokenizer.json that it does not honour, without a word: ids differ from
# the Rust library's (npm tokenizers 0.23.2) for Digits beyond ASCII, Unigram byte_fallback and single_word.
# Prints both lists of ids for each; exit 1 when they no longer differ.
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --ignore-scripts --no-audit --no-fund --silent @huggingface/tokenizers@0.2.0 tokenizers@0.23.2
cat > run.mjs <<'JS'
import { Tokenizer as Js } from '@huggingface/tokenizers';
import rust from 'tokenizers';
const file = (model, more) => ({ version: '1.0', truncation: null, padding: null, added_tokens: [], normalizer: null,
  pre_tokenizer: null, post_processor: null, decoder: null, model, ...more });
const bpe = (vocab, merges) => ({ type: 'BPE', dropout: null, unk_token: '?', continuing_subword_prefix: null,
  end_of_word_suffix: null, fuse_unk: false, byte_fallback: false, vocab, merges });
const bytes = Array.from({ length: 256 }, (_, b) => [`<0x${b.toString(16).toUpperCase().padStart(2, '0')}>`, -10]);
const cases = {
  'Digits, text "a½"': [file(bpe({ '?': 0, a: 1, '½': 2, 'a½': 3 }, ['a ½']), { pre_tokenizer: { type: 'Digits', individual_digits: true } }), 'a½'],
  'Unigram byte_fallback, text "日"': [file({ type: 'Unigram', unk_id: 0, byte_fallback: true, vocab: [['?', 0], ...bytes, ['a', -1]] }), '日'],
  'single_word, text "cabs"': [file(bpe({ '?': 0, c: 1, a: 2, b: 3, s: 4 }, []), { added_tokens: [{ id: 5, content: 'cab', single_word: true, lstrip: false, rstrip: false, normalized: false, special: false }] }), 'cabs'],
};
let same = 0;
for (const [name, [json, text]] of Object.entries(cases)) {
  const js = new Js(json, {}).encode(text, { add_special_tokens: false }).ids.join(' ');
  const reference = (await rust.Tokenizer.fromString(JSON.stringify(json)).encode(text, null, { addSpecialTokens: false })).getIds().join(' ');
  console.log(`${name}: JavaScript [${js}], Rust [${reference}]`);
  if (js === reference) same += 1;
}
if (same > 0) { console.log(`${same} of the cases agree now`); process.exit(1); }
JS
npm ls --depth 0 | tail -n +2
node run.mjs
