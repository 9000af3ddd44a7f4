import { Writable } from 'node:stream';
import * as assert from 'uvu/assert';
import { EVALUATIONS } from '../../../harness/evaluations/index.ts';
import type { Cell } from '../../../harness/plan/cell.ts';
import { expand } from '../../../harness/plan/expand.ts';
import type { CellRecord } from '../../../harness/record/cell-record.ts';
import { cellName } from '../../../harness/run/events.ts';
import { progressMode, startProgress } from '../../../harness/run/progress.ts';
import { DIGESTS, fakeEngine, fakeSuite, METHODS } from '../../support/fake.ts';
import { suite } from '../../support/suite.ts';

const test = suite('progress');
const cells = expand(fakeSuite(), METHODS, EVALUATIONS, new Map([['tiny', DIGESTS]]));
const [none, prompted] = cells as [Cell, Cell];
const record: CellRecord = {
  id: none.id,
  key: 'k',
  cost: { setupMs: 0, artefactBytes: 0, trainedParameters: 0 },
  counters: fakeEngine().counters(),
  scoringMs: 1500,
  figures: {},
  tax: null,
  spoken: [],
};

/** What a mode writes for a small run; as a terminal of 80 columns when `isTTY`. */
function written(mode: 'tty' | 'plain' | 'none', isTTY: boolean): string {
  let text = '';
  const stream = new Writable({
    write: (chunk, _, done) => {
      text += String(chunk);
      done();
    },
  });
  const progress = startProgress(mode, Object.assign(stream, { isTTY, columns: 80 }) as unknown as NodeJS.WriteStream);
  progress.listen({ kind: 'plan', cells: 3, stored: 1 });
  progress.listen({ kind: 'model-load', model: 'tiny' });
  progress.listen({ kind: 'cell-start', cell: none });
  progress.listen({ kind: 'cell-done', cell: none, record });
  progress.listen({ kind: 'cell-error', cell: prompted, code: 'x', message: 'it broke' });
  progress.listen({ kind: 'end', computed: 1, stored: 1, errored: 1 });
  progress.stop();
  return text;
}

test('plain progress is one line per event', () => {
  assert.equal(written('plain', false).split('\n'), [
    '3 cells, 1 answered from the store',
    'loading tiny',
    '[1/2] tiny / choice / none  1.50 s',
    '[2/2] tiny / choice / prompting / extraversion / plain  FAILED: it broke',
    '',
  ]);
});

test('a look of the gate is said, and the total grows with it', () => {
  const later: Cell = { ...prompted, look: 2 };
  const all = (isTTY: boolean): string => {
    let text = '';
    const write = (chunk: unknown, _: unknown, done: () => void): void => {
      text += String(chunk);
      done();
    };
    const stream = Object.assign(new Writable({ write }), { isTTY, columns: 100 });
    const progress = startProgress(isTTY ? 'tty' : 'plain', stream as unknown as NodeJS.WriteStream);
    progress.listen({ kind: 'plan', cells: 1, stored: 0 });
    progress.listen({ kind: 'cell-start', cell: none });
    progress.listen({ kind: 'cell-done', cell: none, record });
    progress.listen({ kind: 'look', look: 2, rows: 1, cells: 3, stored: 1 });
    progress.listen({ kind: 'cell-start', cell: later });
    progress.listen({ kind: 'cell-done', cell: later, record });
    progress.listen({ kind: 'end', computed: 2, stored: 1, errored: 0 });
    progress.stop();
    return text;
  };
  const said = 'the gate leaves 1 row open: look 2 adds 3 cells, 1 answered from the store';
  assert.equal(all(false).split('\n'), [
    '1 cell',
    '[1/1] tiny / choice / none  1.50 s',
    said,
    '[2/3] tiny / choice / prompting / extraversion / plain / look 2  1.50 s',
    '',
  ]);
  assert.ok(all(true).includes(`${said}\n`));
  assert.match(all(true), /[12]\/3 {2}about/);
});

test('a terminal gets a bar with an estimate, and failures on lines of their own', () => {
  const text = written('tty', true);
  assert.match(text, /0\/2 {2}about .* left/);
  assert.match(text, /tiny \/ choice \/ prompting \/ extraversion \/ plain {2}FAILED: it broke\n/);
});

test('a reason that repeats is written once, with the count of the other cells that failed for it', () => {
  for (const [mode, isTTY] of [
    ['plain', false],
    ['tty', true],
  ] as const) {
    let text = '';
    const write = (chunk: unknown, _: unknown, done: () => void) => {
      text += String(chunk);
      done();
    };
    const stream = Object.assign(new Writable({ write }), { isTTY, columns: 80 });
    const progress = startProgress(mode, stream as unknown as NodeJS.WriteStream);
    const fail = (message: string) => progress.listen({ kind: 'cell-error', cell: prompted, code: 'x', message });
    progress.listen({ kind: 'plan', cells: 7, stored: 0 });
    for (const message of ['it broke', 'it broke', 'it broke', 'otherwise']) fail(message);
    progress.listen({ kind: 'cell-done', cell: none, record });
    for (const message of ['it broke', 'it broke']) fail(message);
    progress.stop(); // interrupted: the count is not lost
    assert.equal(text.match(/FAILED.*/g), [
      'FAILED: it broke',
      'FAILED for the same reason',
      'FAILED: otherwise',
      'FAILED: it broke',
      'FAILED for the same reason',
    ]);
    assert.equal(text.match(/\d more cells?/g), ['2 more cells', '1 more cell']);
    if (mode === 'plain') assert.match(text, /\[5\/7\] .*\n\[6\/7\] .*FAILED: it broke\n1 more cell FAILED/);
  }
});

test('none writes nothing', () => {
  assert.is(written('none', true), '');
});

test('the mode follows the terminal unless it is asked for; --quiet beats both', () => {
  assert.is(progressMode(undefined, false, { isTTY: true }), 'tty');
  assert.is(progressMode(undefined, false, {}), 'plain');
  assert.is(progressMode('plain', false, { isTTY: true }), 'plain');
  assert.is(progressMode('tty', true, { isTTY: true }), 'none');
});

test('a cell in words leaves out what it does not depend on', () => {
  assert.is(
    cellName({ ...prompted, sparsity: 'low', seed: 2 }),
    'tiny / choice / prompting / extraversion / plain / sparsity low / seed 2',
  );
});

test.run();
