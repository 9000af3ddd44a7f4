// Tokens that a tokenizer has and the model does not embed, such as a padding token that was added after training.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { BenchError } from '../../../base/error.ts';
import { loadText } from '../../../harness/text/index.ts';
import { test } from '../../support/suite.ts';
import { haveShared, sharedPath } from './shared.ts';
import { EOS, TINY_VOCAB, tinyModel } from './tiny.ts';

const vocab = TINY_VOCAB;
const load = (folder: string) => loadText(folder, { vocab });

async function fails(what: Promise<unknown>, code: string, message: RegExp, where?: RegExp): Promise<BenchError> {
  try {
    await what;
  } catch (error) {
    const e = error as BenchError;
    assert.is(e.code, code, e.message);
    assert.match(e.message, message);
    if (where) assert.match(e.where ?? '', where);
    return e;
  }
  throw new Error('nothing was thrown');
}

test('a token beyond the embedding is an error where a text spells it, and nowhere else', async () => {
  const folder = tinyModel();
  const path = join(folder, 'tokenizer.json');
  const one = await loadText(folder, { vocab: vocab - 1 });
  assert.equal(Array.from(one.encode('a b')), Array.from((await load(folder)).encode('a b')));
  const beyond = /":Ġ" has id 262, but the model embeds only 262/;
  assert.throws(
    () => one.encode('a: b'),
    (error: BenchError) => error.code === 'bad-text' && beyond.test(error.message) && error.hint !== undefined,
  );
  assert.is(one.vocabulary, vocab - 1);
  assert.is((await loadText(folder, { vocab: vocab + 10 })).vocabulary, vocab);
  // A vocabulary most of which lies beyond is another model's.
  await fails(loadText(folder, { vocab: 100 }), 'bad-tokenizer', /has id 100, but the model embeds only 100/);
  const raw = JSON.parse(readFileSync(path, 'utf8'));
  raw.added_tokens.push({ ...raw.added_tokens[0], id: vocab, content: '<pad>' });
  writeFileSync(path, JSON.stringify(raw));
  const padded = await load(folder);
  assert.is(padded.vocabulary, vocab);
  assert.throws(() => padded.render({ text: 'a<pad>' }), /"<pad>" has id 263, but the model embeds only 263/);
  assert.throws(() => padded.render({ messages: [{ role: 'user', content: '<pad>' }] }), /"<pad>" has id 263/);
  // Such a token can end no generation; as the first token of every text it is an error at once.
  writeFileSync(join(folder, 'generation_config.json'), JSON.stringify({ eos_token_id: [EOS, vocab] }));
  assert.equal((await load(folder)).eos, [EOS]);
  writeFileSync(join(folder, 'tokenizer_config.json'), '{"bos_token": "<pad>", "add_bos_token": true}');
  await fails(load(folder), 'bad-tokenizer', /"<pad>" has id 263/);
  raw.added_tokens.push({ ...raw.added_tokens[0], id: 2 ** 40, content: '<far>' });
  writeFileSync(path, JSON.stringify(raw));
  await fails(load(folder), 'bad-tokenizer', /"<far>" has id 1099511627776/);
});

test('a model whose padding token has no row runs, as in transformers', async () => {
  if (!haveShared('a padding token beyond the embedding')) return;
  const text = await loadText(sharedPath('cases/pad-beyond-embedding/model'), { vocab: 512 });
  assert.is(text.vocabulary, 512);
  const plain = text.encode('do you run?');
  assert.ok(plain.length > 1 && plain.every((id) => id < 512));
  assert.throws(() => text.encode('do you run?<pad>'), /"<pad>" has id 512, but the model embeds only 512 tokens/);
});

test.run();
