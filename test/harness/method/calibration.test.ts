// Which texts are calibrated on, and whose tokens count.

import * as assert from 'uvu/assert';
import { drawn, samplesOf, split } from '../../../harness/method/calibration.ts';
import { rngOf } from '../../../harness/stats/rng.ts';
import type { TextModel } from '../../../harness/text/index.ts';
import { fakeText } from '../../support/fake.ts';
import { suite } from '../../support/suite.ts';

const test = suite('calibration');
const BOS = 1;
const text: TextModel = {
  ...fakeText(),
  bos: BOS,
  encode: (one) => Uint32Array.from([BOS, ...Buffer.from(one)]),
  render: (prompt) => {
    const said = 'text' in prompt ? prompt.text : prompt.messages.map(({ content }) => `<${content}>`).join('');
    return { text: said, tokens: Uint32Array.from([BOS, ...Buffer.from(said)]), separator: '' };
  },
};
const base = { tokens: 'answer', chat: true, samples: 10, length: 512 } as const;
const counted = (options: Partial<typeof base> | object, texts = [{ question: 'why', answer: 'so' }]) =>
  samplesOf(texts, text, { ...base, ...options }).map(({ tokens, from, to }) => [
    Buffer.from(tokens.subarray(1)).toString(),
    from,
    to,
  ]);

test('the answer alone, everything, or all but BOS', () => {
  assert.equal(counted({}), [['<why>so', 6, 8]]);
  assert.equal(counted({ tokens: 'all' }), [['<why>so', 0, 8]]);
  assert.equal(counted({ tokens: 'no-bos' }), [['<why>so', 1, 8]]);
  assert.equal(counted({ chat: false }), [['whyso', 4, 6]]);
});

test('a text without a question is what follows BOS', () => {
  const plain = [{ answer: 'it rains' }] as { question: string; answer: string }[];
  assert.equal(counted({}, plain), [['it rains', 1, 9]]);
  assert.equal(counted({ tokens: 'all' }, plain), [['it rains', 0, 9]]);
});

test('long texts are cut, and those that lose all that counts are left out', () => {
  assert.equal(counted({ length: 7 }), [['<why>s', 6, 7]]);
  const two = [
    { question: 'a long question', answer: 'no' },
    { question: 'q', answer: 'yes' },
  ];
  assert.equal(counted({ length: 6 }, two), [['<q>ye', 4, 6]]);
  try {
    counted({ length: 3 }, two);
    assert.unreachable();
  } catch (error) {
    assert.is((error as { code: string }).code, 'no-tokens');
  }
});

test('a draw is seeded, without repeats, in the order of the file; all where there are no more', () => {
  const texts = Array.from({ length: 40 }, (_, i) => i);
  const first = drawn(texts, 10, rngOf(3));
  assert.is(new Set(first).size, 10);
  assert.equal(
    [...first].sort((a, b) => a - b),
    first,
  );
  assert.equal(drawn(texts, 10, rngOf(3)), first);
  assert.not.equal(drawn(texts, 10, rngOf(4)), first);
  assert.is(drawn(texts, 40, rngOf(3)), texts);
});

test('pooled texts are split into halves that hold both poles', () => {
  const [a, b] = [Array.from({ length: 64 }, (_, i) => `a${i}`), Array.from({ length: 64 }, (_, i) => `b${i}`)];
  const [first, second] = split(a, b, rngOf(5));
  assert.equal([first.length, second.length], [64, 64]);
  assert.is(new Set([...first, ...second]).size, 128);
  assert.is(first.filter((one) => one.startsWith('a')).length, 32, 'as many of either pole');
  assert.not.equal(split(a, b, rngOf(6))[0], first);
});

test.run();
