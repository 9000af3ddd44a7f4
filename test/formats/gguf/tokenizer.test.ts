// The tokenizer of a GGUF as tokenizer.json: that of Hugging Face where it was made from one, and SentencePiece by scores.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { BenchError } from '../../../base/error.ts';
import type { GgufHeader, GgufValue } from '../../../formats/gguf/header.ts';
import { tokenizerOf, WHOLE_CONFIG, WHOLE_TOKENIZER } from '../../../formats/gguf/tokenizer.ts';
import { tokenizerKeys } from '../../../formats/gguf/tokenizer-keys.ts';
import { type Typed, writeGguf } from '../../../formats/gguf/write.ts';
import { loadText } from '../../../harness/text/index.ts';
import { shared, temporaryFolder } from '../../support/folders.ts';
import { suite } from '../../support/suite.ts';

const test = suite('gguf tokenizers');

const headerOf = (values: Readonly<Record<string, GgufValue>>): GgufHeader => ({
  version: 3,
  tensors: [],
  metadata: new Map(Object.entries(values)),
});

/** As a converter writes the keys: without the files of our own. */
function convertedOf(tokenizer: object, config: object, vocab: number): GgufHeader {
  const keys = tokenizerKeys(tokenizer as never, config as never, vocab);
  const values = [...keys].filter(([key]) => key !== WHOLE_TOKENIZER && key !== WHOLE_CONFIG);
  return headerOf(
    Object.fromEntries(
      values.map(([key, { type, value }]) => [key, type === 'i32s' ? Int32Array.from(value as number[]) : value]),
    ) as Record<string, GgufValue>,
  );
}

for (const [name, vocab] of [
  ['smollm2', 49_152],
  ['qwen2.5', 151_665],
  ['gpt2', 50_257],
] as const) {
  const folder = shared(`tokenizers/${name}`);
  if (folder === null) continue;
  test(`${name}: the same tokenizer.json comes back`, () => {
    const file = JSON.parse(readFileSync(join(folder, 'tokenizer.json'), 'utf8'));
    const header = convertedOf(file, {}, vocab);
    assert.is(header.metadata.get('tokenizer.ggml.model'), 'gpt2');
    const { tokenizer } = tokenizerOf(header, 'x.gguf');
    const plain = (one: Record<string, unknown>) => {
      const { post_processor: _, added_tokens: added, model, ...rest } = one;
      const { vocab: words, merges, ...settings } = model as unknown as Record<string, unknown>;
      const unset = (value: unknown): unknown => (value === '' ? null : value); // an empty prefix is none
      return {
        ...JSON.parse(JSON.stringify(rest).replace(/"trim_offsets":(true|false),?/g, '')),
        settings: Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, unset(value)])),
        added: (added as unknown as { id: number; content: string; special: boolean }[]).map(
          ({ id, content, special }) => [id, content, special],
        ),
        merges: (merges as unknown[]).length,
        words: Object.keys(words as object).length,
      };
    };
    const [ours, theirs] = [plain(tokenizer), plain(file)];
    // A vocabulary of GGUF has the added tokens too.
    const own = Object.keys(file.model.vocab);
    assert.equal({ ...ours, words: 0 }, { ...theirs, words: 0 });
    for (const word of own)
      assert.is((tokenizer.model as { vocab: Record<string, number> }).vocab[word], file.model.vocab[word]);
    assert.equal((tokenizer.model as { merges: string[] }).merges, file.model.merges);
  });
}

/** Pieces of a small SentencePiece vocabulary with their scores; the ids are their places. */
const PIECES: readonly (readonly [content: string, score: number, type: number])[] = [
  ['<unk>', 0, 2],
  ['<s>', 0, 3],
  ['</s>', 0, 3],
  ...Array.from(
    { length: 256 },
    (_, byte) => [`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`, 0, 6] as const,
  ),
  ['\u2581', -9, 1], // 259
  ['a', -10, 1],
  ['b', -11, 1],
  ['c', -12, 1],
  ['bc', -1, 1], // 263
  ['ab', -2, 1],
  ['\u2581a', -3, 1],
  ['abc', -4, 1],
];
const SPM: Readonly<Record<string, GgufValue>> = {
  'general.architecture': 'llama',
  'tokenizer.ggml.model': 'llama',
  'tokenizer.ggml.tokens': PIECES.map(([content]) => content),
  'tokenizer.ggml.scores': Float32Array.from(PIECES, ([, score]) => score),
  'tokenizer.ggml.token_type': Int32Array.from(PIECES, ([, , type]) => type),
  'tokenizer.ggml.bos_token_id': 1,
  'tokenizer.ggml.eos_token_id': 2,
  'tokenizer.ggml.unknown_token_id': 0,
};

