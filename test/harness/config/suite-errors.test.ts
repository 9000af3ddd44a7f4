// Suites: what a bad one is told, with the place and the next step.

import * as assert from 'uvu/assert';
import { suite as testSuite } from '../../support/suite.ts';
import { load, refused, SUITE, says } from '../../support/suite-file.ts';

const test = testSuite('bad suites');

test('an unknown key is shown at any depth', async () => {
  await says(
    `${SUITE}seed: [1]\n`,
    /suite\.yaml:10:1 unknown key "seed": did you mean "seeds"\?/,
    /10 \| seed: \[1\]\n.*\| \^\^\^\^$/m,
  );
  await says(
    SUITE.replace('kind: choice', 'kind: choice, scorers: sum'),
    /:6:33 unknown key "scorers": did you mean "scorer"\?/,
  );
  await says(
    SUITE.replace('method: prompting', 'method: prompting, options: { wording: [plain] }'),
    /unknown key "wording": did you mean "wordings"\?/,
  );
});

test('a misspelt key is not reported as missing too', async () => {
  const { message } = await refused(SUITE.replace('name: mine', 'nmae: mine'));
  assert.match(message, /unknown key "nmae": did you mean "name"\?/);
  assert.not.match(message, /missing/);
});

test('a missing key points at the first line of its parent', async () => {
  await says(SUITE.replace('id: choice, ', ''), /:6:5 "id" is missing/);
});

test('wrong types, values and names are told with what is allowed', async () => {
  await says(SUITE.replace('name: mine', 'name: [mine]'), /:2:7 name must be string/);
  await says(
    SUITE.replace('kind: choice', 'kind: choise'),
    /:6:25 must be one of choice, likert, role-reply, generation: did you mean "choice"\?/,
  );
  await says(
    SUITE.replace('method: prompting', 'method: promting'),
    /:9:26 unknown method "promting": did you mean "prompting"\?/,
  );
  await says(SUITE.replace('[warm, cold]', '[warm, clod]'), /:4:49 unknown persona "clod": did you mean "cold"\?/);
  await says(
    SUITE.replace('[persona-nano]', '[persona-nana]'),
    /:3:10 there is no model "persona-nana": did you mean "persona-nano"\?/,
  );
  await says(
    SUITE.replace('[persona-nano]', '[HuggingFaceTB/SmolLM2-135M]'),
    /:3:10 there is no model "HuggingFaceTB\/SmolLM2-135M": did you mean hf:HuggingFaceTB\/SmolLM2-135M\?/,
  );
  await says(
    SUITE.replace('[persona-nano]', '[{ id: a, path: HuggingFaceTB/SmolLM2-135M }]'),
    /there is no folder .*: did you mean hf:HuggingFaceTB\/SmolLM2-135M\?/,
  );
  await says(SUITE.replace('id: asked', 'id: none'), /:9:11 the id "none" is used twice/);
  await says(SUITE.replace('[warm, cold]', '[warm, warm]'), /:4:49 select names "warm" twice/);
  await says(SUITE.replace('[warm, cold]', '[]'), /select must not be empty/);
  await says(
    SUITE.replace('{ id: choice, kind: choice }', '{ id: choice, kind: choice, template: hello }'),
    /template must contain \{question\}/,
  );
});

test('a scorer or a template that contradicts show is refused before any cell fails of it', async () => {
  const evaluation = (rest: string) => SUITE.replace('kind: choice', `kind: choice, ${rest}`);
  await says(evaluation('scorer: letter, show: false'), /:6:41 letters mean nothing .* leave out show: false/);
  await says(evaluation('template: "{question}"'), /:6:43 the template has no \{options\}/);
  await says(evaluation('show: false, template: "{question} {options}"'), /:6:56 .* but show is false/);
  await load(evaluation('show: false, template: "{question}?"'));
});

test('a sparsity of 1 or more is refused where it stands', async () => {
  await says(`${SUITE}sparsity: [0.3, 1]\n`, /:10:17 sparsity must be < 1/, /\| sparsity: \[0\.3, 1\]\n.*\| {17}\^$/m);
  await says(`${SUITE}sparsity: [low: 1.5]\n`, /:10:17 low must be < 1/);
});

