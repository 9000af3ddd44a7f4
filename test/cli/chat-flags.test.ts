// --thinking, --system and --date of the verbs without a suite: what they do to a prompt, and where they are refused.

import { Command } from 'commander';
import * as assert from 'uvu/assert';
import type { BenchError } from '../../base/error.ts';
import { chatFlags, chatOf } from '../../cli/flags.ts';
import { optionsFor } from '../../cli/mask-inputs.ts';
import type { TryOptions } from '../../cli/options.ts';
import { tryVerb } from '../../cli/try.ts';
import type { Spec } from '../../formats/checkpoint/spec.ts';
import { loadText } from '../../harness/text/index.ts';
import { TINY_VOCAB, tinyModel } from '../harness/text/tiny.ts';
import { fakeEngine } from '../support/fake.ts';
import { suite } from '../support/suite.ts';

const test = suite('chat flags');
const R1 =
  "{{ strftime_now('%Y') }}|{% if messages[0].role != 'system' %}<system>I am some other assistant.{% endif %}" +
  '{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}{% if add_generation_prompt %}<me><think>{% endif %}';
const folder = tinyModel({ config: { bos_token: '<s>', eos_token: '</s>', chat_template: R1 } });

/** The prompt that reaches the engine. */
async function prompted(options: Partial<TryOptions>, folderOf = folder): Promise<string> {
  const asked: string[] = [];
  const text = await loadText(folderOf, { vocab: TINY_VOCAB, chat: chatOf({}, false) });
  await tryVerb('Hi?', { model: folderOf, maxTokens: 1, ...options } as TryOptions, {
    bundledModels: folder,
    fetchModel: async () => folder,
    loadEngine: async () => ({
      engine: {
        ...fakeEngine(),
        spec: { vocab: TINY_VOCAB, maxPositions: 200 } as Spec,
        async *generate(prompts) {
          asked.push(...prompts.map(({ tokens }) => text.decode(tokens)));
        },
      },
      device: null,
    }),
    loadText: (dir, vocab, chat) => loadText(dir, { vocab, chat }),
    loadPersonas: async () => [],
    stdout: () => {},
    stderr: () => {},
    now: () => 0,
  });
  return asked.join();
}

async function refused(what: () => unknown, code: string, hint: RegExp): Promise<void> {
  const error = await Promise.resolve()
    .then(what)
    .then(
      () => assert.unreachable('nothing was thrown'),
      (reason: unknown) => reason,
    );
  assert.is((error as BenchError).code, code, (error as Error).message);
  assert.match((error as BenchError).hint ?? '', hint);
}

test('a model that thinks is refused with flags that a user of the verb can type, and runs with them', async () => {
  await refused(() => prompted({}), 'bad-template', /--thinking empty.*inside/);
  assert.is(await prompted({ thinking: 'empty' }), '2024|<system><user>Hi?<me><think>\n\n</think>\n\n');
  assert.is(await prompted({ thinking: 'inside' }), '2024|<system><user>Hi?<me><think>');
});

test('the system text and the date are what the flags say', async () => {
  const inside = { thinking: 'inside', date: '1999-12-31' } as const;
  assert.is(await prompted({ ...inside, system: 'Be brief.' }), '1999|<system>Be brief.<user>Hi?<me><think>');
  const own = '1999|<system>I am some other assistant.<user>Hi?<me><think>';
  assert.is(await prompted({ ...inside, system: 'template' }), own);
});

test('without the chat template nothing of it is refused, and its flags are', async () => {
  assert.is(await prompted({ raw: true }), 'Hi?');
  await refused(() => prompted({ raw: true, thinking: 'empty' }), 'usage', /leave out --raw/);
  await refused(() => optionsFor({ model: 'm', raw: true, system: 'template' }), 'usage', /leave out --raw/);
  assert.is(optionsFor({ model: 'm', system: 'template' }).chat, true);
});

test('commander refuses what is no day and no way of thinking', () => {
  const parse = (...args: string[]) =>
    chatFlags(new Command('x').exitOverride().configureOutput({ writeErr: () => {} })).parse(args, { from: 'user' });
  assert.equal(parse('--thinking', 'empty', '--date', '2026-12-01').opts(), { thinking: 'empty', date: '2026-12-01' });
  assert.throws(() => parse('--date', '2026-02-30'), /must be a day/);
  assert.throws(() => parse('--thinking', 'hard'), /off, empty, inside/);
});

test.run();