test('SentencePiece: the pair with the highest score is joined first, bytes stand for what has no piece', async () => {
  const path = join(temporaryFolder(), 'spm.gguf');
  const typed = (value: GgufValue): Typed => {
    if (typeof value === 'string') return { type: 'string', value };
    if (typeof value === 'number') return { type: 'u32', value };
    if (value instanceof Float32Array) return { type: 'f32s', value: [...value] };
    if (value instanceof Int32Array) return { type: 'i32s', value: [...value] };
    return { type: 'strings', value: value as string[] };
  };
  await writeGguf(path, new Map(Object.entries(SPM).map(([key, value]) => [key, typed(value)])), []);
  const text = await loadText(path, { vocab: PIECES.length });
  assert.is(text.bos, 1);
  assert.equal(text.eos, [2]);
  // "bc" (-1) before "ab" (-2); then nothing joins "\u2581", "a" and "bc" but "\u2581a" (-3).
  assert.equal([...text.encode('abc')], [1, 265, 263]);
  assert.equal([...text.encode('ab')], [1, 259, 264]);
  assert.equal([...text.encode('b\u00fc')], [1, 259, 261, 3 + 0xc3, 3 + 0xbc]);
  assert.is(text.decode([...text.encode('abc a \u00fc')]), 'abc a \u00fc');
});

test('what is not followed, or does not fit, is refused by its key', () => {
  const refused = (change: Readonly<Record<string, GgufValue>>, message: RegExp): void => {
    try {
      tokenizerOf(headerOf({ ...SPM, ...change }), 'x.gguf');
      assert.unreachable(String(message));
    } catch (error) {
      assert.is((error as BenchError).code, 'bad-tokenizer');
      assert.is((error as BenchError).where, 'x.gguf');
      assert.match((error as BenchError).message, message);
    }
  };
  refused({ 'tokenizer.ggml.model': 'rwkv' }, /tokenizer\.ggml\.model "rwkv" is not supported/);
  refused(
    { 'tokenizer.ggml.model': 'gpt2', 'tokenizer.ggml.pre': 'chameleon' },
    /ggml\.pre "chameleon" is not supported/,
  );
  refused({ 'tokenizer.ggml.tokens': 'all' }, /ggml\.tokens "all" must be a list of texts/);
  refused({ 'tokenizer.ggml.scores': new Float32Array(3) }, /ggml\.scores has 3 values for 267 tokens/);
  refused({ 'tokenizer.ggml.token_type': new Int32Array(3) }, /ggml\.token_type has 3 values for 267 tokens/);
  refused({ 'tokenizer.ggml.bos_token_id': 9999 }, /ggml\.bos_token_id is not an id below 267/);
  refused({ 'tokenizer.ggml.add_bos_token': 1 }, /ggml\.add_bos_token must be true or false/);
  refused({ 'tokenizer.ggml.remove_extra_whitespaces': true }, /remove_extra_whitespaces is not supported/);
  const twice = [...PIECES.map(([content]) => content)];
  twice[5] = twice[6]!;
  refused({ 'tokenizer.ggml.tokens': twice }, /ggml\.tokens has "<0x03>" as 5 and as 6/);
  refused({ [WHOLE_TOKENIZER]: '{', [WHOLE_CONFIG]: '{}' }, /tokenizer\.huggingface\.json is not valid JSON/);
  refused({ [WHOLE_TOKENIZER]: '[]', [WHOLE_CONFIG]: '{}' }, /tokenizer\.huggingface\.json is not a JSON object/);
});

test.run();
