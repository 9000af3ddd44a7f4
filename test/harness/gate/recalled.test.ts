// What a reference kept, told as answers of a run: the page of a run marks what has turned since the run was blessed.

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { reportVerb } from '../../../cli/report.ts';
import { parseReference, referenceText } from '../../../harness/gate/reference.ts';
import { recalled } from '../../../harness/gate/reference-answers.ts';
import { gateRows, referenceOf } from '../../../harness/gate/rows.ts';
import type { ItemRow } from '../../../harness/record/run-record.ts';
import { writeRunFolder } from '../../../harness/store/run-folder.ts';
import { pack } from '../../../reports/html/outcomes.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { RULES } from '../../support/gate.ts';
import { runFake } from '../../support/session.ts';
import { suite } from '../../support/suite.ts';

const test = suite('recalled');
const { result, rows } = await runFake(temporaryFolder());
const items = [...rows()];
const gated = gateRows(result, items, (method) => method === 'prompting');
const reference = parseReference(referenceText(referenceOf(result, gated, RULES)), 'ref.json');
const prompted = items.filter(({ method }) => method === 'prompting');

const likeliest = (cells: ReturnType<typeof pack>['before']): readonly number[] =>
  cells.flatMap(({ p }) => p.map((orders) => Math.sign(orders.reduce((sum, one, k) => sum + (k % 2 ? -one : one), 0))));

test('every answer of a gated row comes back with its p and the option that was likeliest', () => {
  assert.ok(prompted.length > 0);
  const back = recalled(reference, items);
  const told = ({ cell, item, p, aligned }: ItemRow) => ({ cell, item, p, aligned });
  assert.equal(back.map(told), prompted.map(told));
  const { cells, before } = pack(result, prompted, new Map(), back);
  assert.equal(likeliest(before), likeliest(cells));
});

test('what was asked otherwise, is graded or has more options is left out', () => {
  const [first, ...rest] = prompted;
  assert.is(recalled(reference, [{ ...first!, question: 'Another?' }, ...rest]).length, rest.length);
  assert.is(recalled(reference, [{ ...first!, seed: 9 }, ...rest]).length, rest.length);
  const graded = reference.rows.map((row) => ({ ...row, answers: row.answers.map((one) => ({ ...one, gap: null })) }));
  assert.equal(recalled({ ...reference, rows: graded }, items), []);
});

test('bench report --against takes the file of a reference, and refuses one of other items', async () => {
  const folder = writeRunFolder(temporaryFolder(), result, rows(), {});
  const at = temporaryFolder();
  const [file, out] = [path.join(at, 'kept.json'), path.join(at, 'page.html')];
  writeFileSync(file, referenceText(referenceOf(result, gated, RULES)));
  await reportVerb(folder, { out, against: file }, () => {});
  assert.match(readFileSync(out, 'utf8'), /"run":"kept\.json"/);
  const elsewhere = gated.map((row) => ({ ...row, answers: row.answers.map((one) => ({ ...one, content: '0' })) }));
  writeFileSync(file, referenceText(referenceOf(result, elsewhere, RULES)));
  let code = '';
  await reportVerb(folder, { out: path.join(at, 'none.html'), against: file }, () => {}).catch((error) => {
    code = error.code;
  });
  assert.is(code, 'bad-reference');
});

test.run();
