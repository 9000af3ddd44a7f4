import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { canonicalJson, digestOf, fixed, sha256 } from '../../base/digest.ts';
import { suite } from '../support/suite.ts';

const test = suite('canonical');

test('keys are sorted at every depth, and nothing else moves', () => {
  assert.is(canonicalJson({ b: [2, { d: 1, c: null }], a: 'x' }), '{"a":"x","b":[2,{"c":null,"d":1}]}');
  assert.is(canonicalJson(-0), '0');
});

test('what JSON cannot say is refused with its path', () => {
  assert.throws(() => canonicalJson({ a: [1, Number.NaN] }), /\$\.a\[1\] is NaN/);
  assert.throws(() => canonicalJson({ a: Number.POSITIVE_INFINITY }), /\$\.a is Infinity/);
  assert.throws(() => canonicalJson({ a: undefined }), /\$\.a is undefined/);
  assert.throws(() => canonicalJson({ a: new Map() }), /\$\.a is not plain data/);
});

test('a fixed list has the digest of its like, and cannot change', () => {
  const list = fixed(['b', 'a']);
  assert.is(canonicalJson({ x: list, y: ['b', 'a'] }), '{"x":["b","a"],"y":["b","a"]}');
  assert.is(digestOf(list), digestOf(['b', 'a']));
  assert.throws(() => (list as string[]).push('c'));
});

test('sha256 of the empty string is the published one', () => {
  assert.is(sha256(''), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
});

test('equal values have one digest whatever the order of their keys, and parse back to themselves', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const plain = JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
      const turned = Object.fromEntries(Object.entries(plain).reverse());
      assert.is(digestOf(plain), digestOf(turned));
      assert.equal(JSON.parse(canonicalJson(plain)), plain);
    }),
    { seed: 7, numRuns: 200 },
  );
});

test.run();
