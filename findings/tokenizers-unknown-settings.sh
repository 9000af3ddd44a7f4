#!/bin/sh
# npm tokenizers 0.23.2 (Rust): a field that a part does not know is passed over (Unigram nbest_size and alpha, BPE and
# Digits), and an added token whose id leaves a gap gets another id than the file says; neither is an error.
# Prints what it does; exit 1 when that changes.
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --ignore-scripts --no-audit --no-fund --silent tokenizers@0.23.2
cat > run.cjs <<'JS'
const { Tokenizer } = require('tokenizers');
const file = (more) => JSON.stringify({ version: '1.0', truncation: null, padding: null, added_tokens: [], normalizer: null,
  pre_tokenizer: null, post_processor: null, decoder: null,
  model: { type: 'BPE', dropout: null, unk_token: null, vocab: { a: 0, b: 1 }, merges: [] }, ...more });
const taken = {
  'Digits with a field "only_ascii"': file({ pre_tokenizer: { type: 'Digits', individual_digits: true, only_ascii: true } }),
  'BPE with a field "lowercase"': file({ model: { type: 'BPE', vocab: { a: 0, b: 1 }, merges: [], lowercase: true } }),
  'Unigram with nbest_size and alpha': file({ model: { type: 'Unigram', unk_id: 0, vocab: [['a', -1], ['b', -1]], nbest_size: 3, alpha: 0.5 } }),
};
let wrong = 0;
for (const [name, json] of Object.entries(taken)) {
  let said = 'taken without a word';
  try { Tokenizer.fromString(json); } catch (error) { said = `refused: ${error.message}`; wrong += 1; }
  console.log(`${name}: ${said}`);
}
const token = { content: '<x>', single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
const id = Tokenizer.fromString(file({ added_tokens: [{ ...token, id: 7 }] })).tokenToId('<x>');
console.log(`added token with id 7 over a vocabulary of 2: id ${id}`);
process.exit(wrong > 0 || id !== 2 ? 1 : 0);
JS
npm ls --depth 0 | tail -n +2
node run.cjs
