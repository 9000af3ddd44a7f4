import * as assert from 'uvu/assert';
import { BenchError } from '../../../base/error.ts';
import { EVALUATIONS } from '../../../harness/evaluations/index.ts';
import { expand } from '../../../harness/plan/expand.ts';
import { type FilterTerm, glob, select } from '../../../harness/plan/selection.ts';
import { DIGESTS, fakeSuite, METHODS } from '../../support/fake.ts';
import { suite } from '../../support/suite.ts';

const test = suite('selection');
const cells = expand(fakeSuite(), METHODS, EVALUATIONS, new Map([['tiny', DIGESTS]]));
const kept = (...terms: FilterTerm[]) =>
  select(terms, cells).map(({ method, persona, wording }) => [method, persona, wording].join(' '));

test('no terms keep everything', () => {
  assert.is(kept().length, 5);
});

test('a persona keeps its cells and the control that ignores personas', () => {
  assert.equal(kept({ field: 'persona', pattern: 'extra*' }), [
    'none  ',
    'prompting extraversion plain',
    'prompting extraversion vivid',
  ]);
});

test('a pattern that no cell has is an error with the names there are', () => {
  assert.throws(
    () => kept({ field: 'persona', pattern: 'extro*' }),
    (error: unknown) =>
      error instanceof BenchError &&
      error.code === 'nothing-selected' &&
      /persona=extro\*/.test(error.message) &&
      /extraversion, introversion/.test(error.hint ?? ''),
  );
  assert.throws(() => kept({ field: 'sparsity', pattern: '*' }), /matches no cell/);
});

test('fields are joined by and, patterns of one field by or', () => {
  assert.equal(kept({ field: 'method', pattern: 'prompt*' }, { field: 'wording', pattern: 'vivid' }), [
    'prompting extraversion vivid',
    'prompting introversion vivid',
  ]);
  assert.is(kept({ field: 'persona', pattern: 'extra*' }, { field: 'persona', pattern: 'intro*' }).length, 5);
});

test('globs', () => {
  for (const [pattern, value, expected] of [
    ['*', '', true],
    ['a*c', 'abc', true],
    ['a*c', 'abcd', false],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['*b*b*', 'abab', true],
    ['.*', 'x', false],
    ['(a)', '(a)', true],
    ['', 'a', false],
  ] as const) {
    assert.is(glob(pattern, value), expected, `${pattern} on ${value}`);
  }
  const start = performance.now();
  assert.not.ok(glob(`${'*a'.repeat(1000)}b`, 'a'.repeat(2000)));
  assert.ok(performance.now() - start < 60_000, 'a hostile pattern takes no exponential time');
});

test.run();
