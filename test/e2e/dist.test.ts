// What is published: the compiled package runs a suite to its reports, from a folder that is not its own.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import { temporaryFolder } from '../support/folders.ts';
import { ROOT, runNode } from '../support/node.ts';
import { suite } from '../support/suite.ts';

const test = suite('dist');
const MAIN = path.join(ROOT, 'dist/cli/main.js');

test('it runs a suite and writes every report', async () => {
  const folder = temporaryFolder();
  const flags = ['--limit', '2', '--quiet', '--filter', 'method=prompting persona=extraversion'];
  const { code, stderr } = await runNode([MAIN, 'run', 'suites/smoke.yaml', ...flags], {
    cwd: folder,
  });
  assert.is(code, 0, stderr);
  const runs = path.join(folder, '.bench/runs');
  const run = path.join(runs, readFileSync(path.join(runs, 'latest'), 'utf8').trim());
  for (const name of ['report.html', 'report.md', 'run.json', 'items.jsonl']) {
    assert.ok(existsSync(path.join(run, name)), name);
  }
  const again = await runNode([MAIN, 'report', 'latest'], { cwd: folder });
  assert.is(again.code, 0, again.stderr);
});

test('every module of reports can be loaded', async () => {
  const folder = path.join(ROOT, 'dist/reports');
  const modules = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => {
    return name.endsWith('.js') && existsSync(path.join(ROOT, 'reports', name.replace(/\.js$/, '.ts')));
  });
  assert.ok(modules.length > 20);
  for (const name of modules) await import(pathToFileURL(path.join(folder, name)).href);
});

test.run();