test('a sparsity under two labels, and a label of none, are refused where they stand', async () => {
  await says(`${SUITE}sparsity: [{ middle: 0.5 }, { middle: 0.3 }]\n`, /:10:29 the sparsity "middle" is used twice/);
  await says(`${SUITE}sparsity: [0.5, { "0.5": 0.3 }]\n`, /:10:17 the sparsity "0\.5" is used twice/);
  await says(`${SUITE}sparsity: [0.5, 0.50]\n`, /:10:17 the sparsity "0\.5" is used twice/);
  const mask = (options: string, rest = '') =>
    `${SUITE}  - { id: mask, subnetwork: { ${options} } }\nsparsity: [{ low: 0.3 }, 0.5]\n${rest}`;
  await load(mask('sparsity: [low, 0.5]', 'controls: { shuffled: [0.50], magnitude: ["0.5", low] }\n'));
  await says(mask('sparsity: [low, lwo]'), /:10:47 unknown sparsity "lwo": did you mean "low"\?/);
  await says(mask('sparsity: [0.4]'), /:10:42 unknown sparsity "0\.4": did you mean "0\.5"\?/);
  await says(
    `${SUITE}  - { id: mask, method: subnetwork, options: { sparsity: [high] } }\nsparsity: [{ low: 0.3 }]\n`,
    /:10:59 unknown sparsity "high": known: low/,
  );
  for (const kind of ['magnitude', 'generic-text', 'opposite', 'shuffled'])
    await says(mask('score: wanda', `controls: { ${kind}: [low, midle] }\n`), /:12:\d+ unknown sparsity "midle"/);
  const controls = (text: string) => mask('score: wanda', `controls: { ${text} }\n`);
  await says(controls('evaluations: [chioce]'), /:12:27 unknown evaluation "chioce": did you mean "choice"\?/);
  await says(controls('evaluations: some'), /:12:26 evaluations must be `all` or a list of ids/);
  await says(controls('magnitude: atuo'), /:12:24 magnitude must be `auto`, true, false or a list of sparsities/);
  await says(controls('random: many'), /:12:21 random must be `auto` or a number of seeds/);
  await says(controls('random: -1'), /:12:21 random must be >= 0/);
  await says(controls('shuffled: auto'), /:12:23 shuffled must be boolean,array/);
  await says(controls('draws: 1'), /:12:20 draws must be >= 2/);
  await says(controls('draw: 20'), /:12:13 unknown key "draw": did you mean "draws"\?/);
  const loaded = await load(controls('draws: 3, evaluations: [choice], magnitude: true, opposite: [low]'));
  assert.equal(loaded.controls, {
    ...{ random: 'auto', magnitude: true, 'generic-text': 'auto', opposite: ['low'], shuffled: true },
    ...{ draws: 3, evaluations: ['choice'] },
  });
});

test('a name that would break the line of a report is refused where it stands', async () => {
  for (const name of ['"low\\e[31m"', '"low\\n::error::"', '""', 'l'.repeat(201)])
    await says(`${SUITE}sparsity: [{ ${name}: 0.5 }]\n`, /:10:14 a name is one line of at most 200 characters/);
  await load(`${SUITE}sparsity: [{ "a third, \u4e09分 |": 0.3 }]\n`);
});

test('several mistakes are told at once', async () => {
  const { message, where } = await refused(`${SUITE.replace('kind: choice', 'kind: choise')}seed: [1]\n`);
  assert.is(message.match(/suite\.yaml:\d+:\d+/g)!.length, 2);
  assert.match(where!, /suite\.yaml:6:25$/);
});

test('one wrong character prints the first of its errors, with a count, and of a long line what lies about it', async () => {
  const many = Array.from({ length: 2000 }, (_, k) => `  - key${k}: a: b`).join('\n');
  const { message } = await refused(`${SUITE}notes:\n${many}\n`);
  assert.ok(message.split('\n').length <= 31, `${message.split('\n').length} lines`);
  assert.match(message, /\nand \d+ more$/);
  const long = await refused(`${SUITE}notes: ["${'x'.repeat(5000)}", &a *b, "${'y'.repeat(5000)}"]\n`);
  assert.match(long.message, /\| … x{80,}.*\*b.*y{60,} …\n/);
  for (const line of long.message.split('\n')) assert.ok(line.length < 260, `${line.length}`);
});

