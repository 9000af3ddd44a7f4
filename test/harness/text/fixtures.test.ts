// Tokenizers and chat templates against the fixtures of ../shared/tokenizers.

import { readdirSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { CHAT_DEFAULTS, compileTemplate, loadText, type Message, type TextModel } from '../../../harness/text/index.ts';
import { test } from '../../support/suite.ts';
import { haveShared, sharedJson, sharedPath, sharedText } from './shared.ts';
import { OWN_TEMPLATES } from './templates.ts';

const ROOM = 200_000; // rows of an embedding that is large enough for every tokenizer here
const models = new Map<string, Promise<TextModel>>();
const model = (name: string): Promise<TextModel> => {
  // The renderings are the templates' own, with the system text that they put in.
  const chat = { ...CHAT_DEFAULTS, system: 'template' } as const;
  const known = models.get(name) ?? loadText(sharedPath(`tokenizers/${name}`), { vocab: ROOM, chat });
  models.set(name, known);
  return known;
};
const ids = (tokens: Uint32Array): string => Array.from(tokens).join(' ');

interface Rendering {
  readonly template: string;
  readonly tokenizer: string | null;
  readonly conversation: string;
  readonly messages: readonly Message[];
  readonly add_generation_prompt: boolean;
  readonly bos_token: string;
  readonly eos_token: string;
  readonly text: string | null;
  readonly ids?: readonly number[];
}
interface TemplateCase {
  readonly name: string;
  readonly template_str?: string;
  readonly messages: readonly Message[];
  readonly bos_token?: string;
  readonly eos_token?: string;
  readonly expected_output_jinja: string;
  readonly jinja2_check: string;
  readonly jinja2_output?: string;
}

if (haveShared('tokenizer and chat template fixtures')) {
  for (const [fixture, name] of [
    ['gpt-2', 'gpt2'],
    ['qwen2', 'qwen2.5'],
  ] as const) {
    test(`all 47 strings of ggml-vocab-${fixture}`, async () => {
      const text = await model(name);
      const strings = sharedText(`tokenizers/fixtures/ggml-vocab-${fixture}.gguf.inp`).split('\n__ggml_vocab_test__\n');
      const expected = sharedText(`tokenizers/fixtures/ggml-vocab-${fixture}.gguf.out`).split('\n');
      assert.is(strings.length, 47);
      assert.is(expected.length, 47);
      strings.forEach((string, k) => {
        const tokens = text.encode(string);
        assert.is(ids(tokens), expected[k]?.trim(), `string ${k}: ${JSON.stringify(string)}`);
        assert.is(text.decode(tokens), string, `decoded string ${k}`);
      });
    });
  }

  test('the ids of SmolLM2', async () => {
    const text = await model('smollm2');
    const cases = sharedJson('tokenizers/fixtures/smollm2_ids.json') as { text: string; ids: number[] }[];
    assert.is(cases.length, 7);
    for (const { text: string, ids: expected } of cases)
      assert.is(ids(text.encode(string)), expected.join(' '), string);
  });

  test('stories260k: BOS, SentencePiece spaces and byte fallback', async () => {
    const text = await loadText(sharedPath('models/stories260k'), { vocab: 512 });
    assert.is(text.template, 'plain');
    assert.is(text.bos, 1);
    assert.equal(text.eos, [2]);
    assert.is(text.vocabulary, 512);
    for (const golden of sharedJson('models/stories260k/golden.json')) {
      const rendered = text.render({ text: golden.prompt });
      assert.is(ids(rendered.tokens), golden.ids.join(' '));
      assert.is(text.decode([...golden.ids, ...golden.greedy_ids]), golden.greedy_text);
    }
    assert.is(text.decode(text.encode('naïve 🦙')), 'naïve 🦙');
  });

  test('stories260k: an answer apart gets no space of its own', async () => {
    const text = await loadText(sharedPath('models/stories260k'), { vocab: 512 });
    for (const [prompt, answer, whole] of [
      ['Once ', 'upon', 'Once upon'],
      ['Once upon a ti', 'me', 'Once upon a ti me'],
      ['Once', 'upon', 'Once upon'],
    ] as const) {
      const rendered = text.render({ text: prompt });
      const tokens = text.continuation(rendered, answer);
      assert.is(text.decode([...rendered.tokens, ...tokens]), whole);
    }
  });

  const renderings = sharedJson('tokenizers/fixtures/rendered.json') as Rendering[];
  const cases = sharedJson('tokenizers/fixtures/chat_templates.json') as TemplateCase[];

  /** Vendors' templates where ../shared has them, ours of the same format otherwise. */
  const sourceOf = (name: string): string => {
    if (name === 'Qwen-Qwen2.5-7B-Instruct')
      return sharedJson('tokenizers/qwen2.5/tokenizer_config.json').chat_template;
    if (name === 'SmolLM2-instruct') return sharedJson('tokenizers/smollm2/tokenizer_config.json').chat_template;
    if (name === 'mistralai-Mistral-Nemo-Instruct-2407') {
      return cases.find((c) => c.name.startsWith('Mistral-Nemo-Instruct-2407'))?.template_str ?? '';
    }
    const own = OWN_TEMPLATES[name] ?? '';
    const spoken = renderings.find((r) => r.template === name && r.conversation === 'user_only')?.text ?? '';
    const said = /## Custom Instructions\n\n(.*)\n\n<\|im_end\|>\n<\|im_start\|>user/s.exec(spoken)?.[1] ?? '';
    return own.replace('DEFAULT', () => JSON.stringify(said));
  };

  for (const name of new Set(renderings.map((r) => r.template))) {
    test(`renderings of ${name}`, () => {
      const own = renderings.filter((r) => r.template === name);
      assert.is(own.length, 8);
      for (const r of own) {
        const template = compileTemplate(sourceOf(name), name, { bos: r.bos_token, eos: r.eos_token });
        const text = template.render(r.messages, r.add_generation_prompt);
        if (r.text !== null) {
          assert.is(text, r.text, r.conversation);
          continue;
        }
        // The template refuses the system role: ours folds it into the first user message instead.
        assert.is(template.system, 'folded');
        const [system, user, ...rest] = r.messages;
        const folded: Message[] = [{ role: 'user', content: `${system?.content}\n${user?.content}` }, ...rest];
        assert.is(text, template.render(folded, r.add_generation_prompt), r.conversation);
        assert.ok(text.includes(system?.content ?? '?'));
      }
    });
  }

  test('ids of the renderings, where a tokenizer is at hand', async () => {
    let seen = 0;
    for (const r of renderings) {
      // Qwen3's vocabulary is Qwen2.5's with four tokens more, of which only the thinking tags occur here.
      const name = r.tokenizer === 'qwen3' && !r.text?.includes('<think>') ? 'qwen2.5' : r.tokenizer;
      if (r.text === null || r.ids === undefined || (name !== 'qwen2.5' && name !== 'smollm2')) continue;
      const text = await model(name);
      assert.is(ids(text.encode(r.text)), r.ids.join(' '), `${r.template} ${r.conversation}`);
      assert.is(text.decode(r.ids).includes('<|im_start|>'), false);
      if (r.add_generation_prompt && r.tokenizer === name) {
        assert.is(
          ids(text.render({ messages: r.messages }).tokens),
          r.ids.join(' '),
          `${r.template} ${r.conversation}`,
        );
      }
      seen += 1;
    }
    assert.is(seen, 22);
  });

  test('chat_templates.json: as jinja2 renders them, and as llama.cpp folds them', () => {
    assert.is(cases.length, 33);
    let native = 0;
    let folded = 0;
    for (const c of cases) {
      if (c.template_str === undefined) continue; // two cases hold no template
      const compile = () =>
        compileTemplate(c.template_str ?? '', c.name, { bos: c.bos_token ?? '', eos: c.eos_token ?? '' });
      if (c.jinja2_output === '' || c.name.startsWith('ai-sage/GigaChat')) {
        // jinja2 prints nothing for these macros, or fails on a variable: no template to score anything with.
        assert.throws(compile, (error: { code: string }) => error.code === 'bad-template', c.name);
        continue;
      }
      const template = compile();
      const text = template.render(c.messages);
      if (template.system === 'native') {
        native += 1;
        assert.is(text, c.jinja2_output, c.name);
      } else {
        folded += 1;
        if (c.expected_output_jinja !== '') assert.is(text, c.expected_output_jinja, c.name);
        assert.ok(text.includes('You are a helpful assistant\nHello'), c.name);
      }
    }
    console.log(`${native} native, ${folded} folded`);
    assert.is(native + folded, 27);
  });

  test('every folder of ../shared/tokenizers is covered', () => {
    assert.equal(readdirSync(sharedPath('tokenizers')).sort(), ['fixtures', 'gpt2', 'qwen2.5', 'smollm2']);
  });
}

test('our own Llama 3 template renders without ../shared', () => {
  const source = OWN_TEMPLATES['meta-llama-Llama-3.1-8B-Instruct'] ?? '';
  const text = compileTemplate(source, 'llama3', { bos: '<B>', eos: '' }).render([{ role: 'user', content: ' hi ' }]);
  assert.match(text, /^<B><\|start_header_id\|>system/);
  assert.match(text, /user<\|end_header_id\|>\n\nhi<\|eot_id\|><\|start_header_id\|>assistant<\|end_header_id\|>\n\n$/);
});

test.run();
