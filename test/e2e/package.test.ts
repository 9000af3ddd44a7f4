// test-timeout: 400
// The package as it is installed from `npm pack`: its declarations fit strict projects, its entry points load what they
// say, its schemas are importable, its examples run, and a TypeScript plugin is loaded by plain Node.

import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { consumerProject } from '../support/consumer.ts';
import { temporaryFolder } from '../support/folders.ts';
import { ROOT, runNode } from '../support/node.ts';
import { suite } from '../support/suite.ts';

const test = suite('package', { timeoutMs: 300_000 });
const TSC = path.join(ROOT, 'node_modules/typescript/bin/tsc');
const TSX = path.join(ROOT, 'node_modules/tsx/dist/esm/index.mjs');
const LOADED = path.join(ROOT, 'test/support/loaded.mjs');
const ENTRIES = ['persona-bench', 'persona-bench/engine', 'persona-bench/method'];

let project = '';
test.before(() => {
  assert.ok(existsSync(path.join(ROOT, 'dist/index.d.ts')), 'dist/ is missing: run npm run build');
  project = consumerProject();
});

const node = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  runNode(args, { cwd: project, env, timeoutMs: 200_000 });
const example = (name: string, ...args: readonly string[]) => node(['--import', TSX, `examples/${name}`, ...args]);
const bench = (...args: readonly string[]) => node(['node_modules/persona-bench/dist/cli/main.js', ...args]);

/** Everything that an entry point exports is named, types included, so that a missing declaration is an error. */
const CONSUMER = `import { type Cell, compareRuns, gateRun, loadSuite, METHODS, registryOf, type RunEvent, type RunResult, runSuite,
  type Suite } from 'persona-bench';
import { generate, type LoadedModel, loadEngine, score, type TextScore } from 'persona-bench/engine';
import { type Context, DENSE, defineMethod, type Engine, type Method, type Prepared } from 'persona-bench/method';
import schema from 'persona-bench/schemas/run.json' with { type: 'json' };

export const title: string = schema.title;
export const mine = defineMethod({
  name: 'mine', title: 'mine', version: '1', options: { type: 'object', additionalProperties: false, properties: {} },
  axes: ['persona'],
  prepare: async ({ persona, engine }: Context): Promise<Prepared> => ({
    variant: engine.parameters > 0 ? DENSE : { id: persona?.id ?? 'x', gamma: 0 },
    wrap: async ({ text }) => ({ messages: [{ role: 'user', content: text }] }),
    cost: { artefactBytes: 0, trainedParameters: 0 }, artefacts: [], release: () => {},
  }),
});
// @ts-expect-error a method without a version is refused by its type
defineMethod({ name: 'x', title: 'x', options: {}, axes: [], prepare: async () => ({}) as Prepared });
export async function all(signal: AbortSignal): Promise<readonly [RunResult, readonly TextScore[], string]> {
  const registry = registryOf({ methods: [mine] });
  const suite: Suite = await loadSuite('suite.yaml', { registry, limit: 2 });
  const seen: RunEvent[] = [];
  const cells: Cell[] = [];
  const run = await runSuite(suite, { registry, signal, listener: (event) => {
    seen.push(event);
    if (event.kind === 'cell-start') cells.push(event.cell);
  } });
  const verdict: 0 | 1 | 3 | 4 = gateRun(run.folder ?? 'latest').exitCode;
  const flips = compareRuns('a', 'b').flips.length;
  const model: LoadedModel = await loadEngine('persona-nano', { device: 'swiftshader' });
  const engine: Engine = model.engine;
  let text = \`\${verdict} \${flips} \${engine.weightsDigest}\`;
  for await (const piece of generate(model, { text: 'a' }, { maxTokens: 1 })) text += piece;
  const known: Method | undefined = METHODS.get('none');
  return [run.result, await score(model, ['one', { text: 'two', prompt: { text: known?.title ?? '' } }]), text];
}
`;

