// What a tokenizer.json may say: settings that are followed and settings that are refused by name, special tokens, and
// what a call of the library may take.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { BenchError } from '../../../base/error.ts';
import { loadText, tokenizerLibrary } from '../../../harness/text/index.ts';
import { loadTokenizer } from '../../../harness/text/tokenizer.ts';
import { LIMITS, type Limits } from '../../../harness/text/tokenizer-process.ts';
import { test } from '../../support/suite.ts';
import { BOS, byteIds, EOS, TINY_VOCAB, tinyModel } from './tiny.ts';

// biome-ignore lint/suspicious/noExplicitAny: a file that tests change at will
type File = any;

const vocab = TINY_VOCAB;

/** A model folder whose tokenizer.json was changed. */
function changed(change: (file: File) => void, config?: Readonly<Record<string, unknown>>): string {
  const folder = tinyModel(config === undefined ? {} : { config });
  const path = join(folder, 'tokenizer.json');
  const file = JSON.parse(readFileSync(path, 'utf8'));
  change(file);
  writeFileSync(path, JSON.stringify(file));
  return folder;
}

const load = (change: (file: File) => void, config?: Readonly<Record<string, unknown>>) =>
  loadText(changed(change, config), { vocab });

async function fails(what: () => unknown, code: string, message: RegExp): Promise<void> {
  let error: BenchError;
  try {
    await what();
  } catch (thrown) {
    error = thrown as BenchError;
    assert.is(error.code, code, error.message);
    assert.match(error.message, message);
    assert.match(error.where ?? '', /tokenizer(_config)?\.json/);
    assert.ok(error.hint);
    return;
  }
  throw new Error(`nothing was thrown: ${message}`);
}

test('a setting that would not be followed is refused by name', async () => {
  const split = { type: 'Split', pattern: 'a', behavior: 'Removed', invert: false };
  const parts = [{ type: 'NFC' }, { type: 'Upper' }];
  for (const [change, message] of [
    [(f) => Object.assign(f, { sampling: true }), /^sampling is not a known setting/],
    [(f) => Object.assign(f.model, { dropout: 0.1 }), /^model\.dropout is 0\.1: ids would differ/],
    [(f) => Object.assign(f.model, { lowercase: true }), /^model\.lowercase is not a known setting/],
    [(f) => Object.assign(f.model, { fuse_unk: 'yes' }), /^model\.fuse_unk cannot be "yes"/],
    [(f) => Object.assign(f.model, { type: 'constructor' }), /^model\.type is "constructor"/],
    [(f) => Object.assign(f.pre_tokenizer, { regex: 'a' }), /^pre_tokenizer\.regex is not a known/],
    [(f) => Object.assign(f, { pre_tokenizer: { type: 'Words' } }), /^pre_tokenizer\.type is "Words"/],
    [(f) => Object.assign(f, { pre_tokenizer: 'ByteLevel' }), /^pre_tokenizer\.type is absent/],
    [
      (f) => Object.assign(f, { normalizer: { type: 'Sequence', normalizers: parts } }),
      /^normalizer\.normalizers\[1\]\.type is "Upper"/,
    ],
    [(f) => Object.assign(f, { pre_tokenizer: split }), /^pre_tokenizer\.pattern must be/],
    [
      (f) => Object.assign(f, { pre_tokenizer: { type: 'Punctuation', behavior: 'Joined' } }),
      /^pre_tokenizer\.behavior cannot be "Joined"/,
    ],
    [
      (f) => Object.assign(f, { pre_tokenizer: { type: 'Metaspace', replacement: '_', str_rep: '-' } }),
      /^pre_tokenizer\.str_rep differs/,
    ],
    [(f) => Object.assign(f.added_tokens[0], { whole: true }), /^added_tokens "<s>"\.whole is not a known/],
    [(f) => Object.assign(f.decoder, { cleanup: true }), /^decoder\.cleanup is not a known setting/],
    [(f) => Object.assign(f.model.vocab, { '!': 3, '"': 3 }), /^tokens .* have the same id 3/],
  ] as [(file: File) => void, RegExp][]) {
    await fails(() => load(change), 'bad-tokenizer', message);
  }
  await fails(() => load(() => {}, { split_special_tokens: true }), 'bad-tokenizer', /^split_special_tokens is true/);
});

test('an id that the library would number anew is refused', async () => {
  const added = { ...JSON.parse(readFileSync(join(tinyModel(), 'tokenizer.json'), 'utf8')).added_tokens[0] };
  const gap = (f: File) => f.added_tokens.push({ ...added, content: '<x>', id: vocab + 3 });
  await fails(() => load(gap), 'bad-tokenizer', /"<x>" has id 266 here, and 263 by the order of the list/);
  const next = await load((f) => f.added_tokens.push({ ...added, content: '<x>', id: vocab }));
  assert.is(next.vocabulary, vocab);
});

