// Plugins and registries: what loads, what is refused with its place and next step, and how code enters a method's version.

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { loadPlugin, registryFrom } from '../../api/plugin.ts';
import { defineEvaluation, defineMethod, registryOf } from '../../api/registry.ts';
import type { OwnEvaluation, OwnMethod } from '../../api/shapes.ts';
import type { BenchError } from '../../base/error.ts';
import { DENSE } from '../../formats/checkpoint/dense.ts';
import { EVALUATIONS } from '../../harness/evaluations/index.ts';
import { cellInputs, evaluationContent } from '../../harness/plan/identity.ts';
import { DIGESTS, EVALUATION } from '../support/fake.ts';
import { temporaryFolder } from '../support/folders.ts';
import { ROOT, runNode } from '../support/node.ts';
import { suite } from '../support/suite.ts';

const test = suite('plugins');
const METHOD = `{ name: 'mine', title: 'mine', options: { type: 'object', additionalProperties: false, properties: {} },
  axes: ['persona'], prepare: async () => ({}) }`;
const OWN: OwnMethod = {
  name: 'mine',
  title: 'mine',
  version: '1',
  options: { type: 'object', additionalProperties: false, properties: {} },
  axes: [],
  prepare: async () => ({
    variant: DENSE,
    wrap: async ({ text }) => ({ text }),
    cost: { artefactBytes: 0, trainedParameters: 0 },
    artefacts: [],
    release: () => {},
  }),
};

const EVALUATION_KIND = `{ kind: 'own', graded: false, unit: 'item', poles: 'both', resolve() {}, content() {}, question() {},
  ask() {}, schema: { type: 'object', additionalProperties: false, required: ['id', 'kind'],
  properties: { id: { type: 'string' }, kind: { const: 'own', description: 'mine' } } } }`;

/** Writes a plugin into a folder of its own; Node keeps what it imported by the path. */
function written(text: string, name = 'plugin.mjs', folder = temporaryFolder()): string {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}
const versionOf = async (file: string): Promise<string> => (await loadPlugin(file)).methods?.[0]?.version ?? '';

async function refused(work: () => unknown, message: RegExp, hint: RegExp, where?: string): Promise<void> {
  try {
    await work();
  } catch (error) {
    const { code, message: said, hint: next, where: place } = error as BenchError;
    assert.is(code, 'bad-plugin', said);
    assert.match(said, message);
    assert.match(next ?? '', hint);
    if (where !== undefined) assert.is(place, where);
    return;
  }
  assert.unreachable(String(message));
}

test('methods of a file join the bundled ones, in JavaScript and in TypeScript', async () => {
  for (const name of ['a.js', 'b.mjs', 'c.ts', 'd.mts']) {
    const typed = name.endsWith('ts') ? `${METHOD} satisfies object as { readonly name: string }` : METHOD;
    const file = written(`export const methods = [${typed}];`, name);
    writeFileSync(path.join(path.dirname(file), 'package.json'), '{ "type": "module" }');
    const { methods } = await registryFrom([file]);
    assert.is(methods.get('mine')?.title, 'mine', name);
    assert.ok(methods.has('prompting'));
  }
});