for (const resolution of ['nodenext', 'bundler']) {
  test(`its declarations fit a strict project with moduleResolution ${resolution}`, async () => {
    writeFileSync(path.join(project, 'consumer.ts'), CONSUMER);
    const types = path.join(project, 'node_modules/@types');
    mkdirSync(types, { recursive: true });
    if (!existsSync(path.join(types, 'node'))) {
      symlinkSync(path.join(ROOT, 'node_modules/@types/node'), path.join(types, 'node'));
    }
    const config = (include: readonly string[], known: readonly string[]) => ({
      compilerOptions: {
        target: 'es2022',
        lib: ['es2023', 'dom'],
        module: resolution === 'nodenext' ? 'nodenext' : 'esnext',
        moduleResolution: resolution,
        strict: true,
        noUncheckedIndexedAccess: true,
        exactOptionalPropertyTypes: true,
        verbatimModuleSyntax: true,
        erasableSyntaxOnly: true,
        resolveJsonModule: true,
        allowImportingTsExtensions: true,
        skipLibCheck: false,
        noEmit: true,
        types: known,
      },
      include,
    });
    // The package needs no types but its own and AbortSignal, which a browser has as well; the examples use those of Node.
    for (const [include, known] of [
      [['consumer.ts'], []],
      [['examples'], ['node']],
    ] as const) {
      writeFileSync(path.join(project, 'tsconfig.json'), JSON.stringify(config(include, known)));
      const { code, stdout, stderr } = await node([TSC, '-p', '.']);
      assert.is(code, 0, `${include.join()}: ${stdout}${stderr}`);
    }
  });
}

test('its declarations are those of the entry points, and name no package and no GPU type', () => {
  const dist = path.join(project, 'node_modules/persona-bench/dist');
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.d.ts'));
  assert.ok(files.includes('index.d.ts') && files.length > 20 && files.length < 100, `${files.length}`);
  for (const name of files) {
    const text = readFileSync(path.join(dist, name), 'utf8');
    assert.not.match(text, /\bGPU[A-Z]|\bNodeJS\b|from '[^.]|\.ts'/, name);
  }
});

test('importing an entry point loads no module under gpu/, harness/run or reports/', async () => {
  const heavy = /\/dist\/(?:gpu|harness\/run|reports)\/|\/webgpu\//;
  for (const entry of ENTRIES) {
    const file = path.join(temporaryFolder(), 'loaded.txt');
    const script = `const found = await import('${entry}'); console.log(Object.keys(found).join());`;
    const { code, stdout, stderr } = await node(['--import', LOADED, '--input-type=module', '-e', script], {
      LOADED: file,
    });
    assert.is(code, 0, stderr);
    assert.match(stdout, /BenchError/);
    const modules = readFileSync(file, 'utf8').split('\n');
    assert.ok(modules.some((url) => url.includes('/persona-bench/dist/')));
    assert.equal(
      modules.filter((url) => heavy.test(url)),
      [],
      entry,
    );
  }
  const { stderr } = await node(['--input-type=module', '-e', "await import('persona-bench/dist/gpu/index.js')"]);
  assert.match(stderr, /ERR_PACKAGE_PATH_NOT_EXPORTED/, 'what is not an entry point is closed');
});

test('its schemas are imported as JSON, and are those that the loader checks with', async () => {
  for (const [name, source] of [
    ['suite', 'harness/config/suite.schema.json'],
    ['personas', 'harness/config/personas.schema.json'],
    ['run', 'reports/schema/run.schema.json'],
  ]) {
    const script = `const found = await import('persona-bench/schemas/${name}.json', { with: { type: 'json' } });
      console.log(JSON.stringify(found.default));`;
    const { code, stdout, stderr } = await node(['--input-type=module', '-e', script]);
    assert.is(code, 0, stderr);
    assert.equal(JSON.parse(stdout), JSON.parse(readFileSync(path.join(ROOT, source ?? ''), 'utf8')));
  }
});

test('bench init writes $schema lines that resolve, to schemas that the files fit', async () => {
  const { code, stdout, stderr } = await bench('init', 'personas/mine');
  assert.is(code, 0, stderr);
  assert.not.match(stdout, /not installed/);
  for (const [name, schema] of [
    ['suite.yaml', 'suite'],
    ['personas.yaml', 'personas'],
  ] as const) {
    const file = path.join(project, 'personas/mine', name);
    const text = readFileSync(file, 'utf8');
    const line = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text)?.[1] ?? '';
    const found = path.resolve(path.dirname(file), line);
    assert.is(found, path.join(project, `node_modules/persona-bench/harness/config/${schema}.schema.json`));
    const validate = new Ajv({ strict: false, discriminator: true }).compile(JSON.parse(readFileSync(found, 'utf8')));
    assert.ok(validate(parse(text)), JSON.stringify(validate.errors));
    assert.not.ok(validate({ ...parse(text), modles: 1 }), 'a misspelt key is marked');
  }
});

