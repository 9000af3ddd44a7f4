// What npm would publish: whole, without doubles, and with every file that its pages link to; and what CI calls.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { ROOT } from '../support/node.ts';
import { suite } from '../support/suite.ts';

const test = suite('package');
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

interface Packed {
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

/** Nothing is built for it: `npm test` has done so. */
function packed(): ReadonlyMap<string, number> {
  const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [{ files }] = JSON.parse(output) as readonly [Packed];
  return new Map(files.map((file) => [file.path, file.size]));
}

test('the tarball has what runs and what README links to, and neither maps, sources nor makers', () => {
  const files = packed();
  const names = [...files.keys()];
  for (const needed of [
    'dist/cli/main.js',
    'dist/gpu/kernels/matmul.wgsl',
    'dist/harness/text/tokenizer-child.mjs',
    'dist/harness/text/tokenizer-relay.mjs',
    'dist/harness/text/tokenizer-watch.mjs',
    'dist/reports/schema/run.schema.json',
    'harness/config/suite.schema.json',
    'models/persona-nano/model.safetensors',
    'suites/smoke.yaml',
    'suites/init/suite.yaml',
    'personas.yaml',
    'docs/report.png',
  ]) {
    assert.ok(files.has(needed), needed);
  }
  assert.equal(
    names.filter((name) => /\.map$|^(?!dist\/).*\.mjs$|^test\/|\/source\/|\/banks\//.test(name)),
    [],
  );
  // The model's card links to its recipe, which is of no use without its tools.
  for (const page of names.filter((name) => name.endsWith('.md') && !name.startsWith('models/'))) {
    for (const [, target = ''] of read(page).matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const to = path.posix.join(path.posix.dirname(page), target);
      assert.ok(
        names.some((name) => name === to || name.startsWith(`${to}/`)),
        `${page} links to ${target}, which is not in the tarball`,
      );
    }
  }
});

test('package.json says who, what and for whom; the lock file names no registry', () => {
  const { author, keywords, license, repository, files } = JSON.parse(read('package.json'));
  assert.is(license, 'MIT');
  assert.ok(typeof author === 'string' && author !== '');
  assert.ok(keywords.length >= 5);
  assert.is(repository, undefined, 'there is no repository yet');
  assert.ok(files.includes('docs'));
  const lock = read('package-lock.json');
  assert.not.match(lock, /"resolved"/);
  assert.match(lock, /"integrity"/);
});

test('the workflow calls the one script that CI is', () => {
  const { jobs } = parse(read('.github/workflows/ci.yml'));
  const steps = Object.values(jobs as Record<string, { steps: readonly { run?: string }[] }>).flatMap(
    (job) => job.steps,
  );
  assert.ok(steps.some(({ run }) => run === '.ci/run'));
});

test.run();
