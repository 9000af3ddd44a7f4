// Prompts, BOS, answers, templates and bad input of harness/text, on a small tokenizer of our own.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { BenchError } from '../../../base/error.ts';
import { CHAT_DEFAULTS, chatNotes, compileTemplate, loadText, streamText } from '../../../harness/text/index.ts';
import { test } from '../../support/suite.ts';
import { BOS, byteIds, EOS, TINY_VOCAB, type TinyOptions, tinyModel } from './tiny.ts';

const vocab = TINY_VOCAB;
const CHAT =
  '{% for m in messages %}<{{ m.role }}>{{ m.content }}\n{% endfor %}{% if add_generation_prompt %}<me>{% endif %}';
const withBos = (options: TinyOptions = {}) => tinyModel({ postBos: true, ...options });
const user = (content: string) => ({ messages: [{ role: 'user' as const, content }] });
const load = (folder: string, template: string | null = null) => loadText(folder, { vocab, template });

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

test('one BOS where the post-processor or add_bos_token says so, and none otherwise', async () => {
  for (const [folder, expected] of [
    [withBos(), true],
    [withBos({ config: null }), true],
    [tinyModel(), false],
    [tinyModel({ config: { bos_token: '<s>', add_bos_token: true } }), true],
    [withBos({ config: { bos_token: '<s>', add_bos_token: false } }), false],
    [tinyModel({ config: { bos_token: { content: '<s>' }, add_bos_token: true } }), true],
  ] as const) {
    const text = await load(folder);
    const want = [...(expected ? [BOS] : []), ...byteIds('hi')];
    assert.equal(Array.from(text.encode('hi')), want);
    assert.equal(Array.from(text.render({ text: 'hi' }).tokens), want);
    if (expected)
      assert.equal(Array.from(text.render({ text: '<s>hi' }).tokens), want, 'BOS in the text is not doubled');
  }
});

test('a template with BOS gets no second one; one without gets it; two are an error', async () => {
  const without = await load(withBos(), CHAT);
  assert.equal(Array.from(without.render(user('hi')).tokens), [BOS, ...byteIds('<user>hi\n<me>')]);
  const having = await load(withBos(), `{{ bos_token }}${CHAT}`);
  assert.equal(Array.from(having.render(user('hi')).tokens), [BOS, ...byteIds('<user>hi\n<me>')]);
  const twice = await load(withBos(), `<s>{{ bos_token }}${CHAT}`);
  const error = await fails(
    Promise.resolve().then(() => twice.render(user('hi'))),
    'two-bos',
    /two BOS tokens/,
  );
  assert.match(error.hint ?? '', /"<s>" once, or not at all/);
  await fails(
    Promise.resolve().then(() => without.encode('<s><s>hi')),
    'two-bos',
    /two BOS/,
  );
});

test('the template: suite, chat_template.jinja, tokenizer_config.json, or plain', async () => {
  const named = [
    { name: 'tool_use', template: 'x' },
    { name: 'default', template: `D${CHAT}` },
  ];
  const folder = tinyModel({ config: { chat_template: named }, files: { 'chat_template.jinja': `J${CHAT}` } });
  const suite = await load(folder, `S${CHAT}`);
  assert.is(suite.template, 'suite');
  assert.is(suite.render(user('q')).text, 'S<user>q\n<me>');
  const jinja = await load(folder);
  assert.is(jinja.template, 'model');
  assert.is(jinja.render(user('q')).text, 'J<user>q\n<me>');
  assert.is.not(jinja.templateDigest, suite.templateDigest);
  assert.is(jinja.tokenizerDigest, suite.tokenizerDigest);
  const listed = await load(tinyModel({ config: { chat_template: named } }));
  assert.is(listed.render(user('q')).text, 'D<user>q\n<me>');
  await fails(
    load(tinyModel({ config: { chat_template: [] } })),
    'bad-template',
    /one named default/,
    /tokenizer_config/,
  );
  const plain = await load(tinyModel());
  assert.is(plain.template, 'plain');
  assert.is(plain.system, 'native');
  const messages = [
    { role: 'system', content: 'You are shy.' },
    { role: 'user', content: 'Party?' },
    { role: 'assistant', content: 'No.' },
    { role: 'user', content: 'Book?' },
  ] as const;
  assert.is(
    plain.render({ messages }).text,
    'You are shy.\n\nQuestion: Party?\nAnswer: No.\n\nQuestion: Book?\nAnswer:',
  );
});

