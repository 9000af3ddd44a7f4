// README and docs are true of the code: generated pages are those of the source, links, anchors, files and commands exist,
// pieces of suites are valid, environment variables are listed, and no comment cites a document that is not here.

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { parse, stringify } from 'yaml';
import { suiteOf } from '../../cli/suite-options.ts';
import { BENCH } from '../support/bench.ts';
import { temporaryFolder } from '../support/folders.ts';
import { ROOT, runNode } from '../support/node.ts';
import { suite } from '../support/suite.ts';

const test = suite('documentation');
const FILES = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'SECURITY.md',
  'suites/items/README.md',
  'models/persona-nano/README.md',
  ...readdirSync(path.join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name.replaceAll(path.sep, '/')}`),
];
const MAX_README_LINES = 180;
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');
/** Of the working tree: what is committed or would be. */
const TREE = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(path.join(ROOT, file)));
/** As GitHub makes them. */
const anchors = (file: string): readonly string[] =>
  [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

test(`README has at most ${MAX_README_LINES} lines, and shows its picture and two commands`, () => {
  const readme = read('README.md');
  assert.ok(readme.trimEnd().split('\n').length <= MAX_README_LINES, `${readme.split('\n').length} lines`);
  for (const part of [
    '(docs/report.png)',
    'npm ci && npx bench run suites/big-five.yaml',
    'npm ci && npm test',
    'bench run suites/smoke.yaml',
  ]) {
    assert.ok(readme.includes(part), part);
  }
});

test('every page of docs/ can be reached from README', () => {
  const reached = new Set(['README.md']);
  for (const file of reached) {
    for (const [, target = ''] of read(file).matchAll(/\]\(([^)\s#]+\.md)/g)) {
      if (!/^[a-z]+:/.test(target)) reached.add(path.posix.join(path.posix.dirname(file), target));
    }
  }
  const lost = FILES.filter((file) => file.startsWith('docs/') && !reached.has(file));
  assert.equal(lost, []);
});

test('generated pages are what the source says', async () => {
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
  const { stdout } = await runNode([...BENCH, '--help']);
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

test('every piece of a suite in README and docs is valid, laid upon a small one', async () => {
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
  const pieces = FILES.flatMap((file) => [...read(file).matchAll(/^```yaml\n(.*?)^```/gms)])
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

test('files that the architecture, its decisions and CONTRIBUTING name are there', () => {
  for (const file of FILES.filter((name) => /architecture|decisions|CONTRIBUTING|method\.md|stability/.test(name))) {
    for (const [, name = ''] of read(file).matchAll(/`((?:[\w.-]+\/)*[\w.-]+\.(?:ts|mjs|wgsl|py))`/g)) {
      assert.ok(
        TREE.some((one) => one === name || one.endsWith(`/${name}`)),
        `${file}: ${name}`,
      );
    }
    for (const [, name = ''] of read(file).matchAll(/`((?:[\w.-]+\/)+)`/g)) {
      assert.ok(
        TREE.some((one) => one.startsWith(name)) || !TREE.some((one) => one.startsWith(`${name.split('/')[0]}/`)),
        `${file}: ${name}`,
      );
    }
  }
});

test('no file cites a document that is not in the repository', () => {
  const wrong: string[] = [];
  for (const file of TREE.filter((name) => /\.(?:ts|mjs|js|wgsl|md|ya?ml|py|sh)$/.test(name) || name === '.ci/run')) {
    if (file === 'test/docs/docs.test.ts') continue;
    for (const [k, line] of read(file).split('\n').entries()) {
      if (/\bdesign\.md\b|(?<!docs\/)\bmethod\.md [0-9]|\b[Ss]urvey [0-9]|\bredesign\.md\b/.test(line)) {
        wrong.push(`${file}:${k + 1}: ${line.trim()}`);
      }
      if (file.endsWith('.md')) continue;
      for (const [, cited = '', , anchor] of line.matchAll(/\b(docs\/[\w./-]+\.md)(#([\w-]+))?/g)) {
        if (!existsSync(path.join(ROOT, cited))) wrong.push(`${file}:${k + 1}: ${cited} is not there`);
        else if (anchor !== undefined && !anchors(cited).includes(anchor)) {
          wrong.push(`${file}:${k + 1}: ${cited} has no section #${anchor}`);
        }
      }
    }
  }
  assert.equal(wrong, []);
});

test('every environment variable that the source reads is in docs/environment.md, and no other', () => {
  const known = new Set(
    [...read('docs/environment.md').matchAll(/^\|([^|]+)\|/gm)].flatMap(([, cell = '']) => namesIn(cell)),
  );
  const found = new Set<string>();
  const sources = TREE.filter(
    (name) => /\.(?:ts|mjs)$/.test(name) && !/^(?:test\/(?!support\/[^/]+\.ts$)|models\/|suites\/)/.test(name),
  );
  for (const file of sources) {
    const text = read(file);
    for (const [, name = ''] of text.matchAll(/\benv(?:ironment)?\??\.([A-Z][A-Z0-9_]*)\b/g)) found.add(name);
    for (const [, names = ''] of text.matchAll(/const \{([^}]+)\} = (?:process\.)?env(?:ironment)?;/g)) {
      for (const name of names.split(',')) found.add((name.split(':')[0] ?? '').trim());
    }
  }
  // Read through a list of names.
  for (const name of ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN']) {
    assert.ok(read('harness/hub/access.ts').includes(`'${name}'`));
    found.add(name);
  }
  assert.equal([...found].filter((name) => !known.has(name)).sort(), [], 'not in docs/environment.md');
  assert.equal([...known].filter((name) => !found.has(name)).sort(), [], 'in docs/environment.md, and read nowhere');
});

/** Words that readers must read twice, or that mean two things here: docs/architecture.md has those to use. */
const IDIOM =
  /\b(?:beside|mends?|mended|foretold|rivals?|asks for|no chance|untouched|equal to the bit|(?:is|are|was|were) (?:held|told|turned)|stands? (?:beside|in|at)|lies? (?:at|in|above|below|on|beside))\b/;

test('pages written by hand are in plain words', () => {
  const generated = new Set(['docs/cli.md', 'docs/errors.md', 'docs/suite-reference.md']);
  const wrong = FILES.filter((file) => !generated.has(file) && !/^(?:suites|models)\//.test(file)).flatMap((file) =>
    read(file)
      .split('\n')
      .flatMap((line, k) => (IDIOM.test(line) ? [`${file}:${k + 1}: ${IDIOM.exec(line)?.[0]}: ${line}`] : [])),
  );
  assert.equal(wrong, []);
});

function namesIn(cell: string): readonly string[] {
  return [...cell.matchAll(/`([A-Z][A-Z0-9_]*)`/g)].map(([, name = '']) => name);
}

test.run();
