// Messages, hints, help, report texts and the descriptions of schemas are in plain words: docs/architecture.md has the list.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { ROOT } from '../support/node.ts';
import { suite } from '../support/suite.ts';
import { piecesOf } from './strings.ts';

const test = suite('words');
const CODE = ['api', 'base', 'baselines', 'cli', 'formats', 'gpu', 'harness', 'reports', 'index.ts'];
const SCHEMAS = [
  'harness/config/suite.schema.json',
  'harness/config/personas.schema.json',
  'reports/schema/run.schema.json',
];
/** Private idiom, or a second word for a thing that has one: no user should have to read it. */
const IDIOM =
  /\b(?:beside|mends?|mended|foretold|rivals?|asks? for|no chance|untouched|equal to the bit|told|turned|nulls|stands?|lies?|set aside|to be had|(?:evaluation|tuning|calibration) part|(?<!there )is no (?:object|list|number|text|JSON|file|name))\b/;
/** A word that is there twice. */
const TWICE = /\b([a-z]{2,}) \1\b/;
/** The default prompt of a judge: another text would be another measurement. */
const PROMPTS = /^Two speakers were told what they are\./;
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

function found(file: string, line: number | null, text: string): readonly string[] {
  const idiom = PROMPTS.test(text) ? null : (IDIOM.exec(text) ?? TWICE.exec(text));
  return idiom === null ? [] : [`${file}${line === null ? '' : `:${line}`}: "${idiom[0]}" in: ${text.slice(0, 160)}`];
}

test('strings that people read are in plain words', () => {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', ...CODE], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const files = listed.split('\n').filter((file) => file.endsWith('.ts'));
  assert.ok(files.length > 300, `${files.length} files`);
  const strings = files.flatMap((file) =>
    piecesOf(read(file))
      .filter(({ kind, text }) => kind === 'string' && text.includes(' '))
      .map((piece) => ({ file, ...piece })),
  );
  assert.ok(strings.length > 1500, `${strings.length} strings`);
  assert.equal(
    strings.flatMap(({ file, line, text }) => found(file, line, text)),
    [],
  );
});

test('descriptions of the schemas are in plain words', () => {
  const said: (readonly [file: string, text: string])[] = [];
  const walk = (file: string, value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (key === 'description' && typeof inner === 'string') said.push([file, inner]);
      else walk(file, inner);
    }
  };
  for (const file of SCHEMAS) walk(file, JSON.parse(read(file)));
  assert.ok(said.length > 120, `${said.length} descriptions`);
  assert.equal(
    said.flatMap(([file, text]) => found(file, null, text)),
    [],
  );
});

test('strings are found in calls, in templates within templates and after regular expressions; code and comments are not', () => {
  const source = [
    "fail('one beside'); // two beside",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: source of the test
    "say(`three ${x ? `four ${'five'}` : \"six's\"} seven`);",
    "const r = /['\"`]/.test(s) ? a / b / c : 'eight';",
    "/* nine 'ten' */ const beside = { 'eleven': 1 };",
  ].join('\n');
  const strings = piecesOf(source).filter(({ kind }) => kind === 'string');
  assert.equal(
    strings.map(({ line, text }) => `${line} ${text}`),
    ['1 one beside', '2 three {} seven', '2 four {}', '2 five', "2 six's", '3 eight', '4 eleven'],
  );
  assert.equal(
    piecesOf(source).flatMap(({ kind, text }) => (kind === 'comment' ? [text.trim()] : [])),
    ['two beside', "nine 'ten'"],
  );
});

test.run();
