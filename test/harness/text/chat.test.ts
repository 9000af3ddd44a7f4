// Where answers begin, the system text where a method gives none, and the public cases of ../shared/cases.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import type { BenchError } from '../../../base/error.ts';
import { CHAT_DEFAULTS, type ChatSettings, chatNotes, compileTemplate, loadText } from '../../../harness/text/index.ts';
import { test } from '../../support/suite.ts';
import { haveShared, sharedPath, sharedText } from './shared.ts';

const NANO = fileURLToPath(new URL('../../../models/persona-nano', import.meta.url));
const Q = [{ role: 'user', content: 'Q' }] as const;
const KEEN = [{ role: 'system', content: 'You are keen.' }, ...Q] as const;
const compile = (source: string, settings: Partial<ChatSettings> = {}) =>
  compileTemplate(source, 'here', { bos: '<s>', eos: '</s>' }, { ...CHAT_DEFAULTS, ...settings });
const refused = (what: () => unknown, message: RegExp, hint: RegExp): void => {
  try {
    what();
  } catch (error) {
    const { code, message: said, hint: help } = error as BenchError;
    assert.is(code, 'bad-template');
    assert.match(said, message);
    assert.match(help ?? '', hint);
    return;
  }
  throw new Error('nothing was thrown');
};

/** Turns as `<role>content`, with what comes before an answer, and what opens one. */
const turns = (before: string, open: string): string =>
  `{% for m in messages %}{% if m.role == 'assistant' %}<a>${before}{{ m.content }}</s>{% else %}<{{ m.role[0] }}>{{ m.content }}{% endif %}{% endfor %}{% if add_generation_prompt %}${open}{% endif %}`;

test('the answer begins where the template writes one', () => {
  for (const [before, open, prompt, separator, between, how] of [
    ['', '<a>', '<u>Q<a>', '', '', 'rendered'],
    [' ', '<a>', '<u>Q<a>', ' ', ' ', 'rendered'],
    [' ', '<a> ', '<u>Q<a>', ' ', '', 'rendered'],
    ['{{ "\\n " }}', '<a>', '<u>Q<a>\n', ' ', '\n ', 'rendered'],
    [
      '{{ "<think>\\n\\n</think>\\n\\n" }}',
      '<a>',
      '<u>Q<a><think>\n\n</think>\n\n',
      '',
      '<think>\n\n</think>\n\n',
      'rendered',
    ],
    ['<|final|>', '<a>', '<u>Q<a><|final|>', '', '<|final|>', 'rendered'],
    ['', '<a>{{ "<think>\\n\\n</think>\\n\\n" }}', '<u>Q<a><think>\n\n</think>\n\n', '', '', 'rendered'],
    ['', '', '<u>Q<a>', '', '<a>', 'rendered'],
    ['', '<a>Well, ', '<u>Q<a>Well,', ' ', '', 'unlike'],
  ] as const) {
    const place = compile(turns(before, open)).ask(Q);
    assert.equal(place, { prompt, separator, between, how }, `${before} ${open}`);
  }
  // Mistral's: the system text is part of the last user message, and so is gone from there once it is answered.
  const mistral = `{% if messages[0].role == 'system' %}{% set system = messages[0].content %}{% set messages = messages[1:] %}{% endif %}{% for m in messages %}{% if m.role == 'user' %}[INST] {% if loop.last and system is defined %}{{ system + "\\n\\n" }}{% endif %}{{ m.content }}[/INST]{% else %} {{ m.content }}</s>{% endif %}{% endfor %}`;
  assert.equal(compile(mistral).ask(KEEN), {
    prompt: '[INST] You are keen.\n\nQ[/INST]',
    separator: ' ',
    between: ' ',
    how: 'rendered',
  });
  const alone = `{% if messages|length > 1 %}{{ raise_exception('one only') }}{% endif %}{{ messages[0].content }}:`;
  assert.is(compile(alone).ask(Q).how, 'unrendered');
  const deaf = `{% for m in messages if m.role != 'assistant' %}{{ m.content }}{% endfor %}:`;
  assert.is(compile(deaf).facts.answer, 'unrendered');
});