test('a duplicate key is refused', () => says(`${SUITE}name: again\n`, /:10:1 this key is here twice/));

test('an alias bomb is refused before it unfolds', async () => {
  let bomb = 'a: &a [x, x, x, x, x, x, x, x, x, x]\n';
  for (let k = 0; k < 8; k++) {
    const [name, last] = [String.fromCharCode(98 + k), String.fromCharCode(97 + k)];
    bomb += `${name}: &${name} [${new Array(10).fill(`*${last}`).join(', ')}]\n`;
  }
  const start = Date.now();
  await says(bomb, /unfolds to more than 20000 values/);
  assert.ok(Date.now() - start < 60_000);
});

test('a file that is empty, or begins with a newline, is told as any other', async () => {
  await says('', /suite\.yaml:1:1 a suite is a map of keys/);
  await says('\n', /suite\.yaml:1:1 a suite is a map of keys/);
});

test('broken YAML is told with its place', () => says('version: 1\nname: "mine\n', /suite\.yaml:\d+:\d+ /));

test('a persona without opposite or without items cannot be evaluated', async () => {
  await says(SUITE.replace('[warm, cold]', '[lone]'), /:4:43 persona "lone" has no opposite: an evaluation keys/);
  await says(
    SUITE.replace('[warm, cold]', '[bare]'),
    /:4:43 persona "bare" has no items: without items, only `try` and `mask` work/,
  );
});

test('options that a method cannot follow are shown at their place, before anything is calibrated', async () => {
  const masked = (options: string) =>
    SUITE.replace('{ id: asked, method: prompting }', `{ id: cut, subnetwork: { ${options} } }`);
  await says(
    `${masked('score: set-difference, group: channels')}sparsity: [0.5]\n`,
    /suite\.yaml:9:\d+ group: channels are kept by the sums of their weights' scores, and set-difference/,
  );
  await says(
    `${masked('targets: { layers: [3, 2] }')}sparsity: [0.5]\n`,
    /suite\.yaml:9:\d+ targets\.layers: the first layer, 3, comes after the last, 2/,
  );
});

test('percent signs and whole numbers are told as shares', async () => {
  await says(`${SUITE}sparsity: [{ middle: 50% }]\n`, /middle must be number: it is a share, so that 50 % is 0\.5/);
  await says(`${SUITE}sparsity: [50]\n`, /sparsity must be < 1: it is a share, so that 50 % is 0\.5/);
  await says(`${SUITE}sparsity: [1.0]\n`, /sparsity must be < 1: it is a share of the whole: 0\.5 is half/);
  const gate = (text: string) => `${SUITE}gate: { rows: [asked], ${text} }\n`;
  await says(gate('alignment: { margin: 5 }'), /margin must be < 1: it is a share, so that 5 % is 0\.05/);
  await says(gate('floors: { asked: 70 }'), /asked must be <= 1: it is a share, so that 70 % is 0\.7/);
  await says(SUITE.replace('version: 1', 'version: 2'), /:1:10 version must be 1/);
});

test('merge keys are named, with what to write instead', async () => {
  await says(
    SUITE.replace('id: asked,', '<<: *none, id: asked,').replace('{ id: none', '&none { id: none'),
    /merge keys \(<<\) are not read/,
  );
});

test('mistakes of YAML are told in plain words', async () => {
  await says(`${SUITE}latency:\n  items: 2\n warmup: 1\n`, /suite\.yaml:12:\d+ .*(indented|on one line)/);
  await says(`${SUITE}seeds: [1, 2\nlatency: { items: 2 }\n`, /a bracket that is opened above is not closed/);
  await says('['.repeat(100_000), /nest too deeply/);
  await says(`${SUITE}latency:\n\titems: 2\n`, /a tab indents this line: indent with spaces/);
  await says('', /a suite is a map of keys/);
});

test.run();
