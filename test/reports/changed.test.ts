// Changed answers, counted at the top of every report; the gate's verdict before all else; and the line on cells.

import * as assert from 'uvu/assert';
import type { GateReport } from '../../harness/record/verdicts.ts';
import { changedAnswers, changedText } from '../../reports/changed.ts';
import { htmlReport } from '../../reports/html/page.ts';
import { markdownReport } from '../../reports/markdown.ts';
import { cellsLine } from '../../reports/sections.ts';
import { terminalReport } from '../../reports/terminal.ts';
import { temporaryFolder } from '../support/folders.ts';
import { turned } from '../support/report.ts';
import { runFake } from '../support/session.ts';
import { suite } from '../support/suite.ts';

const test = suite('changed answers');
const { result, rows, prompts } = await runFake(temporaryFolder());
const items = [...rows()];
const own = items.filter(({ method }) => method === 'prompting').length;

test('answers are counted where another option is likelier than before, on the items of both runs', () => {
  assert.equal(changedAnswers('b', items, items), { name: 'b', answers: 0, of: items.length });
  assert.equal(changedAnswers('b', items, turned(items)), { name: 'b', answers: own, of: items.length });
  const part = items.filter(({ method }) => method === 'prompting').slice(0, 5);
  assert.equal(changedAnswers('b', items, turned(part)), { name: 'b', answers: 5, of: 5 });
  assert.is(changedText({ name: 'ci.json', answers: 16, of: 480 }), '16 of 480 answers changed against ci.json.');
});

const report: GateReport = {
  verdicts: [{ rule: 'alignment', row: 'prompting', outcome: 'fail', message: 'lost 9 points', flips: [] }],
  outcome: 'fail',
  exitCode: 1,
  inconclusive: 'fail',
};
const gate = { report, reference: 'ci.json', changed: { name: 'ci.json', answers: 16, of: 480 } };

test('the gate comes first on the terminal, on the page and in Markdown, with the number of changed answers', async () => {
  const [first, second] = terminalReport(result, { color: false, written: [], next: null, gate }).split('\n');
  const page = await htmlReport(result, { items: rows, prompts: prompts(), gate });
  const markdown = markdownReport(result, gate);
  const said = 'Gate: fail, against ci.json: 1 of 1 rule does not pass.';
  const changed = '16 of 480 answers changed against ci.json.';
  assert.equal([first, second], [said, changed]);
  for (const text of [said, changed]) {
    assert.ok(page.indexOf(text) > 0 && page.indexOf(text) < page.indexOf('<h1>'), text);
    assert.ok(markdown.indexOf(text) > 0 && markdown.indexOf(text) < markdown.indexOf('## '), text);
  }
});

test('a page that is compared with another run says what changed, once', async () => {
  const before = { name: 'the run before', items: turned(items) };
  const page = await htmlReport(result, { items: rows, prompts: prompts(), before });
  assert.is(page.split(`${own} of ${items.length} answers changed against the run before.`).length, 2);
});

test('cells that are one are counted as shared, and not as read from the store of an earlier run', () => {
  const [a, b] = result.cells;
  const cells = [a!, b!, { ...b!, status: 'stored' as const }, { ...a!, id: 'other', status: 'stored' as const }];
  const line = (all: typeof cells) => cellsLine({ ...result, cells: all, elapsedMs: 100 });
  assert.is(line(cells), '4 cells: 1 from the store, 2 computed, 1 shared with another cell, 0 failed; 0.1 s');
  const stored = cells.slice(0, 2).map((cell) => ({ ...cell, status: 'stored' as const }));
  assert.is(line(stored), '2 cells: 2 from the store, 0 computed, 0 failed; 0.1 s');
});

test.run();
