// Knowledge in JSON Lines, Markdown and plain text; and the library of all personas with the neutral passages.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { BenchError } from '../../../base/error.ts';
import { readPersonas } from '../../../harness/config/personas.ts';
import { readItems } from '../../../harness/datasets/own.ts';
import { readKnowledge } from '../../../harness/datasets/passages.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { ROOT, runNode } from '../../support/node.ts';
import { suite } from '../../support/suite.ts';

const test = suite('passages');
const folder = temporaryFolder();
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const texts = async (name: string, text: string) => (await readKnowledge(file(name, text))).map((one) => one.text);

async function refused(path: string, place: RegExp, message: RegExp): Promise<void> {
  const error = (await readKnowledge(path).catch((thrown: unknown) => thrown)) as BenchError;
  assert.is(error.code, 'bad-data');
  assert.match(error.where ?? '', place);
  assert.match(error.message, message);
  assert.ok(error.hint);
}

test('text: an empty line ends a passage, and its lines are one', async () => {
  const passages = await readKnowledge(file('quiet.txt', '\nThey read\r\n  at home.\n\n\n \nThey rest.\n'));
  assert.equal(passages, [
    { id: 'quiet:2', text: 'They read at home.' },
    { id: 'quiet:7', text: 'They rest.' },
  ]);
});

test('JSON Lines: id and text', async () => {
  assert.equal(await readKnowledge(file('a.jsonl', '{"id":"1","text":"So."}\n')), [{ id: '1', text: 'So.' }]);
  await refused(file('b.jsonl', '{"id":"1"}\n'), /b\.jsonl:1$/, /"text" is missing/);
});

test('Markdown: paragraphs and lists without marks; headings, code, tables, comments and front matter are left out', async () => {
  const text = `---
title: Quiet
---
# Quiet people

They **read** at *home*, and [write](https://example.org/a_b) \`letters\`.
A snake_case word and 2 * 3 * 4 stay.

Setext
------

- They rest
- They wait.
1. They listen

<!-- not
this -->
> They say
> little.

\`\`\`sh
rm they
\`\`\`
| a | b |
***
![a picture](x.png)Last one.
`;
  assert.equal(await texts('quiet.md', text), [
    'They read at home, and write letters. A snake_case word and 2 * 3 * 4 stay.',
    'They rest. They wait. They listen.',
    'They say little.',
    'Last one.',
  ]);
  assert.equal(
    (await readKnowledge(file('id.MD', '# T\n\nOne.\n'))).map(({ id }) => id),
    ['id:3'],
  );
});

test('other files, empty ones and endless passages are refused with their place', async () => {
  await refused(file('a.pdf', 'x'), /a\.pdf$/, /not read/);
  await refused(file('a.md', '# Only a heading\n'), /a\.md$/, /no passage/);
  await refused(file('long.txt', `x\n\n${'word '.repeat(5000)}`), /long\.txt:3$/, /20000 characters/);
  await refused(join(folder, 'none.txt'), /none\.txt$/, /no such file/);
});

test('the library holds the passages of all personas of a file, and the neutral ones', async () => {
  file('high.txt', 'High.\n');
  file('low.md', 'Low.\n');
  file('none.txt', 'A.\n\nB.\n');
  const book = file(
    'personas.yaml',
    `version: 1
neutral: { texts: n.jsonl, knowledge: none.txt }
personas:
  h: { trait: t, pole: high, prompts: { plain: You }, knowledge: high.txt }
  l: { trait: t, pole: low, prompts: { plain: You }, knowledge: low.md }
`,
  );
  file('n.jsonl', '{"text":"N."}\n');
  assert.equal((await readPersonas(book)).library, [
    { id: 'high:1', text: 'High.', persona: 'h', trait: 't' },
    { id: 'low:1', text: 'Low.', persona: 'l', trait: 't' },
    { id: 'none:1', text: 'A.', persona: null, trait: null },
    { id: 'none:3', text: 'B.', persona: null, trait: null },
  ]);
});

const { personas, library } = await readPersonas(join(ROOT, 'personas.yaml'));
const wordsOf = (text: string): readonly string[] => text.toLowerCase().match(/[a-z]+/g) ?? [];

test('the bundled neutral passages: as many as all personas have, of like length, without their words', async () => {
  const neutral = library.filter(({ persona }) => persona === null);
  assert.ok(neutral.length >= library.length - neutral.length, `${neutral.length} of ${library.length}`);
  assert.is(new Set(neutral.map(({ text }) => text)).size, neutral.length);
  const mean = (list: typeof library) => list.reduce((sum, { text }) => sum + wordsOf(text).length, 0) / list.length;
  const ratio = mean(neutral) / mean(library.filter(({ persona }) => persona !== null));
  assert.ok(ratio > 0.9 && ratio < 1.1, `${ratio}`);
  // Words of structure, and of places and times, that a description happens to use.
  const common = new Set(
    'a an the and or of to in is it its on by at for from with what was as are one than after who under before out'.split(
      ' ',
    ),
  );
  const said = personas.flatMap(({ description, prompts }) =>
    wordsOf([description, ...Object.values(prompts)].join(' ')),
  );
  const trait = new Set(said.filter((word) => !common.has(word)));
  const found = new Set(neutral.flatMap(({ text }) => wordsOf(text)).filter((word) => trait.has(word)));
  assert.equal([...found], []);
});

test('no bundled passage holds a question or an option of an item', async () => {
  const all = library.map(({ text }) => ` ${wordsOf(text).join(' ')} `).join('|');
  const items = await readItems(join(ROOT, 'suites/items/big-five.jsonl'));
  const parts = items.flatMap(({ question, options }) => [question, ...options.map(({ text }) => text)]);
  assert.equal(
    parts.filter((part) => all.includes(` ${wordsOf(part).join(' ')} `)),
    [],
  );
});

test('the recipe makes the neutral passages again as they are', async () => {
  const code = `import { readFileSync } from 'node:fs';
    import { neutralPassages } from './suites/corpora/neutral-passages.mjs';
    const bank = readFileSync('suites/corpora/banks/neutral-passages.txt', 'utf8').trim().split('\\n');
    let seed = 1;
    const random = () => ((seed = (seed * 48271) % 2147483647) - 1) / 2147483646;
    const rows = neutralPassages(bank, random);
    if (rows.length < 240 || new Set(rows.map(({ text }) => text)).size < rows.length) process.exit(1);`;
  const { code: exit, stderr } = await runNode(['--input-type=module', '-e', code]);
  assert.is(exit, 0, stderr);
});

test.run();