test('a template that opens a thought: off is refused, empty closes it, inside stays in it', () => {
  for (const [open, closed] of [
    ['{{ "<think>\\n" }}', '<think>\n\n</think>\n\n'],
    ['<think>', '<think>\n\n</think>\n\n'],
    ['[THINK]', '[THINK]\n\n[/THINK]\n\n'],
    ['<seed:think>', '<seed:think>\n\n</seed:think>\n\n'],
  ] as const) {
    const source = turns('', `<a>${open}`);
    refused(() => compile(source), /opens a thought/, /thinking: empty .*; inside scores/);
    const place = compile(source, { thinking: 'empty' }).ask(Q);
    assert.equal([place.prompt, place.how], [`<u>Q<a>${closed}`, 'closed']);
    assert.is(compile(source, { thinking: 'inside' }).ask(Q).how, 'inside');
  }
  // The template's own form of an empty thought goes before ours.
  const own = compile(turns('<think></think>', '<a>{{ "<think>\\n" }}'), { thinking: 'empty' });
  assert.is(own.ask(Q).prompt, '<u>Q<a><think></think>');
});

test('a template that has a switch for thoughts gets it', () => {
  const closed = '{{ "<think>\\n\\n</think>\\n\\n" }}';
  const source = turns(
    '',
    `<a>{% if enable_thinking is defined and not enable_thinking %}${closed}{% else %}<think>{% endif %}`,
  );
  assert.is(compile(source).ask(Q).prompt, '<u>Q<a><think>\n\n</think>\n\n');
  assert.is(compile(source, { thinking: 'inside' }).ask(Q).prompt, '<u>Q<a><think>');
  assert.is(compile(source, { thinking: 'empty' }).ask(Q).prompt, '<u>Q<a><think>\n\n</think>\n\n');
});

const OWN = `{% if messages[0].role == 'system' %}<s>{{ messages[0].content }}{% set rest = messages[1:] %}{% else %}<s>You are Nobody, made by no one.{% set rest = messages %}{% endif %}{% for m in rest %}<{{ m.role[0] }}>{{ m.content }}{% endfor %}{% if add_generation_prompt %}<a>{% endif %}`;

test('the system text that nobody wrote is emptied, kept or replaced', () => {
  const template = compile(OWN);
  assert.equal(template.facts.system, { inserted: 'You are Nobody, made by no one.', emptied: true, forced: null });
  assert.is(template.ask(Q).prompt, '<s><u>Q<a>');
  assert.is(template.ask(KEEN).prompt, '<s>You are keen.<u>Q<a>');
  assert.is(compile(OWN, { system: 'template' }).ask(Q).prompt, '<s>You are Nobody, made by no one.<u>Q<a>');
  assert.is(compile(OWN, { system: { text: 'Answer.' } }).ask(Q).prompt, '<s>Answer.<u>Q<a>');
  assert.is(compile(OWN, { system: { text: 'Answer.' } }).ask(KEEN).prompt, '<s>You are keen.<u>Q<a>');
  // Marks around a system text are no words (Llama 2's); a text in a script without spaces is more than one.
  const marks = `{% for m in messages %}{% if m.role == 'system' %}<<SYS>>\n{{ m.content }}\n<</SYS>>\n\n{% else %}{{ m.content }}{% endif %}{% endfor %}`;
  assert.is(compile(marks).facts.system.forced, null);
  const chinese = compile(
    OWN.replace(
      'You are Nobody, made by no one.',
      '\u4f60\u662f\u4e00\u4e2a\u4e50\u4e8e\u52a9\u4eba\u7684\u52a9\u624b\u3002',
    ),
  );
  assert.is(chinese.facts.system.emptied, true);
  assert.is(chinese.ask(Q).prompt, '<s><u>Q<a>');
  // One that takes an empty text for none cannot be emptied, and says so.
  const stubborn = OWN.replace("messages[0].role == 'system'", "messages[0].role == 'system' and messages[0].content");
  const kept = compile(
    stubborn.replace(
      '<{{ m.role[0] }}>{{ m.content }}',
      "{% if m.role != 'system' %}<{{ m.role[0] }}>{{ m.content }}{% endif %}",
    ),
  );
  assert.is(kept.facts.system.emptied, false);
  assert.is(kept.ask(Q).prompt, '<s>You are Nobody, made by no one.<u>Q<a>');
  // One that puts nothing in is left alone; one with words around every system text tells them.
  const plain = compile(turns('', '<a>'));
  assert.equal(plain.facts.system, { inserted: null, emptied: true, forced: null });
  assert.is(plain.ask(Q).prompt, '<u>Q<a>');
  const dated = compile(
    `<s>Today is {{ strftime_now('%A') }}, says the clock. {% for m in messages %}<{{ m.role[0] }}>{{ m.content }}{% endfor %}<a>`,
  );
  assert.match(dated.facts.system.forced ?? '', /^Today is Friday, says the clock\./);
  const folded = compile(
    turns('', '<a>').replace(
      '<{{ m.role[0] }}>',
      "{% if m.role == 'system' %}{{ raise_exception('no') }}{% endif %}<u>",
    ),
    {
      system: { text: 'Answer.' },
    },
  );
  assert.is(folded.ask(Q).prompt, '<u>Answer.\nQ<a>');
});

