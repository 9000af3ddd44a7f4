// The method `rag`: what is found for a question and where it stands, its choice of k, its record, and its identity.

import { Ajv } from 'ajv';
import * as assert from 'uvu/assert';
import { rag } from '../../../baselines/rag/method.ts';
import { contentOf, located, OPTIONS, optionsOf } from '../../../baselines/rag/options.ts';
import type { LibraryPassage } from '../../../harness/datasets/passages.ts';
import { type Context, type Prepared, reads } from '../../../harness/method/method.ts';
import { fakePersona, METHODS } from '../../support/fake.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { runFake } from '../../support/session.ts';
import { suite } from '../../support/suite.ts';
import { ask, context, found, LIBRARY, messages, neutral, persona, recordOf } from './shared.ts';

const test = suite('rag');

test('it finds passages by the description and the question, and puts them where the options say', async () => {
  const item = ask('What do you do at breakfast?');
  const prepared = await rag.prepare(context({ template: 'Read {passages} twice.' }));
  assert.equal(await messages(prepared, item), [
    { role: 'system', content: `Read - ${LIBRARY[0]!.text}\n- ${LIBRARY[2]!.text} twice.` },
    { role: 'user', content: `${item.question}\n(A) ...` },
  ]);
  const user = await rag.prepare(context({ place: 'user', template: '{passages}', bullet: '', k: 1 }));
  assert.equal(await messages(user, item), [
    { role: 'user', content: `${LIBRARY[0]!.text}\n\n${item.question}\n(A) ...` },
  ]);
  assert.is(prepared.variant.id, 'dense');
});

test('the options are never searched for', async () => {
  const prepared = await rag.prepare(context({ k: 4 }));
  const plainly = await found(prepared, ask('And then?'));
  assert.equal(
    await found(prepared, { ...ask('And then?', 'I shout about shirts.', 'I sort letters.'), id: 'other' }),
    plainly,
  );
});

test('k and place are chosen on the tuning split: by alignment, then by probability, then the fewest', async () => {
  const tuning = [{ ...ask('Tune at breakfast?'), split: 'tuning' as const }];
  const seen: string[] = [];
  const held = (alignment: (k: number, system: boolean) => number, meanP: (k: number) => number = () => 0.5) => ({
    tuning,
    tune: async (candidate: Pick<Prepared, 'variant' | 'wrap'>) => {
      const k = (await found(candidate as Prepared, tuning[0]!)).length;
      const [first] = await messages(candidate as Prepared, tuning[0]!);
      seen.push(`${k} ${first?.role}`);
      return { n: 1, alignment: alignment(k, first?.role === 'system'), meanP: meanP(k) };
    },
  });
  const settingOf = async (options: Record<string, unknown>, more: Partial<Context>) => {
    const record = recordOf(await rag.prepare(context({ k: 'tuned', ...options }, more)));
    return [record.k, record.place];
  };
  assert.equal(
    await settingOf(
      {},
      held((k) => (k === 2 ? 0.9 : 0.5)),
    ),
    [2, 'system'],
  );
  assert.equal(seen, ['1 system', '2 system', '4 system']);
  assert.equal(
    await settingOf(
      {},
      held(
        () => 0.5,
        (k) => k,
      ),
    ),
    [4, 'system'],
  );
  assert.equal(
    await settingOf(
      {},
      held(() => 0.5),
    ),
    [1, 'system'],
  );
  assert.equal(
    await settingOf(
      { place: 'tuned' },
      held((k, system) => (k === 4 && !system ? 1 : 0)),
    ),
    [4, 'user'],
  );
  // A control takes the k of what it stands beside: it is tuned with the ranker's own passages.
  seen.length = 0;
  const control = await rag.prepare(
    context(
      { k: 'tuned', retriever: 'other-persona' },
      held((k) => (k === 4 ? 1 : 0)),
    ),
  );
  assert.equal(seen, ['1 system', '2 system', '4 system']);
  assert.is((await found(control, ask('At breakfast, or after parties?'))).length, 2);
  for (const [options, wanted] of [
    [{ k: 'tuned' }, true],
    [{ k: 2 }, false],
    [{ k: 2, place: 'tuned' }, true],
  ] as const) {
    assert.is(reads(rag, { options }, 'tuning'), wanted);
  }
});

