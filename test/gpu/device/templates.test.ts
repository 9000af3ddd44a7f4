// The preprocessor on small texts, and every kernel file expanded without a directive left over.

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the syntax under test

import * as assert from 'uvu/assert';
import { block, expand } from '../../../gpu/device/templates.ts';
import { suite } from '../../support/suite.ts';

const test = suite('wgsl');

const text = (source: string, constants: Parameters<typeof block>[2]): string => {
  const out: string[] = [];
  block('test', source.split('\n'), constants, out);
  return out.join('|');
};

test('#if takes one branch, nested, and ! negates', () => {
  const source = '#if A\na\n#if B\nb\n#else\nc\n#end\n#else\nd\n#end\ne';
  assert.is(text(source, { A: true, B: true }), 'a|b|e');
  assert.is(text(source, { A: true }), 'a|c|e');
  assert.is(text(source, { B: true }), 'd|e');
  assert.is(text('#if !A\na\n#end', {}), 'a');
});

test('#for unrolls with its variable, and ${} fills in names and small sums', () => {
  assert.is(text('#for i 0 ${N}\nx_${i} = ${i + 1}u;\n#end', { N: 3 }), 'x_0 = 1u;|x_1 = 2u;|x_2 = 3u;');
  assert.is(text('#for m 0 2\n#for n 0 2\na_${m}_${n}\n#end\n#end', {}), 'a_0_0|a_0_1|a_1_0|a_1_1');
  assert.is(text('${N * 4} ${N - 1}', { N: 3 }), '12 2');
});

test('a missing constant and an open block name their place', () => {
  assert.throws(
    () => text('${N}', {}),
    (error: Error) => /constant N is not given/.test(error.message),
  );
  assert.throws(
    () => text('a\n#if A\nb', {}),
    (error: Error & { where: string }) => /test:2$/.test(error.where),
  );
});

test('includes are pulled in, and nothing of the directives is left', () => {
  const code = expand('norm.wgsl', { WG: 16, ROWS: 'rows' });
  assert.match(code, /struct Step/);
  assert.not.match(code, /^\s*#/m);
  assert.not.match(code, /\$\{/);
});

test.run();
