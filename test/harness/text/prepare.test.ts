// Prompts and answers whose tokens are made in one call of the library.

import * as assert from 'uvu/assert';
import type { BenchError } from '../../../base/error.ts';
import { loadText } from '../../../harness/text/index.ts';
import { test } from '../../support/suite.ts';
import { TINY_VOCAB, tinyModel } from './tiny.ts';

const CHAT =
  '{% for m in messages %}<{{ m.role }}>{{ m.content }}\n{% endfor %}{% if add_generation_prompt %}<me>{% endif %}';
const user = (content: string) => ({ messages: [{ role: 'user' as const, content }] });

test('what is prepared in one call is what is made one by one, and what fails is left to render and continuation', async () => {
  const folder = tinyModel({ postBos: true });
  const asks = [
    { prompt: user('hi'), answers: ['yes', ' ok: yes', 'ok'] },
    { prompt: { text: 'raw ' }, answers: ['yes'] },
    { prompt: { text: 'x'.repeat(2 ** 21 + 1) }, answers: ['ok'] },
  ];
  const one = await loadText(folder, { vocab: TINY_VOCAB, template: CHAT });
  const many = await loadText(folder, { vocab: TINY_VOCAB, template: CHAT });
  many.render(asks[0]!.prompt);
  many.prepare(asks);
  for (const { prompt, answers } of asks.slice(0, 2)) {
    assert.equal(many.render(prompt), one.render(prompt));
    for (const answer of answers) {
      const tokens = many.continuation(many.render(prompt), answer);
      assert.equal(tokens, one.continuation(one.render(prompt), answer));
      assert.equal(many.continuation(many.render(prompt), answer), tokens, 'and the same once it is remembered');
    }
  }
  many.prepare([]);
  assert.throws(
    () => many.render(asks[2]!.prompt),
    (error: BenchError) => error.code === 'bad-text' && /are allowed/.test(error.message),
  );
});

test.run();