test('the record says what the index is, and what was retrieved for the questions asked', async () => {
  const prepared = await rag.prepare(context({ k: 4, budget: 1000 }));
  await found(prepared, ask('What do you do at breakfast?'));
  await found(prepared, { ...ask('And at parties?'), split: 'tuning' });
  const record = recordOf(prepared);
  assert.equal([record.index.chunks, record.index.neutral, record.k], [48, 40, 4]);
  assert.equal([record.bm25.k1, record.bm25.b, record.bm25.d], [1.2, 0.75, 0]);
  assert.match(record.bm25.tokenisation, /function words/);
  assert.equal(Object.keys(record.asked), ['evaluation', 'tuning']);
  const { questions, recallAtK, precisionAtK, retrievalMs } = record.asked.evaluation;
  // Those who whisper and read, and one who does something else at breakfast.
  assert.equal([questions, recallAtK, precisionAtK], [1, 0.75, 0.75]);
  assert.ok(retrievalMs.mean > 0);
  const figures = prepared.figures?.() ?? {};
  const told = ['recall at k', 'precision at k', 'k', 'BM25 k1', 'retrieval ms'].map((name) => figures[name]);
  assert.equal(told, [0.75, 0.75, 4, 1.2, retrievalMs.mean]);
  assert.ok(prepared.cost.artefactBytes > LIBRARY.reduce((sum, { text }) => sum + text.length, 0));
  assert.is(record.index.bytes, prepared.cost.artefactBytes);
  const again = await rag.prepare(context({ k: 1 }));
  assert.ok(recordOf(again).index.reused && (again.cost.reusedMs ?? 0) > 0, 'the index is kept by its content');
});

test('options are closed and have defaults; outcomes depend on those that are read', () => {
  const validate = new Ajv({ useDefaults: true, allowUnionTypes: true }).compile(OPTIONS);
  const given = {};
  assert.ok(validate(given));
  assert.equal(given, optionsOf({}));
  for (const bad of [{ retriever: 'tfidf' }, { k: 0 }, { k: 'best' }, { template: 'no place' }, { words: 1 }]) {
    assert.not.ok(validate(bad), JSON.stringify(bad));
  }
  assert.equal(contentOf({ k1: 2, retriever: 'dense' }), contentOf({ retriever: 'dense' }));
  assert.equal(contentOf({ base: 'dense', embedding: 'x' }), contentOf({}));
  assert.not.equal(contentOf({ k1: 2 }), contentOf({}));
  assert.not.equal(contentOf({ retriever: 'random', base: 'dense' }), contentOf({ retriever: 'random' }));
  assert.equal(
    located({ embedding: 'here' }, () => '/suites'),
    { embedding: '/suites/here' },
  );
  assert.equal(
    located({}, () => '/suites'),
    {},
  );
});

test('a passage that changes makes the cells of rag new, and no others', async () => {
  const base = temporaryFolder();
  const registry = new Map([...METHODS, ['rag', rag]]);
  const methods = [
    { id: 'none', method: 'none', control: true, options: {} },
    { id: 'rag', method: 'rag', control: false, options: { k: 1 } },
  ];
  const personas = (['low', 'high'] as const).map((pole) =>
    pole === 'low' ? persona : { ...fakePersona('loud', 'quiet', 'noise', 'high'), description: 'Shouts' },
  );
  const run = (library: readonly LibraryPassage[]) =>
    runFake(base, { suite: { methods, personas, library }, options: { registry } });
  const ids = async (library: readonly LibraryPassage[]) => {
    const { result } = await run(library);
    const of = (method: string) =>
      result.cells
        .filter((cell) => cell.method === method)
        .map(({ id }) => id)
        .sort()
        .join();
    assert.ok(result.cells.every(({ status }) => status !== 'errored'));
    return { none: of('none'), rag: of('rag') };
  };
  const before = await ids(LIBRARY);
  assert.equal(
    await ids(LIBRARY.map((one) => ({ ...one, id: `${one.id}!` }))),
    before,
    'names of passages do not matter',
  );
  const after = await ids([...LIBRARY, ...neutral(41).slice(40)]);
  assert.is(after.none, before.none);
  assert.is.not(after.rag, before.rag);
});

test.run();
test.run();
