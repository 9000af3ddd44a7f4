// README and docs say what is: the reference is that of the schemas, links and anchors resolve, commands
// exist, and pieces of suites are valid.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { parse, stringify } from 'yaml';
import { suiteOf } from '../../cli/suite-options.ts';
import { temporaryFolder } from '../support/folders.ts';
import { ROOT, runNode } from '../support/node.ts';
import { suite } from '../support/suite.ts';

const test = suite('documentation');
const FILES = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'suites/items/README.md',
  'models/persona-nano/README.md',
  ...readdirSync(path.join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');
/** As GitHub makes them. */
const anchors = (file: string): readonly string[] =>
  [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

test('the suite reference is what the schemas say', async () => {
  const { code, stderr } = await runNode(['--import', 'tsx', 'scripts/docs.ts', '--check']);
  assert.is(code, 0, stderr);
});

test('links of README and docs resolve', () => {
  for (const file of FILES) {
    for (const [, target = ''] of read(file).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [name = '', anchor] = target.split('#');
      const to = name === '' ? file : path.join(path.dirname(file), name);
      assert.ok(existsSync(path.join(ROOT, to)), `${file}: ${target}`);
      if (anchor !== undefined) assert.ok(anchors(to).includes(anchor), `${file}: ${target}`);
    }
  }
});

test('rows of a table have the cells of its head: a bar in code ends a cell too', () => {
  for (const file of FILES) {
    let head = 0;
    for (const [k, line] of read(file).split('\n').entries()) {
      const bars = line.startsWith('|') ? (line.replace(/\\\|/g, '').match(/\|/g)?.length ?? 0) : 0;
      if (head > 0 && bars > 0) assert.is(bars, head, `${file}:${k + 1}`);
      head = bars;
    }
  }
});

test('every verb and npm script that README and docs name is there', async () => {
  const { stdout } = await runNode(['--import', 'tsx', 'cli/main.ts', '--help']);
  const verbs = new Set([...stdout.matchAll(/^ {2}([a-z]+)(?: |$)/gm)].map(([, verb]) => verb));
  const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> };
  for (const file of FILES) {
    for (const [, verb = ''] of read(file).matchAll(/(?:^|`|&& |npx )bench ([a-z]+)/gm)) {
      assert.ok(verbs.has(verb), `${file}: bench ${verb}`);
    }
    for (const [, script = ''] of read(file).matchAll(/npm run (?:-s )?([a-z:]+)/g)) {
      assert.ok(script in scripts, `${file}: npm run ${script}`);
    }
  }
});

test('every piece of a suite in README is valid, laid upon a small one', async () => {
  const base = {
    version: 1,
    name: 'readme',
    models: ['persona-nano'],
    personas: { file: path.join(ROOT, 'personas.yaml') },
    evaluations: [{ id: 'choice', kind: 'choice' }],
    sparsity: [{ middle: 0.5 }],
    methods: [
      { id: 'none', method: 'none', control: true },
      { id: 'prompting', method: 'prompting' },
      { id: 'contrastive', subnetwork: { score: 'contrastive-wanda' } },
    ],
  };
  const pieces = [...read('README.md').matchAll(/^```yaml\n(.*?)^```/gms)]
    .map(([, text = '']) => text.replaceAll(' items/', ` ${ROOT}suites/items/`))
    .filter((text) => !text.includes('runs-on:'));
  assert.ok(pieces.length >= 5, `${pieces.length}`);
  for (const text of pieces) {
    const file = path.join(temporaryFolder(), 'suite.yaml');
    const { personas: _, ...piece } = parse(text);
    writeFileSync(file, stringify({ ...base, ...piece }));
    assert.ok((await suiteOf(file, {})).methods.length > 0, text);
  }
});

test('suites that README and docs name are there', () => {
  for (const file of FILES) {
    for (const [name] of read(file).matchAll(/\bsuites\/[\w./-]+\.(?:yaml|jsonl|json|mjs)\b/g)) {
      assert.ok(existsSync(path.join(ROOT, name)), `${file}: ${name}`);
    }
  }
});

test.run();
