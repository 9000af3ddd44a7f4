// The layout that CONTRIBUTING describes: each kernel has a wrapper, an f64 twin and a test, all found by its name.

import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as assert from 'uvu/assert';
import { ROOT } from '../../support/node.ts';
import { test } from '../../support/suite.ts';

const files = (folder: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => name.replaceAll('\\', '/'));
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const shaders = files('gpu/kernels').filter((name) => name.endsWith('.wgsl'));
const isInclude = (name: string): boolean => basename(name).startsWith('_');
const kernels = shaders.filter((name) => !isInclude(name)).map((name) => name.slice(0, -'.wgsl'.length));

test('a shader whose name starts with _ is an include, used by another; every other one is a kernel', () => {
  assert.ok(kernels.length >= 30, `${kernels.length} kernels`);
  const included = new Set(
    shaders.flatMap((name) =>
      [...read(`gpu/kernels/${name}`).matchAll(/^#include "(.*)"$/gm)].map((match) => match[1]),
    ),
  );
  assert.equal([...included].sort(), shaders.filter(isInclude).sort());
  for (const name of shaders) assert.is(/^fn main\(/m.test(read(`gpu/kernels/${name}`)), !isInclude(name), name);
});

test('every kernel has a wrapper of its name, which alone makes its commands', () => {
  const sources = files('gpu/kernels').filter((name) => name.endsWith('.ts'));
  for (const name of kernels) {
    // The kernels that include _weight-score.wgsl share a command, which is made in selection/rows.ts.
    const [folder, base] = name.split('/');
    const made = new RegExp(`kernel: '${name}'|recordScored\\(on, '${folder === 'selection' ? base : '-'}'`);
    const makers = sources.filter((file) => made.test(read(`gpu/kernels/${file}`)));
    assert.equal(makers, [`${name}.ts`], name);
  }
});

test('every kernel has a twin of its name, and every twin a kernel', () => {
  const helpers = /^(common|network)\//;
  const twins = files('gpu/reference').filter((name) => name.endsWith('.ts') && !helpers.test(name));
  assert.equal([...twins].sort(), kernels.map((name) => `${name}.ts`).sort());
});

test('every kernel is tested against its twin: some test imports both', () => {
  const tests = files('test/gpu').filter((name) => name.endsWith('.test.ts'));
  const texts = tests.map((name) => read(`test/gpu/${name}`));
  for (const name of kernels) {
    const both = texts.some(
      (text) => text.includes(`gpu/kernels/${name}.ts'`) && text.includes(`gpu/reference/${name}.ts'`),
    );
    assert.ok(both, `no test under test/gpu imports both gpu/kernels/${name}.ts and gpu/reference/${name}.ts`);
  }
});

test.run();
