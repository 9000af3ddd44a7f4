// scripts/release.mjs in repositories made for it: what it writes, that a dry run writes nothing, and all that it refuses.

import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { temporaryFolder } from '../support/folders.ts';
import { NODE, ROOT } from '../support/node.ts';
import { suite } from '../support/suite.ts';

const test = suite('release');
const SCRIPT = path.join(ROOT, 'scripts', 'release.mjs');
const CHANGELOG = '# Changelog\n\n## 0.2.0 (unreleased)\n\n- A new verb.\n\n## 0.1.0 (2026-01-02)\n\n- The first.\n';
const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** A repository on main with everything committed, and 0.1.0 tagged. */
function repository(changelog = CHANGELOG): string {
  const folder = temporaryFolder();
  const lock = { name: 'x', version: '0.1.0', lockfileVersion: 3, packages: { '': { name: 'x', version: '0.1.0' } } };
  writeFileSync(path.join(folder, 'package.json'), json({ name: 'x', version: '0.1.0', type: 'module' }));
  writeFileSync(path.join(folder, 'package-lock.json'), json(lock));
  writeFileSync(path.join(folder, 'CHANGELOG.md'), changelog);
  git(folder, 'init', '--quiet', '--initial-branch', 'main');
  git(folder, 'config', 'user.name', 'a tester');
  git(folder, 'config', 'user.email', 'tester@example.org');
  git(folder, 'add', '.');
  git(folder, 'commit', '--quiet', '--message', 'all');
  git(folder, 'tag', 'v0.1.0');
  return folder;
}

const git = (cwd: string, ...args: readonly string[]): string =>
  execFileSync('git', args, { cwd, encoding: 'utf8' }).trim();
const release = (cwd: string, ...args: readonly string[]) =>
  spawnSync(NODE, [SCRIPT, ...args], { cwd, encoding: 'utf8' });
const read = (folder: string, name: string): string => readFileSync(path.join(folder, name), 'utf8');

/** Refused with exit code 2, the reason, and a tree as it was. */
function refused(folder: string, args: readonly string[], reason: RegExp): void {
  const before = [git(folder, 'rev-parse', 'HEAD'), git(folder, 'tag'), git(folder, 'status', '--porcelain')];
  const { status, stderr } = release(folder, ...args);
  assert.is(status, 2, stderr);
  assert.match(stderr, reason);
  assert.equal([git(folder, 'rev-parse', 'HEAD'), git(folder, 'tag'), git(folder, 'status', '--porcelain')], before);
}

test('a dry run says each step and changes nothing', () => {
  const folder = repository();
  const head = git(folder, 'rev-parse', 'HEAD');
  const { status, stdout, stderr } = release(folder, '0.2.0', '--dry-run');
  assert.is(status, 0, stderr);
  const date = new Date().toISOString().slice(0, 10);
  assert.is(
    stdout,
    `would write package.json, package-lock.json, CHANGELOG.md: version 0.2.0, ${date}\n` +
      'would commit "Release 0.2.0"\nwould tag v0.2.0\n',
  );
  assert.is(git(folder, 'rev-parse', 'HEAD'), head);
  assert.is(git(folder, 'tag'), 'v0.1.0');
  assert.is(git(folder, 'status', '--porcelain'), '');
  assert.is(read(folder, 'CHANGELOG.md'), CHANGELOG);
});

test('a release sets the versions, dates the heading, commits and tags', () => {
  const folder = repository();
  const { status, stderr } = release(folder, '0.2.0');
  assert.is(status, 0, stderr);
  const date = new Date().toISOString().slice(0, 10);
  assert.is(read(folder, 'CHANGELOG.md'), CHANGELOG.replace('0.2.0 (unreleased)', `0.2.0 (${date})`));
  assert.is(read(folder, 'package.json'), json({ name: 'x', version: '0.2.0', type: 'module' }));
  const lock = JSON.parse(read(folder, 'package-lock.json'));
  assert.equal([lock.version, lock.packages[''].version], ['0.2.0', '0.2.0']);
  assert.is(git(folder, 'log', '-1', '--format=%s'), 'Release 0.2.0');
  assert.is(git(folder, 'rev-parse', 'v0.2.0^{commit}'), git(folder, 'rev-parse', 'HEAD'));
  assert.is(git(folder, 'status', '--porcelain'), '');
});

test('a tree with changes, another branch, an old version, a wrong changelog: refused', () => {
  const dirty = repository();
  writeFileSync(path.join(dirty, 'new.txt'), 'x');
  refused(dirty, ['0.2.0'], /the tree has changes:\n\?\? new\.txt\n {2}commit them/);
  refused(dirty, ['0.2.0', '--dry-run'], /the tree has changes/);

  const elsewhere = repository();
  git(elsewhere, 'switch', '--quiet', '--create', 'work');
  refused(elsewhere, ['0.2.0'], /the branch is work\n {2}git switch main/);

  refused(repository(), ['0.1.0'], /the tag v0\.1\.0 exists/);
  refused(repository(), ['0.0.9'], /0\.0\.9 is not above 0\.1\.0/);
  refused(repository(), ['0.3.0'], /CHANGELOG\.md is about 0\.2\.0/);
  refused(repository(), ['next'], /"next" is not a version/);
  refused(repository(), [], /is not a version/);
  refused(repository(), ['0.2.0', '--force'], /Unknown option '--force'/);
  refused(repository('# Changelog\n\n## 0.1.0 (2026-01-02)\n\n- The first.\n'), ['0.2.0'], /no unreleased heading/);
  refused(repository('# Changelog\n\n## Unreleased\n\n## 0.1.0 (2026-01-02)\n\n- x\n'), ['0.2.0'], /says nothing/);
});

test('versions are ordered as numbers', () => {
  const folder = repository('# Changelog\n\n## Unreleased\n\n- x\n');
  git(folder, 'tag', 'v0.10.0');
  refused(folder, ['0.9.0'], /0\.9\.0 is not above 0\.10\.0/);
  assert.is(release(folder, '0.11.0', '--dry-run').status, 0);
});

test("every heading of the repository's changelog is a version with its date, or unreleased", () => {
  const headings = read(ROOT, 'CHANGELOG.md').match(/^## .*$/gm) ?? [];
  assert.ok(headings.length > 0);
  for (const [k, heading] of headings.entries()) {
    assert.match(
      heading,
      k === 0
        ? /^## (?:Unreleased|\d+\.\d+\.\d+ \((?:unreleased|\d{4}-\d\d-\d\d)\))$/
        : /^## \d+\.\d+\.\d+ \(\d{4}-\d\d-\d\d\)$/,
    );
  }
});

test.run();
