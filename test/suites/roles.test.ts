// The bundled role replies: what check-roles.mjs finds, that it finds planted faults, and that the file is what is made.

import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { isComplete, type RoleReply, readRoleReplies } from '../../harness/datasets/role-reply.ts';
import { temporaryFolder } from '../support/folders.ts';
import { ROOT, runNode } from '../support/node.ts';
import { suite } from '../support/suite.ts';

const test = suite('bundled role replies');
const FILE = join(ROOT, 'suites/items/roles.json');

/** What the scripts read, to be spoilt. */
function copied(): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'models/recipe'), { recursive: true });
  for (const name of ['suites', 'personas.yaml', 'models/recipe/lexicon.json']) {
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

test('70 rows of 30 questions, three of each persona, every reply right for one who asks', async () => {
  const { rows } = await readRoleReplies(FILE);
  assert.is(rows.length, 70);
  const groups = new Map<string, RoleReply[]>();
  for (const row of rows) groups.set(row.group, [...(groups.get(row.group) ?? []), row]);
  assert.is(groups.size, 30);
  assert.ok([...groups.values()].every(isComplete));
  const roles = new Map<string, number>();
  for (const [{ role }] of [...groups.values()] as [RoleReply][]) roles.set(role, (roles.get(role) ?? 0) + 1);
  assert.equal(
    [...roles.values()],
    Array.from({ length: 10 }, () => 3),
  );
});

test('check-roles.mjs finds nothing wrong, and finds planted faults', async () => {
  const { code, stdout, stderr } = await runNode(['suites/items/check-roles.mjs']);
  assert.is(code, 0, stderr);
  assert.match(stdout, /all of it holds/);
  const folder = copied();
  const rows = JSON.parse(readFileSync(FILE, 'utf8')) as Record<string, string>[];
  const broken = rows.map((row, k) => {
    if (k === 0) return { ...row, gt_answer: rows[1]!.gt_answer };
    if (k === 2) return { ...row, source_role: 'Your pulse' };
    return row;
  });
  writeFileSync(join(folder, 'suites/items/roles.json'), JSON.stringify(broken));
  const found = await runNode([join(folder, 'suites/items/check-roles.mjs')]);
  assert.is(found.code, 1);
  assert.match(found.stderr, /not every reply is right once/);
  assert.match(found.stderr, /a reply names "pulse", who asks/);
});

test('roles.json is what make-roles.mjs makes', async () => {
  const folder = copied();
  await runNode([join(folder, 'suites/items/make-roles.mjs')]);
  assert.is(readFileSync(join(folder, 'suites/items/roles.json'), 'utf8'), readFileSync(FILE, 'utf8'));
});

test.run();