test('special tokens are those of tokenizer_config.json too', async () => {
  const config = { bos_token: '<s>', eos_token: '</s>' };
  const ids = (text: { encode(text: string): Uint32Array }) => Array.from(text.encode('yes ok'));
  const ok = 2 + 256; // the first merge
  assert.equal(ids(await load(() => {}, config)), [...byteIds('yes '), ok]);
  const named = await load(() => {}, { ...config, pad_token: 'es' });
  assert.equal(ids(named), ids(await load(() => {}, config)), 'a token without an id changes nothing');
  const special = await load(() => {}, { ...config, additional_special_tokens: ['ok'] });
  assert.is(special.decode(special.encode('a ok')), 'a ', 'a token of the vocabulary is special where it is named so');
  const decoder = {
    258: { content: 'ok', lstrip: true, rstrip: false, normalized: false, single_word: false, special: true },
  };
  const listed = await load(() => {}, { ...config, added_tokens_decoder: decoder });
  assert.equal(ids(listed), [...byteIds('yes'), ok], 'lstrip of added_tokens_decoder');
  assert.is.not(listed.tokenizerDigest, special.tokenizerDigest);
});

test('BOS and EOS are as tokenizer_config.json has them; what ends a generation is in the model files too', async () => {
  const folder = tinyModel({ config: {}, files: { 'config.json': '{"bos_token_id": 0, "eos_token_id": 1}' } });
  const bare = await loadTokenizer(folder, {}, vocab);
  assert.equal([bare.bos, bare.declaresBos, bare.tokens, bare.eos], [null, false, { bos: '', eos: '' }, [EOS]]);
  const named = await loadTokenizer(folder, { bos_token: '<s>', eos_token: '</s>', add_bos_token: true }, vocab);
  assert.equal([named.bos, named.declaresBos, named.tokens], [BOS, true, { bos: '<s>', eos: '</s>' }]);
  const none = await loadTokenizer(folder, { bos_token: null, add_bos_token: true }, vocab);
  assert.equal([none.bos, none.declaresBos], [null, false]);
  await fails(() => loadTokenizer(folder, { add_bos_token: true }, vocab), 'bad-tokenizer', /no token is named as BOS/);
});

test('truncation and padding of the file are not applied, and add_prefix_space must be one', async () => {
  const text = await load((f) => {
    f.truncation = { direction: 'Right', max_length: 2, strategy: 'LongestFirst', stride: 0 };
    f.padding = {
      strategy: { Fixed: 9 },
      direction: 'Right',
      pad_to_multiple_of: null,
      pad_id: EOS,
      pad_type_id: 0,
      pad_token: '</s>',
    };
  });
  assert.equal(Array.from(text.encode('hello')), byteIds('hello'));
  const config = { bos_token: '<s>', eos_token: '</s>' };
  await fails(
    () => load(() => {}, { ...config, add_prefix_space: true }),
    'bad-tokenizer',
    /^add_prefix_space is true, and tokenizer\.json says false/,
  );
  await load(() => {}, { ...config, add_prefix_space: false });
});

test('a call that takes too long or too much is an error, and the next one is answered', async () => {
  const folder = tinyModel();
  const fine = await loadTokenizer(folder, {}, vocab);
  const long = 'ok '.repeat(2 ** 18); // some hundred ms of work
  for (const [low, message] of [
    [{ ms: 40 }, /cannot read this text: it takes more than 0\.0 s of processor time/],
    [{ bytes: 2 ** 24 }, /cannot read this text: it takes more than 16 MiB of memory/],
    [{ wallMs: -LIMITS.ms }, /cannot read this text: it brings the library down: .* ended with SIGKILL/],
  ] as [Partial<Limits>, RegExp][]) {
    const limits = { ...LIMITS, bytesPerByte: 0, bytesPerCharacter: 0, msPerCharacter: 0 };
    const limited = await loadTokenizer(folder, {}, vocab, limits);
    Object.assign(limits, low); // of the calls from here on
    await fails(() => limited.encode(long), 'bad-text', message);
    assert.equal(fine.encode('hi'), byteIds('hi'), 'a tokenizer that was loaded before goes on');
  }
  assert.is(fine.decode(fine.encode(long)), long);
});

test('more tokenizers than the process keeps', async () => {
  const folder = tinyModel();
  const many = [];
  for (let k = 0; k < 6; k++) many.push(await loadTokenizer(folder, {}, vocab));
  for (const one of many) assert.equal(one.encode('hi'), byteIds('hi'));
});

test('texts are bounded in size', async () => {
  const text = await load(() => {});
  await fails(
    () => text.encode('x'.repeat(2 ** 21 + 1)),
    'bad-text',
    /has 2097153 characters, and 2097152 are allowed/,
  );
});

test('the library is named with the version that package.json pins', () => {
  const { dependencies } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  assert.is(tokenizerLibrary(), `tokenizers ${dependencies.tokenizers}`);
});

test.run();
