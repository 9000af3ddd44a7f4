// Prompts of public models' own templates and tokenizers: what a persona adds to a question, and BOS that a model lacks.

import * as assert from 'uvu/assert';
import { CHAT_DEFAULTS, loadText } from '../../../harness/text/index.ts';
import type { SystemDefault } from '../../../harness/text/settings.ts';
import { suite } from '../../support/suite.ts';
import { haveShared, sharedPath } from './shared.ts';

const test = suite('public models');
const ROOM = 200_000; // rows of an embedding that is large enough for every tokenizer here
const Q = { role: 'user', content: 'Do you run?' } as const;
const KEEN = { role: 'system', content: 'You are keen.' } as const;

if (haveShared('the templates of SmolLM2 and Qwen2.5')) {
  const load = (name: string, system: SystemDefault, template: string | null = null) =>
    loadText(sharedPath(`tokenizers/${name}`), { vocab: ROOM, template, chat: { ...CHAT_DEFAULTS, system } });

  test('a persona adds its own tokens to a question, and no system text that nobody wrote is taken off', async () => {
    for (const [name, own] of [
      ['smollm2', /named SmolLM/],
      ['qwen2.5', /created by Alibaba Cloud/],
    ] as const) {
      const empty = await load(name, 'empty');
      const [bare, keen] = [empty.render({ messages: [Q] }), empty.render({ messages: [KEEN, Q] })];
      assert.not.match(bare.text, own, name);
      assert.is(keen.text, bare.text.replace('system\n', 'system\nYou are keen.'), name);
      assert.is(keen.tokens.length - bare.tokens.length, empty.encode('You are keen.').length, name);
      // With the template's own text in place of none, a persona is shorter than what it replaces.
      const kept = await load(name, 'template');
      assert.match(kept.render({ messages: [Q] }).text, own);
      assert.ok(kept.render({ messages: [KEEN, Q] }).tokens.length < kept.render({ messages: [Q] }).tokens.length);
    }
  });

  test('bos_token null: a template that spells it gets nothing, whatever config.json says', async () => {
    const template = '{{ bos_token }}{% for m in messages %}{{ m.content }}{% endfor %}';
    const text = await load('qwen2.5', 'empty', template);
    const prompt = text.render({ messages: [Q] });
    assert.is(prompt.text, 'Do you run?');
    assert.equal(prompt.tokens, text.encode('Do you run?'));
    assert.not.ok(prompt.tokens.includes(151643));
  });
}

test.run();
