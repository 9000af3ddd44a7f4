// Every setting on the engine and the bundled model: role replies and texts, twice, equal to the bit.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import type { ItemRow, RunResult } from '../../harness/record/run-record.ts';
import { BENCH } from '../support/bench.ts';
import { temporaryFolder } from '../support/folders.ts';
import { NODE, ROOT } from '../support/node.ts';
import { suite } from '../support/suite.ts';

const test = suite('settings end to end');
const out = temporaryFolder();

async function run(
  ...flags: readonly string[]
): Promise<{ readonly result: RunResult; readonly rows: readonly ItemRow[] }> {
  const args = [
    'suites/settings.yaml',
    '--limit',
    '2',
    '--out',
    out,
    '--quiet',
    '--set',
    'controls.random=0',
    ...flags,
  ];
  const child = spawn(NODE, [...BENCH, 'run', ...args], { cwd: ROOT });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  assert.is(code, 0, stderr);
  const folder = path.join(out, 'runs', readFileSync(path.join(out, 'runs', 'latest'), 'utf8').trim());
  const rows = readFileSync(path.join(folder, 'items.jsonl'), 'utf8').trim().split('\n');
  return {
    result: JSON.parse(readFileSync(path.join(folder, 'run.json'), 'utf8')),
    rows: rows.map((row) => JSON.parse(row)),
  };
}

const SOME = ['--set', 'personas.select=[extraversion, introversion]', '--filter', 'method=none method=prompting'];

test('texts are written, read and stored; a fresh run writes the same', async () => {
  const first = await run(...SOME);
  const texts = first.rows.filter(({ evaluation }) => evaluation === 'texts');
  assert.is(texts.length, 2 + 4, 'two questions of none, and of each persona');
  assert.ok(texts.every(({ texts: said }) => said?.length === 1 && said[0] !== ''));
  const roles = first.rows.filter(({ evaluation }) => evaluation === 'roles');
  assert.ok(roles.length > 0 && roles.every(({ keyed }) => keyed === 1));
  assert.ok(first.result.answerers.some(({ answerer }) => answerer === 'source-blind'));
  assert.ok(
    first.result.evaluationRows.some(({ method, figures }) => method === 'prompting' && figures.logOdds !== null),
  );
  const again = await run(...SOME, '--fresh');
  assert.equal(again.rows, first.rows);
  assert.equal(again.result.evaluationRows, first.result.evaluationRows);
  assert.equal(again.result.sections, first.result.sections);
});

test.run();
