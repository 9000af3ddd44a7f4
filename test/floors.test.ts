// The import floors and the habits that can be read off the source: a folder imports only from folders below it, only
// gpu/ names GPU types, and the rest of CONTRIBUTING's rules that a pattern can check.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import * as assert from 'uvu/assert';
import { ROOT } from './support/node.ts';
import { suite } from './support/suite.ts';

const test = suite('floors');

/** The floors from top to bottom, as docs/architecture.md lists them; folders of one floor do not import each other. */
const FLOORS = block('floors').map((line) => line.split(/\s+/).filter((word) => word !== ''));
/** The top level, from top to bottom. */
const TOP = block('top level').flatMap((line) => line.split(/\s+/).filter((word) => word !== ''));

function block(name: string): readonly string[] {
  const found = new RegExp(`\`\`\`${name}\n([^\`]+)\`\`\``).exec(
    readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8'),
  );
  return (found?.[1] ?? '').trim().split('\n');
}
const MAX_LINES = 300;
const SOURCES = TOP;

const within = (file: string, folder: string): boolean => file === folder || file.startsWith(`${folder}/`);
const filesUnder = (folder: string): readonly string[] => (folder.endsWith('.ts') ? [folder] : filesIn(folder));
const filesIn = (folder: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length).replaceAll('\\', '/'))
    .filter((file) => !file.includes('/node_modules/'))
    .sort();

const present = new Set(readdirSync(ROOT));
const all = [...SOURCES, 'test', 'bench', 'scripts'].filter((folder) => present.has(folder)).flatMap(filesUnder);
const text = new Map(
  all.filter((file) => /\.(ts|mjs|wgsl)$/.test(file)).map((file) => [file, readFileSync(join(ROOT, file), 'utf8')]),
);
const sources = [...text].filter(([file]) => SOURCES.some((folder) => within(file, folder)));
const typescript = sources.filter(([file]) => file.endsWith('.ts'));

const floorOf = (file: string): number => FLOORS.findIndex((folders) => folders.some((folder) => within(file, folder)));
const folderOf = (file: string): string | undefined => FLOORS.flat().find((folder) => within(file, folder));

/** Every module that a file's import and export lines, and its import() calls and types, name. */
function importsOf(code: string): readonly string[] {
  const found = [...code.matchAll(/^\s*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/gm)];
  const bare = [...code.matchAll(/^\s*import\s*['"]([^'"]+)['"]/gm)];
  const dynamic = [...code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]/g)];
  return [...found, ...bare, ...dynamic].map((match) => match[1] ?? '');
}

const resolved = (file: string, name: string) => posix.normalize(posix.join(dirname(file), name));

/** `file:line text` of every line that matches. */
function hits(files: Iterable<readonly [string, string]>, pattern: RegExp): readonly string[] {
  const found: string[] = [];
  for (const [file, code] of files) {
    code.split('\n').forEach((line, index) => {
      if (pattern.test(line)) found.push(`${file}:${index + 1} ${line.trim()}`);
    });
  }
  return found;
}

const none = (found: readonly string[], rule: string) => assert.equal(found, [], `${rule}:\n${found.join('\n')}`);

test('every source file stands on a floor', () => {
  assert.ok(typescript.length > 20, `${typescript.length} files found`);
  none(
    typescript.map(([file]) => file).filter((file) => floorOf(file) < 0),
    'a folder that the floors do not name',
  );
});

test('a folder imports only from folders below it', () => {
  const wrong: string[] = [];
  for (const [file, code] of typescript) {
    for (const name of importsOf(code)) {
      if (!name.startsWith('.')) continue;
      const target = resolved(file, name);
      if (folderOf(target) === folderOf(file) && folderOf(file) !== undefined) continue;
      if (floorOf(target) <= floorOf(file)) wrong.push(`${file} imports ${name}`);
    }
  }
  none(wrong, 'imports against the floors');
});

/** Groups of files that import each other, types included, in a circle; by Tarjan's algorithm. */
function circlesOf(imports: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const circles: string[] = [];
  const visit = (file: string): number => {
    order.set(file, order.size);
    lowest.set(file, order.get(file)!);
    open.push(file);
    for (const next of imports.get(file) ?? []) {
      if (!order.has(next)) visit(next);
      if (open.includes(next)) lowest.set(file, Math.min(lowest.get(file)!, lowest.get(next)!));
    }
    if (lowest.get(file) === order.get(file)) {
      const group = open.splice(open.indexOf(file));
      if (group.length > 1) circles.push(group.sort().join(' <-> '));
    }
    return lowest.get(file)!;
  };
  for (const file of imports.keys()) if (!order.has(file)) visit(file);
  return circles;
}

