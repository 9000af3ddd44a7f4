// `bench plan --show-prompt` with real templates: where an answer begins, and what the template writes before it.

import * as assert from 'uvu/assert';
import { METHODS } from '../../api/methods.ts';
import { planVerb } from '../../cli/plan.ts';
import type { Spec } from '../../formats/checkpoint/spec.ts';
import { loadSuite } from '../../harness/config/index.ts';
import { EVALUATIONS } from '../../harness/evaluations/index.ts';
import { CHAT_DEFAULTS, loadText } from '../../harness/text/index.ts';
import type { Thinking } from '../../harness/text/settings.ts';
import { haveShared, sharedPath } from '../harness/text/shared.ts';
import { TINY_VOCAB, tinyModel } from '../harness/text/tiny.ts';
import { DEVICE, fakeEngine, fakeEvaluate, fakeSuite } from '../support/fake.ts';
import { temporaryFolder } from '../support/folders.ts';
import { fakeModel } from '../support/session.ts';
import { suite } from '../support/suite.ts';

const test = suite('show prompt');

/** Cell n of a suite; of a shared case where one is named, else of a small model with the template. */
async function shown(n: number, from: { template: string; thinking?: Thinking } | { file: string }, json = false) {
  const chunks: string[] = [];
  const folder = temporaryFolder();
  const given =
    'file' in from
      ? await loadSuite(sharedPath(`cases/${from.file}`), { registry: METHODS, kinds: EVALUATIONS })
      : fakeSuite({ models: [{ id: 'tiny', path: fakeModel(folder), template: null }] });
  await planVerb(
    'a.yaml',
    { out: folder, showPrompt: n, json },
    {
      machine: async (wantedDevice) => ({
        wantedDevice,
        device: async () => DEVICE,
        load: async () => ({ engine: { ...fakeEngine(), spec: { maxPositions: 512 } as Spec }, device: DEVICE }),
        text: ({ path, template, chat = CHAT_DEFAULTS }) =>
          'file' in from
            ? loadText(path, { template, chat, vocab: 4096 })
            : loadText(tinyModel({ config: { chat_template: from.template } }), {
                vocab: TINY_VOCAB,
                chat: { ...CHAT_DEFAULTS, thinking: from.thinking ?? 'off' },
              }),
        kernels: async () => 'kernels-1',
        evaluate: fakeEvaluate({ loads: 0, evaluations: 0 }),
      }),
      suite: async () => given,
      config: async () => '',
      stdout: { write: (chunk: string) => chunks.push(chunk) > 0 } as unknown as NodeJS.WriteStream,
    },
  );
  return chunks.join('');
}

const turns = (before: string, open: string): string =>
  `{% for m in messages %}{% if m.role == 'assistant' %}<a>${before}{{ m.content }}{% else %}<u>{{ m.content }}{% endif %}{% endfor %}{% if add_generation_prompt %}${open}{% endif %}`;

test('it says where an answer begins, and what the template writes before one', async () => {
  const plain = await shown(1, { template: turns('', '<a>') });
  assert.match(plain, /<a>\n--- token ids\n[\d ]+\n--- an answer begins where the text ends\n--- answer 1: "/);
  const spaced = await shown(1, { template: turns(' ', '<a>') });
  assert.match(
    spaced,
    /\n--- before an answer the template writes " "\n--- an answer begins where the text ends, with a space\n/,
  );
  const thought = turns('{{ "<think></think>\\n" }}', '<a>');
  const closed = await shown(1, { template: thought });
  assert.match(closed, /<a><think><\/think>\n\n--- token ids/);
  assert.match(closed, /--- before an answer the template writes "<think><\/think>\\n"\n--- an answer begins where/);
  assert.match(
    await shown(1, { template: thought, thinking: 'inside' }),
    /<a>\n--- token ids\n[\d ]+\n--- an answer begins/,
  );
  const document = JSON.parse(await shown(1, { template: turns(' ', '<a>') }, true));
  assert.equal([document.between, document.separator], [' ', ' ']);
  assert.is(document.text.at(-1), '>');
});

if (haveShared('prompts of public cases')) {
  test('case answer-space: the scored ids are those of the solved example in the same prompt', async () => {
    const { ids, answers } = JSON.parse(await shown(2, { file: 'answer-space/suite.yaml' }, true));
    const [yes, no] = answers.map((answer: { ids: readonly number[] }) => answer.ids.join(' '));
    assert.is(yes, '348 406 410 417 352 379');
    assert.match(no, /^297 414 /);
    assert.ok(
      [yes, no].some((answer) => ` ${ids.join(' ')} `.includes(` ${answer} `)),
      'the solved example',
    );
  });
}

test.run();
