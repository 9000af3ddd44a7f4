// Which passages the method `rag` finds by each ranker, what its controls bring, and what is kept from a question.

import * as assert from 'uvu/assert';
import { rag } from '../../../baselines/rag/method.ts';
import type { Spec } from '../../../formats/checkpoint/spec.ts';
import type { Sample } from '../../../gpu/index.ts';
import { axesOf } from '../../../harness/method/method.ts';
import { fakeEngine, fakeText, pseudo } from '../../support/fake.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { suite } from '../../support/suite.ts';
import { ask, context, fails, found, LIBRARY, messages, neutral, persona, recordOf } from './shared.ts';

const test = suite('rag passages');

test('a passage that holds the question or an option of an item is not retrieved for it, but for others', async () => {
  for (const retriever of ['bm25', 'dense', 'hybrid', 'random', 'other-persona']) {
    const engine = {
      ...fakeEngine(),
      spec: { hidden: 8, maxPositions: 512 } as Spec,
      states: async (samples: readonly Sample[]) =>
        samples.map(({ tokens }) => Float32Array.from({ length: 16 }, (_, d) => pseudo(`${d} ${tokens.join(' ')}`))),
    };
    const prepared = await rag.prepare(context({ retriever, k: 48, budget: 1e6 }, { engine }));
    const question = 'Is it so at breakfast, or after parties?';
    const all = await found(prepared, ask(question));
    const held = all[1]!;
    const wordings = held.toUpperCase().replace(/[.,:]/g, ' ');
    for (const item of [ask(question, wordings, 'no'), ask(`${wordings}?`), ask(`Do you agree: "${wordings}"`)]) {
      const now = await found(prepared, { ...item, id: `held ${item.question}` });
      assert.not.ok(now.includes(held), `${retriever}: ${item.question}`);
      if (item.question === question) assert.ok(now.length >= all.length - 1 && now.length > 0);
    }
    assert.ok((await found(prepared, ask(question))).includes(held));
    const { excluded } = recordOf(prepared).asked.evaluation;
    assert.ok(excluded >= 3, `${retriever}: ${excluded}`);
  }
});

test('random: neutral passages, as many and of as many tokens, others with another seed', async () => {
  const items = Array.from({ length: 12 }, (_, i) => ask(`What of parties ${i}?`));
  const base = await rag.prepare(context({ k: 3 }));
  const control = await rag.prepare(context({ k: 3, retriever: 'random' }));
  const other = await rag.prepare(context({ k: 3, retriever: 'random' }, { seed: 1 }));
  const neutrals = LIBRARY.filter((one) => one.persona === null).map(({ text }) => text);
  const count = (list: readonly string[]) => list.reduce((sum, text) => sum + fakeText().encode(text).length, 0);
  let differ = 0;
  for (const item of items) {
    const [was, now] = [await found(base, item), await found(control, item)];
    assert.is(now.length, was.length);
    assert.ok(now.every((text) => neutrals.includes(text)));
    assert.ok(Math.abs(count(now) - count(was)) <= 3, `${count(was)} ${count(now)}`);
    differ += Number((await found(other, item)).join() !== now.join());
    assert.equal(
      await found(await rag.prepare(context({ k: 3, retriever: 'random' })), item),
      now,
      'the order asked in',
    );
  }
  assert.ok(differ >= 10);
  assert.equal(recordOf(control).asked.evaluation.precisionAtK, 0);
  assert.equal(axesOf(rag, { options: { retriever: 'random' } }), ['persona', 'seed']);
  assert.equal(axesOf(rag, { options: {} }), ['persona']);
});

test('other-persona: passages of other traits, neither the opposite nor neutral ones', async () => {
  const prepared = await rag.prepare(context({ retriever: 'other-persona', k: 3 }));
  const both = [LIBRARY[6]!.text, LIBRARY[7]!.text].sort();
  assert.equal([...(await found(prepared, ask('At breakfast, or after parties?')))].sort(), both);
  // One that shares no word with the question is not brought in to make up k.
  assert.equal(await found(prepared, ask('At breakfast?')), [LIBRARY[6]!.text]);
  const alone = LIBRARY.filter(({ trait }) => trait !== 'order');
  await fails('no-other-trait', /leave the control/, { retriever: 'other-persona' }, { library: alone });
});

test('what does not fit the budget as a whole is left out', async () => {
  const tokens = (list: readonly string[]) => fakeText().encode(list.map((text) => `- ${text}`).join('\n')).length;
  const [first, second] = await found(await rag.prepare(context({})), ask('At breakfast?'));
  const exact = tokens([first!, second!]);
  assert.is((await found(await rag.prepare(context({ budget: exact })), ask('At breakfast?'))).length, 2);
  assert.equal(await found(await rag.prepare(context({ budget: exact - 1 })), ask('At breakfast?')), [first!]);
  const none = await rag.prepare(context({ budget: tokens([first!]) - 1 }));
  assert.equal(await messages(none, ask('At breakfast?')), [{ role: 'user', content: 'At breakfast?\n(A) ...' }]);
  await fails('bad-options', /set budget to \d+ or more/, { budget: 5 });
});

test('dense: the states of the last layer, without BOS, of a query that has the description', async () => {
  const asked: string[] = [];
  const vector = (text: string) => [text.includes('lamp') ? 1 : 0, text.includes('Whispers') ? 1 : 0];
  const engine = {
    ...fakeEngine(),
    weightsDigest: 'of the lamp',
    spec: { hidden: 2, maxPositions: 512 } as Spec,
    states: async (samples: readonly Sample[]) =>
      samples.map(({ tokens, from, to }) => {
        const text = Buffer.from(tokens.slice(from, to)).toString('utf8');
        asked.push(text);
        return Float32Array.of(-9, 9, ...(vector(text).some((x) => x > 0) ? [5, 0] : [0, 1]));
      }),
  };
  const text = { ...fakeText(), bos: 1, encode: (said: string) => Uint32Array.of(1, ...Buffer.from(said, 'utf8')) };
  const prepared = await rag.prepare(context({ retriever: 'dense', k: 1 }, { engine, text }));
  assert.is(asked.length, 48);
  assert.equal(await found(prepared, ask('What now?')), [LIBRARY[2]!.text]);
  await found(prepared, ask('What now?'));
  assert.equal(asked.slice(48), ['Whispers and reads\nWhat now?'], 'once for each query, without its options');
});

test('what cannot be retrieved from is refused, with a place and a hint', async () => {
  assert.is(await fails('no-library', /name files of passages/, {}, { library: neutral(3) }), 'personas.*.knowledge');
  const few = LIBRARY.slice(0, 12);
  assert.is(await fails('few-neutral', /as many neutral passages/, {}, { library: few }), 'neutral.knowledge');
  const others = LIBRARY.filter((one) => one.persona !== 'quiet');
  assert.is(await fails('no-knowledge', /leave rag out/, {}, { library: others }), 'personas.quiet.knowledge');
  await fails('no-description', /in one sentence/, {}, { persona: { ...persona, description: ' ' } });
  await fails('no-tokenizer', /tokenizer.json/, {}, { text: null });
  await fails('bad-options', /set overlap to 2 or less/, { sentences: 3, overlap: 3 });
  await fails('bad-embedding', /config.json/, { retriever: 'dense', embedding: temporaryFolder() });
});

test.run();