test('every fault of a plugin has its place and a next step', async () => {
  const loads = (text: string, message: RegExp, hint: RegExp, name?: string) => {
    const file = written(text, name);
    return refused(() => registryFrom([file]), message, hint, file);
  };
  await loads(
    'export default 1;',
    /exports neither methods nor evaluations; it exports default/,
    /export const methods/,
  );
  await loads('', /exports neither .* nothing/, /export const evaluations/);
  await loads('export const methods = [];', /"methods" is not a list with something/, /export const methods/);
  await loads(`export const methods = ${METHOD};`, /"methods" is not a list/, /export const methods/);
  await loads('export const methods = [null];', /a method is an object/, /docs\/api\.md/);
  await loads('export const methods = [{ title: 1 }];', /the name of a method/, /docs\/api\.md/);
  const without = (field: string) => `const whole = ${METHOD}; delete whole.${field}; export const methods = [whole];`;
  await loads(without('title'), /method "mine": "title" must be/, /docs\/api\.md/);
  await loads(without('options'), /method "mine": "options" must be a JSON Schema/, /docs\/api\.md/);
  await loads(without('axes'), /method "mine": "axes" must be a list of persona, sparsity/, /docs\/api\.md/);
  await loads(without('prepare'), /method "mine": "prepare" must be a function/, /docs\/api\.md/);
  await loads(`export const methods = [{ ...${METHOD}, version: 3 }];`, /"version" must be a text/, /docs\/api\.md/);
  await loads(`export const methods = [{ ...${METHOD}, axes: ['person'] }];`, /"axes" must be/, /docs\/api\.md/);
  await loads(
    `export const methods = [{ ...${METHOD}, name: 'rag' }];`,
    /"rag" is taken by a bundled method/,
    /its own/,
  );
  await loads(`export const methods = [${METHOD}, ${METHOD}];`, /"mine" is taken by another method/, /its own/);
  const kind = (changes: string) => `export const evaluations = [{ ...${EVALUATION_KIND}, ${changes} }];`;
  await loads('export const evaluations = [];', /"evaluations" is not a list/, /export const evaluations/);
  await loads('export const evaluations = [1];', /an evaluation is an object/, /docs\/api\.md/);
  await loads(kind("kind: 'a b'"), /the kind of an evaluation is 1 to 64/, /docs\/api\.md/);
  await loads(kind("kind: 'other'"), /evaluation "other": "schema" must be .* properties\.kind\.const "other"/, /docs/);
  await loads(kind('graded: 1'), /evaluation "own": "graded" must be true or false/, /docs\/api\.md/);
  await loads(kind("unit: 'items'"), /"unit" must be "item" or "group"/, /docs\/api\.md/);
  await loads(kind("poles: 'one'"), /"poles" must be "both" or "own"/, /docs\/api\.md/);
  await loads(kind('ask: null'), /"ask" must be a function/, /defineEvaluation/);
  await loads(kind('rows: []'), /"rows" must be a function/, /docs\/api\.md/);
  const taken = EVALUATION_KIND.replaceAll("'own'", "'choice'");
  await loads(`export const evaluations = [${taken}];`, /"choice" is taken by a bundled evaluation/, /its own/);
  await loads("throw new Error('no luck');", /cannot be loaded: no luck/, /BENCH_DEBUG/);
  await loads('throw null;', /cannot be loaded: null/, /BENCH_DEBUG/);
  await loads('export const methods = [', /cannot be loaded: /, /BENCH_DEBUG/);
  await loads("import 'persona-bench/methods';", /cannot be loaded: /, /npm install --save-dev persona-bench/);
  await loads('methods', /a plugin is a \.ts, \.mts, \.js or \.mjs file/, /--plugin \.\/my-method\.ts/, 'plugin.yaml');
  await loads(' '.repeat(2 ** 20 + 1), /cannot be read, or exceeds 1048576 bytes/, /keep a plugin small/);
  await refused(() => registryFrom(['no-such-plugin.ts']), /no such file/, /working folder/, 'no-such-plugin.ts');
});

test('a kind of evaluation joins the bundled ones, with its code in its version', async () => {
  const file = written(`export const evaluations = [${EVALUATION_KIND}];`);
  const { evaluations, methods } = await registryFrom([file]);
  assert.equal([...evaluations.keys()], [...EVALUATIONS.keys(), 'own']);
  assert.is(methods.size, registryOf().methods.size);
  assert.match(evaluations.get('own')?.version ?? '', /^\+[0-9a-f]{64}$/);
});