test('a report says what a template does by itself, and nothing of one that does nothing', () => {
  const notes = (source: string, chat: Partial<ChatSettings> = {}) =>
    chatNotes('m', {
      chat: { ...CHAT_DEFAULTS, ...chat },
      facts: compile(source, chat).facts,
      merges: false,
    }).join(' ');
  assert.is(notes(turns('', '<a>')), '');
  assert.match(
    notes(OWN),
    /^Model m: where no .* inserts "You are Nobody, made by no one\."; an empty message keeps it out of prompts/,
  );
  assert.match(notes(OWN, { system: 'template' }), /and so do prompts without a persona \(system: template\)\.$/);
  assert.match(notes(OWN, { system: { text: 'Hm.' } }), /prompts without a persona contain "Hm\." instead \(system\)/);
  const thought = turns('', '<a><think>');
  assert.match(
    notes(thought, { thinking: 'empty' }),
    /closed at once\. Model m: every answer follows .* Model m: thinking: empty/,
  );
  const hybrid = turns('', '<a>{% if enable_thinking is false %}<think></think>{% endif %}');
  assert.match(notes(hybrid), /^Model m: thinking: off/);
  assert.match(notes(hybrid, { thinking: 'inside' }), /^Model m: thinking: inside/);
  assert.match(notes(thought, { thinking: 'inside' }), /where a thought would be/);
  assert.match(
    notes(`{{ strftime_now('%A') }} ${turns('', '<a>')}`),
    /uses the date, which is always 2024-07-26 \(date\)\.$/,
  );
});

test('a message is put as a list of parts where the template reads nothing else', async () => {
  const parts = `{% for m in messages %}<{{ m.role[0] }}>{% for part in m.content %}{% if part.type == 'text' %}{{ part.text }}{% endif %}{% endfor %}{% endfor %}{% if add_generation_prompt %}<a>{% endif %}`;
  const template = compile(parts);
  assert.is(template.facts.content, 'parts');
  assert.is(template.ask(KEEN).prompt, '<s>You are keen.<u>Q<a>');
  assert.is(template.system, 'native');
  const either = `{% for m in messages %}<{{ m.role[0] }}>{% if m.content is string %}{{ m.content }}{% else %}{% for part in m.content %}{{ part.text }}{% endfor %}{% endif %}{% endfor %}<a>`;
  assert.is(compile(either).facts.content, 'text');
  refused(() => compile('{% for m in messages %}{{ m.tool }}{% endfor %}'), /leaves out the user message/, /template/);
});

test("a suite's template that ends in a space: the space belongs to the answer", async () => {
  const template = `{% for m in messages %}User: {{ m.content }}\n{% endfor %}{% if add_generation_prompt %}Assistant: {% endif %}`;
  const text = await loadText(NANO, { vocab: 3840, template });
  const prompt = text.render({ messages: Q });
  assert.is(prompt.text, 'User: Q\nAssistant:');
  assert.is(prompt.separator, ' ');
  assert.is(text.continuation(prompt, 'yes i run').join(' '), '1229 3584 1137');
  assert.is(text.merges, false);
});