test('a template that refuses or drops the system role gets the message folded into the first user turn', async () => {
  const messages = [
    { role: 'system', content: 'You are shy.' },
    { role: 'user', content: 'Party?' },
  ] as const;
  const refuses = `{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}${CHAT}`;
  const drops = `{% for m in messages %}{% if m.role == 'user' %}<user>{{ m.content }}\n{% endif %}{% endfor %}<me>`;
  for (const template of [refuses, drops]) {
    const text = await load(tinyModel(), template);
    assert.is(text.system, 'folded');
    assert.is(text.render({ messages }).text, '<user>You are shy.\nParty?\n<me>');
    assert.is(text.render(user('Party?')).text, '<user>Party?\n<me>');
    assert.is(text.render({ messages: messages.slice(0, 1) }).text, '<user>You are shy.\n<me>');
  }
});

test('template errors name the place and the reason', async () => {
  const folder = tinyModel();
  const open = load(folder, '{% for m in messages %}');
  assert.ok((await fails(open, 'bad-template', /syntax error/, /suite's template/)).hint);
  await fails(load(folder, "{{ raise_exception('only tools here') }}"), 'bad-template', /only tools here/);
  const years = '{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}';
  await fails(load(folder, years), 'bad-template', /too much work/);
  await fails(load(folder, 'Hello!'), 'bad-template', /leaves out the user message/);
  await fails(load(folder, '{% for i in range(1000000000) %}x{% endfor %}'), 'bad-template', /longer than 100000/);
  await fails(load(folder, 'x'.repeat(300_000)), 'bad-template', /longer than 262144 bytes/);
  const pair = await load(folder, `{% if messages|length > 1 %}{{ raise_exception('one only') }}{% endif %}${CHAT}`);
  const two = { messages: [...user('a').messages, { role: 'assistant' as const, content: 'b' }] };
  const e = await fails(
    Promise.resolve().then(() => pair.render(two)),
    'bad-template',
    /roles user, assistant: one only/,
  );
  assert.match(e.hint ?? '', /another template/);
});

test('a template is told one fixed day, and not the clock', () => {
  const source = "{{ strftime_now('%d %b %Y %H:%M') }} {{ messages[0].content }}";
  const template = compileTemplate(source, 't', { bos: '', eos: '' });
  assert.is(template.render(user('q').messages), '26 Jul 2024 00:00 q');
  assert.is(template.facts.dated, true);
  const other = compileTemplate(source, 't', { bos: '', eos: '' }, { ...CHAT_DEFAULTS, date: '2026-12-01' });
  assert.is(other.render(user('q').messages), '01 Dec 2026 00:00 q');
});

test('answers: one space after raw and plain prompts, none after chat templates or white space', async () => {
  const plain = await load(tinyModel());
  const raw = plain.render({ text: 'Q' });
  assert.equal(Array.from(plain.continuation(raw, 'no')), byteIds(' no'));
  assert.equal(Array.from(plain.continuation(raw, ' no')), byteIds(' no'));
  assert.equal(Array.from(plain.continuation(plain.render({ text: 'Q\n' }), 'no')), byteIds('no'));
  assert.equal(Array.from(plain.continuation(plain.render(user('Q')), 'no')), byteIds(' no'));
  const chat = await load(withBos(), CHAT);
  assert.equal(Array.from(chat.continuation(chat.render(user('Q')), 'no')), byteIds('no'));
  assert.equal(chat.continuation(chat.render(user('Q')), 'ok'), Uint32Array.of(2 + 256));
});

test('a boundary that merges is tokenised apart, and said so', async () => {
  const text = await load(tinyModel());
  const prompt = text.render({ text: 'Answer:' });
  assert.is(text.merges, true, '": " is one token of this tokenizer, and the plain template ends in ":"');
  assert.equal(Array.from(text.continuation(prompt, 'no')), byteIds(' no'));
  assert.is((await load(tinyModel(), CHAT)).merges, false);
  assert.match(chatNotes('m', text).join(), /^Model m: its tokenizer would join the end of a prompt/);
  await fails(
    Promise.resolve().then(() => text.continuation(prompt, '')),
    'bad-text',
    /answer is empty/,
  );
});

test('tokens that end a generation come from all three files', async () => {
  const files = { 'generation_config.json': '{"eos_token_id": [1, 7]}', 'config.json': '{"eos_token_id": 9}' };
  assert.equal((await load(tinyModel({ files }))).eos, [EOS, 7, 9]);
  assert.equal((await load(tinyModel({ config: null }))).eos, []);
  const bad = tinyModel({ files: { 'config.json': '{"eos_token_id": 999}' } });
  await fails(load(bad), 'bad-model', /eos_token_id 999 is not a token id below/, /config\.json/);
});

test('broken folders and files', async () => {
  await fails(load('/nowhere/at/all'), 'bad-model', /no such model folder/);
  await fails(load(join(tinyModel(), 'tokenizer.json')), 'bad-model', /a model is a folder/);
  const folder = tinyModel();
  const path = join(folder, 'tokenizer.json');
  for (const [content, code, message] of [
    ['{"model": ', 'bad-model', /cannot be read as JSON/],
    ['[]', 'bad-model', /must be a JSON object/],
    ['{}', 'bad-tokenizer', /has no model/],
    ['{"model": {}}', 'bad-tokenizer', /has no vocab/],
    ['{"model": {"vocab": {}}}', 'bad-tokenizer', /vocabulary is empty/],
    ['{"model": {"vocab": {"a": -1}}}', 'bad-tokenizer', /"a" has no valid id/],
    ['{"model": {"vocab": {"a": 0, "b": 5, "c": 9}}}', 'bad-tokenizer', /names only 3 of the ids below 10/],
    ['{"model": {"vocab": {"a": 0, "b": 0}}}', 'bad-tokenizer', /have the same id 0/],
    ['{"model": {"vocab": {"a": 0}}, "added_tokens": 3}', 'bad-tokenizer', /must be a list/],
    ['{"model": {"vocab": {"a": 0}}, "added_tokens": [null]}', 'bad-tokenizer', /has no content/],
    ['{"model": {"type": "Magic", "vocab": {"a": 0}}, "added_tokens": []}', 'bad-tokenizer', /model\.type is "Magic"/],
  ] as const) {
    writeFileSync(path, content);
    assert.ok((await fails(load(folder), code, message, /tokenizer\.json/)).hint, content);
  }
  writeFileSync(path, Buffer.alloc(64 * 2 ** 20 + 1));
  await fails(load(folder), 'bad-model', /67108864 are allowed/);
  rmSync(path);
  const e = await fails(load(folder), 'no-tokenizer', /no tokenizer\.json/);
  assert.match(e.hint ?? '', /--ids/);
  await fails(
    load(tinyModel({ config: { add_bos_token: true } })),
    'bad-tokenizer',
    /no token is named as BOS/,
    /tokenizer_config/,
  );
});

test('a word that the tokenizer has no id for is an error and not a silent zero', async () => {
  const folder = tinyModel({ config: null });
  const path = join(folder, 'tokenizer.json');
  const raw = JSON.parse(readFileSync(path, 'utf8'));
  raw.model = { type: 'WordLevel', unk_token: '[UNK]', vocab: { '<s>': 0, '</s>': 1, a: 2, jazz: 3 } };
  raw.pre_tokenizer = { type: 'Whitespace' };
  raw.decoder = null;
  writeFileSync(path, JSON.stringify(raw));
  const text = await load(folder);
  assert.equal(Array.from(text.encode('jazz a')), [3, 2]);
  await fails(
    Promise.resolve().then(() => text.encode('jazz zip')),
    'bad-text',
    /cannot read this text: .*\[UNK\]/,
    /tokenizer\.json/,
  );
});

test('an empty prompt is an error', async () => {
  const text = await load(tinyModel());
  await fails(
    Promise.resolve().then(() => text.render({ text: '' })),
    'bad-text',
    /prompt is empty/,
  );
});

test('decode: unknown rows of the embedding have no text, and ids beyond it are an error', async () => {
  const text = await loadText(tinyModel(), { vocab: vocab + 10 });
  assert.is(text.decode([...byteIds('hi'), vocab + 3, EOS]), 'hi');
  assert.is(text.decode([]), '');
  await fails(
    Promise.resolve().then(() => text.decode([vocab + 10])),
    'bad-ids',
    /is not a token id/,
  );
});

test('streamText: whole characters, whatever tokens split them', async () => {
  const text = await load(tinyModel());
  const stream = streamText(text, text.encode('hm'));
  const parts = byteIds('é 🦙!').map((id) => stream.push(id));
  assert.equal(parts, ['', 'é', ' ', '', '', '', '🦙', '!']);
  const cut = streamText(text, text.encode('hm'));
  assert.equal(
    byteIds('a🦙')
      .slice(0, 3)
      .map((id) => cut.push(id)),
    ['a', '', ''],
  );
  assert.is(cut.end(), '\uFFFD', 'an unfinished character at the end is shown as such');
});

test('streamText: stop strings, across tokens, the earliest wins, and false starts come out', async () => {
  const text = await load(tinyModel());
  const run = (answer: string, stops: string[]): [string, boolean] => {
    const stream = streamText(text, text.encode('hm'), stops);
    const out =
      byteIds(answer)
        .map((id) => stream.push(id))
        .join('') + stream.end();
    return [out, stream.stopped];
  };
  assert.equal(run('one\n\ntwo', ['\n\n']), ['one', true]);
  assert.equal(run('one\ntwo', ['\n\n']), ['one\ntwo', false]);
  assert.equal(run('ababac!', ['abac']), ['ab', true]);
  assert.equal(run('xENDyST', ['ST', 'END']), ['x', true]);
  assert.equal(run('tail EN', ['END']), ['tail EN', false]);
  assert.equal(run('plain', ['']), ['plain', false]);
});

test.run();