test('a method from TypeScript is checked too, and needs a version', async () => {
  assert.is(defineMethod(OWN), OWN);
  assert.ok(registryOf({ methods: [OWN] }).methods.has('mine'));
  const { version: _, ...unversioned } = OWN;
  await refused(() => defineMethod(unversioned as OwnMethod), /"version" must be a text/, /docs\/api\.md/);
  await refused(() => registryOf({ methods: [OWN] }, { methods: [OWN] }), /taken by another method/, /its own/);
  const { choice } = Object.fromEntries(EVALUATIONS);
  await refused(
    () => defineEvaluation(choice as unknown as OwnEvaluation),
    /"version" must be a text/,
    /docs\/api\.md/,
  );
});

test('the version of a plugin changes with its code and with what it imports from beside it, and with nothing else', async () => {
  const text = `import { title } from './lib/title.mjs';\nexport const methods = [{ ...${METHOD}, version: '7', title }];`;
  const folder = (title: string, code = text): string => {
    const base = temporaryFolder();
    written(`export { title } from './deeper.mjs';`, 'lib/title.mjs', base);
    written(`export const title = '${title}';`, 'lib/deeper.mjs', base);
    written('export const unused = 1;', 'other.mjs', base);
    return written(code, 'plugin.mjs', base);
  };
  const first = await versionOf(folder('one'));
  assert.match(first, /^7\+[0-9a-f]{64}$/);
  assert.is(await versionOf(folder('one')), first, 'the same code elsewhere');
  assert.is.not(await versionOf(folder('two')), first, 'a file that it reaches over another');
  assert.is.not(await versionOf(folder('one', `${text}\n`)), first, 'its own text');
  assert.is.not(await versionOf(folder('one', text.replace("'7'", "'8'"))), first, 'its own version');
});

test('the version enters the identity of a cell, and bundled methods have none', () => {
  const inputs = (version?: string) =>
    cellInputs({
      model: DIGESTS,
      method: version === undefined ? { ...OWN, version: undefined as never } : { ...OWN, version },
      options: {},
      persona: null,
      opposite: null,
      wording: null,
      sparsity: null,
      seed: null,
      neutral: { calibration: [], heldOut: [] },
      library: [],
      evaluation: EVALUATION,
      items: [],
      kinds: EVALUATIONS,
    }).method;
  assert.equal(inputs('1'), { name: 'mine', version: '1', options: {} });
  assert.equal(inputs(), { name: 'mine', options: {} });
  const content = (version?: string) => {
    const choice = EVALUATIONS.get('choice')!;
    const kinds = new Map([['choice', version === undefined ? choice : { ...choice, version }]]);
    return evaluationContent(EVALUATION, kinds, false);
  };
  assert.equal(content('1'), { ...content(), kindVersion: '1' });
  assert.not.ok('kindVersion' in content());
  const { methods, evaluations } = registryOf();
  for (const one of [...methods.values(), ...evaluations.values()]) assert.is(one.version, undefined);
});

test('the built command reads TypeScript that imports TypeScript, on this Node', async () => {
  const folder = temporaryFolder();
  written(`export const title: string = 'typed';`, 'title.ts', folder);
  const file = written(
    `import { title } from './title.ts';\ninterface A { readonly a: number }\nexport const methods = [{ ...${METHOD}, title, a: { a: 1 } as A }];`,
    'plugin.ts',
    folder,
  );
  const main = path.join(ROOT, 'dist/cli/main.js');
  const { code, stdout, stderr } = await runNode([main, 'list', 'methods', '--plugin', file], { cwd: folder });
  assert.is(code, 0, stderr);
  assert.match(stdout, /^ {2}mine +typed$/m);
  const broken = written('const a: = 1;', 'broken.ts', folder);
  const refusal = await runNode([main, 'plan', 'suites/smoke.yaml', '--plugin', broken], { cwd: folder });
  assert.is(refusal.code, 2);
  assert.match(refusal.stderr, /^error: .*broken\.ts: it cannot be loaded: /);
  assert.not.match(refusal.stderr, /^\s+at /m);
});

test.run();
