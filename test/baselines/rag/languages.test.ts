// Retrieval in a script without spaces, and questions that share no word with any passage: ../shared/cases/rag-cjk.

import * as assert from 'uvu/assert';
import { METHODS } from '../../../api/methods.ts';
import { rag } from '../../../baselines/rag/method.ts';
import { loadSuite } from '../../../harness/config/index.ts';
import { EVALUATIONS } from '../../../harness/evaluations/index.ts';
import { haveShared, sharedPath } from '../../harness/text/shared.ts';
import { suite } from '../../support/suite.ts';
import { context, found, recordOf } from './shared.ts';

const test = suite('rag in other languages');

/** By persona: what each of its items gets, and the record. */
async function retrieved(name: string) {
  const { personas, library, methods } = await loadSuite(sharedPath(`cases/rag-cjk/${name}.yaml`), {
    registry: METHODS,
    kinds: EVALUATIONS,
  });
  const { options } = methods.find(({ method }) => method === 'rag')!;
  const of = async (persona: (typeof personas)[number]) => {
    const prepared = await rag.prepare(context(options, { persona, library }));
    const passages: string[] = [];
    for (const item of persona.items) passages.push((await found(prepared, item)).join(' / '));
    return { passages, asked: recordOf(prepared).asked.evaluation, figures: prepared.figures?.() ?? {} };
  };
  return new Map(await Promise.all(personas.map(async (persona) => [persona.id, await of(persona)] as const)));
}

const HELD = ['周末你想做什么？我想去参加聚会。', '书桌你怎么收拾？我每晚整理书桌。'];

if (haveShared('retrieval in Chinese, and questions that match nothing')) {
  test('Chinese: a passage on the question, in place of the first of the library for every persona', async () => {
    const by = await retrieved('zh-nohit/suite');
    assert.equal(by.get('outgoing')?.passages.slice(0, 2), [
      '周末聚会让人开心，外向的人喜欢热闹。',
      '午饭和同事一起吃，外向的人聊个不停。',
    ]);
    assert.is(by.get('quiet')?.passages[0], '周末在家看书很安静，内向的人喜欢独处。');
    assert.is(by.get('careful')?.passages[1], '作业提前写完，认真的人有计划。');
    assert.is(new Set([...by.values()].map(({ passages }) => passages.join())).size, by.size);
  });

  test('Chinese: a passage with the question and the keyed option of an item is passed over, as in English', async () => {
    for (const suite of ['zh/leak', 'en/leak']) {
      const by = await retrieved(suite);
      assert.equal(
        [...by.values()].map(({ asked }) => asked.excluded),
        [1, 1, 1, 1],
        suite,
      );
      if (suite === 'en/leak') continue;
      for (const [persona, { passages }] of by) {
        const own = ['outgoing', 'quiet'].includes(persona) ? HELD[0] : HELD[1];
        assert.is.not(passages[0], own, `${persona}: its first item is in that passage`);
      }
    }
  });

  test('a question that shares no word with any passage gets none, and the share of such questions is a figure', async () => {
    const by = await retrieved('en-nohit/suite');
    const { passages, asked, figures } = by.get('outgoing')!;
    assert.is(passages[2], '');
    assert.is(asked.empty, 1);
    assert.is(figures['questions without a passage (share)'], 1 / 3);
    assert.is(by.get('quiet')?.figures['questions without a passage (share)'], 0);
    // Six are wanted: those that match come, and no others.
    const six = await retrieved('en-nohit/k6');
    const party = 'A party at the weekend';
    for (const persona of ['careful', 'careless']) {
      const all = six.get(persona)!.passages;
      assert.not.ok(
        all.some((one) => one.includes(party)),
        `${persona}: ${all}`,
      );
    }
  });
}

test.run();
