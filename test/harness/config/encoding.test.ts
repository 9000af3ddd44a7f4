// Text files that are not UTF-8 are refused by name: their letters would end in a persona's prompt as question marks.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { METHODS } from '../../../api/methods.ts';
import type { BenchError } from '../../../base/error.ts';
import { loadSuite } from '../../../harness/config/index.ts';
import { EVALUATIONS } from '../../../harness/evaluations/index.ts';
import { shared, temporaryFolder } from '../../support/folders.ts';
import { ROOT } from '../../support/node.ts';
import { suite } from '../../support/suite.ts';

const test = suite('encoding');

async function refused(file: string, where: RegExp): Promise<void> {
  const error = await loadSuite(file, { registry: METHODS, kinds: EVALUATIONS }).then(
    () => assert.unreachable(`${file} was taken`),
    (reason: unknown) => reason,
  );
  assert.match((error as BenchError).message, /not UTF-8/);
  assert.match((error as BenchError).where ?? '', where);
  assert.match((error as BenchError).hint ?? '', /UTF-8/);
}

const SUITE = `version: 1
name: encoding # grün
models: [{ id: nano, path: ${join(ROOT, 'models/persona-nano')}, template: ./prompt.jinja }]
personas: { file: ./personas.yaml, select: [introversion, extraversion] }
evaluations:
  - { id: choice, kind: choice, scorer: per-token, items-per-trait: 2 }
methods:
  - { id: none, method: none, control: true }
`;

test('a suite, personas and a template in another encoding are refused; UTF-8 with and without a mark is taken', async () => {
  const folder = temporaryFolder();
  const write = (name: string, text: string, encoding: BufferEncoding = 'utf8'): string => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, name), Buffer.from(text, encoding));
    return join(folder, name);
  };
  const bundled = readFileSync(join(ROOT, 'personas.yaml'), 'utf8');
  const personas = `# grün\n${bundled.replaceAll(/(?<=[ \w]: )suites\//g, join(ROOT, 'suites/'))}`;
  const template = '{% for m in messages %}{{ m.content }}ü{% endfor %}';
  const all = (): string => {
    write('personas.yaml', personas);
    write('prompt.jinja', template);
    return write('suite.yaml', `\ufeff${SUITE}`);
  };
  assert.is((await loadSuite(all(), { registry: METHODS, kinds: EVALUATIONS })).name, 'encoding');
  all();
  await refused(write('suite.yaml', SUITE, 'latin1'), /suite\.yaml$/);
  const file = all();
  write('personas.yaml', personas, 'latin1');
  await refused(file, /personas\.yaml$/);
  all();
  write('prompt.jinja', template, 'latin1');
  await refused(file, /prompt\.jinja$/);
});

test('the inputs of a bug report: a personas file saved as Windows-1252', async () => {
  const folder = shared('cases/yaml-latin1');
  if (folder === null) return;
  await refused(join(folder, 'suite.yaml'), /personas\.yaml$/);
  await refused(join(folder, 'suite-items.yaml'), /items-latin\.jsonl$/);
});

test.run();