test('no circle of imports', () => {
  const known = new Set(typescript.map(([file]) => file));
  const imports = new Map(
    typescript.map(([file, code]) => [
      file,
      importsOf(code)
        .map((name) => resolved(file, name))
        .filter((name) => known.has(name)),
    ]),
  );
  none(circlesOf(imports), 'files that import each other');
  const ring = new Map([
    ['a', ['b']],
    ['b', ['c']],
    ['c', ['b', 'd']],
    ['d', []],
  ]);
  assert.equal(circlesOf(ring), ['b <-> c']);
});

test('no arrow at the top level runs up', () => {
  const top = (file: string): string => file.split('/')[0] ?? '';
  const wrong = typescript.flatMap(([file, code]) =>
    importsOf(code)
      .filter((name) => name.startsWith('.'))
      .map((name) => resolved(file, name))
      .filter((target) => TOP.indexOf(top(target)) < TOP.indexOf(top(file)))
      .map((target) => `${file} imports ${target}`),
  );
  none(wrong, 'a top-level folder imports from one above it');
});

test('the reader of import lines sees them all', () => {
  const code = `import a from './a.ts';\nimport type { B } from "./b.ts";\nimport {\n  c,\n} from './c.ts';\nexport * from './d.ts';
import './e.ts';\nconst f = await import('./f.ts');\ntype G = import('./g.ts').G;`;
  assert.equal(
    [...importsOf(code)].sort(),
    ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => `./${name}.ts`),
  );
});

test('Dawn is loaded only in gpu/, and only when a device is opened', () => {
  const eager = (code: string) => importsOf(code.replaceAll(/\bimport\(/g, '_('));
  none(
    typescript.filter(([file, code]) => !file.startsWith('gpu/') && importsOf(code).includes('webgpu')).map(([f]) => f),
    'webgpu above gpu/',
  );
  none(
    typescript.filter(([, code]) => eager(code).includes('webgpu')).map(([file]) => file),
    'static imports of webgpu',
  );
});

const above = typescript.filter(([file]) => !file.startsWith('gpu/'));
const kernels = sources.filter(([file]) => file.endsWith('.wgsl'));
const everything = [...text].filter(([file]) => file !== 'test/floors.test.ts');

/** What no line may hold; `bad` shows that the pattern can find it. */
const RULES = [
  { rule: 'GPU types above gpu/', files: above, pattern: /\bGPU[A-Z]\w+|\bnavigator\.gpu\b/, bad: 'a: GPUBuffer' },
  { rule: 'chance without a seed', files: sources, pattern: /\bMath\.random\b/, bad: 'Math.random()' },
  { rule: 'pow(x, 2)', files: kernels, pattern: /\bpow\([^;]*,\s*2(?:\.0*)?[fh]?\s*\)/, bad: 'pow(x[i], 2.0)' },
  { rule: 'float atomics', files: kernels, pattern: /atomic\s*<\s*f(?:16|32)\s*>/, bad: 'array<atomic<f32>>' },
  {
    rule: 'float atomics',
    files: kernels,
    pattern: /\batomic\w+\([^;]*\bf(?:16|32)\s*\(/,
    bad: 'atomicAdd(&a, f32(b))',
  },
  { rule: 'WGSL in TypeScript', files: typescript, pattern: /@compute\b|@workgroup_size\b/, bad: '@compute fn' },
  {
    rule: 'WGSL in TypeScript',
    files: typescript,
    pattern: /\bvar<(?:storage|workgroup|uniform)/,
    bad: 'var<storage>',
  },
  { rule: 'left half done', files: everything, pattern: /\b(?:TODO|FIXME|XXX)\b|not implemented/, bad: '// TODO' },
  { rule: 'a test alone', files: everything, pattern: /\btest\.only\(/, bad: "test.only('a')" },
];

for (const { rule, files, pattern, bad } of RULES) {
  test(`${rule}: none (${pattern})`, () => {
    assert.match(bad, pattern);
    none(hits(files, pattern), rule);
  });
}

test(`no file is longer than ${MAX_LINES} lines, and every one opens by saying what it is`, () => {
  const checked = [...text].filter(([file]) => !file.startsWith('test/fixtures/'));
  none(
    checked.filter(([, code]) => code.split('\n').length - 1 > MAX_LINES).map(([file]) => file),
    'too long',
  );
  none(
    sources.filter(([, code]) => !/^(?:#!.*\n)?(?:\/\/|\/\*)/.test(code)).map(([file]) => file),
    'no opening comment',
  );
});

test.run();