test('example: the engine alone scores two sentences and answers', async () => {
  const { code, stdout, stderr } = await example('engine.ts');
  assert.is(code, 0, stderr);
  const scores = [...stdout.matchAll(/^(-[\d.]+) nats over (\d+) tokens: /gm)].map(([, sum, n]) =>
    [sum, n].map(Number),
  );
  assert.is(scores.length, 2);
  for (const [sum = 0, tokens = 0] of scores) assert.ok(sum < 0 && tokens > 3, stdout);
  assert.match(stdout, /^greedy answer: "/m);
});

test('example: an own persona is validated, run and read', async () => {
  const flags = ['--quiet', '--filter', 'method=none', '--filter', 'method=prompting'];
  const { code, stderr } = await bench('run', 'examples/own-persona/suite.yaml', ...flags);
  assert.is(code, 0, stderr);
  const read = await example('read-run.ts', 'latest', 'prompting');
  assert.is(read.code, 0, read.stderr);
  assert.match(read.stdout, /: suite own-persona on .*, exit code 0\n {2}none -: computed\n/);
  assert.match(read.stdout, /^\d+ answers of prompting are the other pole's; the first:$/m);
});

test('example: an own method is run, blessed, gated and compared from TypeScript', async () => {
  const { code, stdout, stderr } = await example('own-method-run.ts');
  assert.is(code, 0, stderr);
  assert.match(stdout, /^recall tidy: done\nrecall messy: done$/m);
  assert.match(stdout, /^recall: [\d.]+ % of \d+ answers are the persona's$/m);
  assert.match(stdout, /^gate: pass, exit code 0\nchanged answers: 0\n$/m);
});

test('example: an own evaluation is planned, run and read, and its code tells stored answers apart', async () => {
  const file = 'examples/own-persona/with-yes-no.yaml';
  const flags = ['--plugin', 'examples/own-evaluation.ts', '--out', 'asked'];
  const without = await bench('validate', file);
  assert.is(without.code, 2);
  assert.match(without.stderr, /must be one of choice, likert/);
  const run = await bench('run', file, '--json', '--progress', 'none', ...flags);
  assert.is(run.code, 0, run.stderr);
  const { evaluations, metrics } = JSON.parse(run.stdout);
  assert.match(JSON.stringify(evaluations), /^\[\{"id":"yes-no","kind":"yes-no","scorer":"yes-no",/);
  assert.ok(metrics.some((row: { evaluation: string; method: string }) => row.method === 'prompting'));
  const shown = await bench('plan', file, '--show-prompt', '2', ...flags);
  assert.match(shown.stdout, /Would you say "[^"]+"\? Answer Yes or No\./, shown.stderr);
  const own = path.join(project, 'examples/own-evaluation.ts');
  writeFileSync(own, readFileSync(own, 'utf8').replace('Answer Yes or No.', 'Yes or No?'));
  const plan = (await bench('plan', file, '--why', ...flags)).stdout.replace(/\s+/g, ' ');
  assert.match(plan, /0 stored, 3 to run.*evaluation\.kindVersion: "1\+/);
});

test('a TypeScript plugin is loaded by plain Node, and its code tells stored answers apart', async () => {
  const file = 'examples/own-persona/with-recall.yaml';
  const flags = ['--plugin', 'examples/own-method.ts', '--out', 'plugged'];
  const without = await bench('validate', file);
  assert.is(without.code, 2);
  assert.match(without.stderr, /unknown method "recall"/);
  const listed = await bench('list', 'methods', '--plugin', 'examples/own-method.ts');
  assert.match(listed.stdout, /^ {2}recall +the persona by what it said before$/m);
  const run = await bench('run', file, '--quiet', ...flags);
  assert.is(run.code, 0, run.stderr);
  const plan = async () => (await bench('plan', file, '--why', ...flags)).stdout.replace(/\s+/g, ' ');
  assert.match(await plan(), /3 cells on .*, 3 stored, 0 to run/);
  const shown = await bench('plan', file, '--show-prompt', '2', ...flags);
  assert.match(shown.stdout, /I put things back where they belong\./, shown.stderr);
  const own = path.join(project, 'examples/own-method.ts');
  writeFileSync(own, readFileSync(own, 'utf8').replace('slice(0, texts)', 'slice(-texts)'));
  assert.match(await plan(), /1 stored, 2 to run.*method\.version: "1\+/);
  const said = await bench(
    'try',
    'Hello?',
    ...flags.slice(0, 2),
    '--model',
    'persona-nano',
    '--method',
    'recall',
    ...['--personas', 'examples/own-persona/personas.yaml', '--persona', 'tidy', '--max-tokens', '3', '--json'],
  );
  assert.is(said.code, 0, said.stderr);
  assert.ok(JSON.parse(said.stdout).ids.length > 20);
});

test.run();