test('the settings are part of the digest, line ends are not', async () => {
  const load = (template: string, chat: Partial<ChatSettings> = {}) =>
    loadText(NANO, { vocab: 3840, template, chat: { ...CHAT_DEFAULTS, ...chat } });
  const source = `${turns('', '<a>')}\n`;
  const { templateDigest } = await load(source);
  assert.is((await load(source.replaceAll('\n', '\r\n'))).templateDigest, templateDigest);
  for (const chat of [{ thinking: 'inside' }, { system: 'template' }, { date: '2025-01-01' }] as const) {
    assert.is.not((await load(source, chat)).templateDigest, templateDigest);
  }
});

if (haveShared('public cases of chat templates')) {
  const ids = (tokens: Uint32Array): string => [...tokens].join(' ');

  test('case answer-space: the answer has the space that the template writes', async () => {
    const text = await loadText(sharedPath('cases/answer-space/model'), { vocab: 512 });
    const [first] = sharedText('cases/answer-space/items.jsonl').split('\n');
    const item = JSON.parse(first ?? '');
    const prompt = text.render({ messages: [{ role: 'user', content: item.question }] });
    assert.is(prompt.separator, ' ');
    assert.is(ids(text.continuation(prompt, item.options[0].text)), '348 406 410 417 352 379');
    assert.is(ids(text.continuation(prompt, '(A)')), '410 489 447 488');
  });

  test('case crlf-template: line ends make no difference', async () => {
    const load = (name: string) =>
      loadText(NANO, { vocab: 3840, template: readFileSync(sharedPath(`cases/crlf-template/${name}`), 'utf8') });
    const [crlf, lf] = [await load('crlf.jinja'), await load('lf.jinja')];
    const rendered = crlf.render({ messages: KEEN });
    assert.is(rendered.text.includes('\r'), false);
    assert.is(rendered.text, lf.render({ messages: KEEN }).text);
    assert.is(crlf.templateDigest, lf.templateDigest);
  });

  test('case qwen3-think: a thought that is opened is refused, closed or stayed in', () => {
    const source = sharedText('cases/qwen3-think/forced.jinja');
    refused(() => compile(source), /opens a thought \(<think>\)/, /thinking: empty/);
    assert.is(compile(source, { thinking: 'empty' }).ask(Q).prompt, '<s>[U]Q[A]<think>\n\n</think>\n\n');
    assert.is(compile(source, { thinking: 'inside' }).ask(Q).prompt, '<s>[U]Q[A]<think>\n');
  });

  test('case strftime: the template renders, and the day is not printed next to a system text', async () => {
    const text = await loadText(sharedPath('cases/strftime/model'), { vocab: 512 });
    assert.is(text.facts.dated, true);
    assert.is(text.render({ messages: KEEN }).text, '<s>[SYSTEM_PROMPT]You are keen.[/SYSTEM_PROMPT][INST]Q[/INST]');
    assert.is(text.render({ messages: Q }).text, '<s>[SYSTEM_PROMPT][/SYSTEM_PROMPT][INST]Q[/INST]');
    assert.match(text.facts.system.inserted ?? '', /The current date is 2024-07-26/);
  });

  test('cases text-and-tokens: continue, set in a loop, lstrip', () => {
    const source = (name: string) => sharedText(`cases/text-and-tokens/template-${name}/chat_template.jinja`);
    const hello = [
      { role: 'system', content: 'Be bold.' },
      { role: 'user', content: 'Hello' },
    ] as const;
    const next = compile(source('continue'));
    assert.is(next.system, 'native');
    assert.is(next.render(hello), '[SYS]Be bold.[/SYS]<user>Hello<assistant>');
    const three = [
      { role: 'user', content: 'A' },
      { role: 'assistant', content: 'B' },
      { role: 'user', content: 'C' },
    ] as const;
    assert.is(
      compile(source('set-in-loop')).render(three),
      '<user>Question: A<assistant>B<user>Question: C<assistant>',
    );
    const thought = [Q[0], { role: 'assistant', content: '<think>x</think>\n\n    - first point' }] as const;
    assert.match(compile(source('lstrip')).render(thought, false), /assistant\n {4}- first point<\|im_end\|>/);
  });
}

test.run();
