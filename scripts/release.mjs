// npm run release -- VERSION [--dry-run]: sets the version, dates its heading in CHANGELOG.md, commits and tags. Refuses a tree with
// changes, a branch other than main, a version that is not above the last, a tag that exists, and a changelog without entries. It
// pushes and publishes nothing.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const VERSION = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/;

/** Ends with a reason and a next step; nothing was changed before. */
class Refusal extends Error {
  constructor(message, hint) {
    super(message);
    this.hint = hint;
  }
}

function main() {
  const { values, positionals } = parseArgs({ options: { 'dry-run': { type: 'boolean' } }, allowPositionals: true });
  const [version] = positionals;
  if (positionals.length !== 1 || !VERSION.test(version)) {
    throw new Refusal(`"${positionals.join(' ')}" is not a version`, 'npm run release -- 0.2.0');
  }
  const root = git(process.cwd(), 'rev-parse', '--show-toplevel');
  const dryRun = values['dry-run'] === true;
  const steps = planOf(root, version, new Date().toISOString().slice(0, 10));
  for (const { said, act } of steps) {
    console.log(`${dryRun ? 'would ' : ''}${said}`);
    if (!dryRun) act();
  }
  if (!dryRun) console.log(`\nNext: git push --follow-tags, and npm publish where it is to be published`);
}

/** Everything that can be refused is refused here; the steps only write. */
function planOf(root, version, date) {
  const changed = git(root, 'status', '--porcelain');
  if (changed !== '') {
    throw new Refusal(
      `the tree has changes:\n${changed}`,
      'commit them, or put them aside: git stash --include-untracked',
    );
  }
  const branch = git(root, 'rev-parse', '--abbrev-ref', 'HEAD');
  if (branch !== 'main') throw new Refusal(`the branch is ${branch}`, 'git switch main');
  const tag = `v${version}`;
  if (git(root, 'tag', '--list', tag) !== '') throw new Refusal(`the tag ${tag} exists`, 'choose the next version');
  const tagged = git(root, 'tag', '--list', 'v*')
    .split('\n')
    .filter((name) => VERSION.test(name.slice(1)));
  const newest = tagged
    .map((name) => name.slice(1))
    .sort(order)
    .at(-1);
  if (newest !== undefined && order(version, newest) <= 0) {
    throw new Refusal(`${version} is not above ${newest}`, 'choose the next version');
  }
  const files = new Map([
    ['package.json', (text) => withVersion(text, version)],
    ['package-lock.json', (text) => withVersion(text, version)],
    ['CHANGELOG.md', (text) => dated(text, version, date)],
  ]);
  const texts = new Map([...files].map(([name, edit]) => [name, edit(readFileSync(join(root, name), 'utf8'))]));
  return [
    {
      said: `write ${[...texts.keys()].join(', ')}: version ${version}, ${date}`,
      act: () => {
        for (const [name, text] of texts) writeFileSync(join(root, name), text);
      },
    },
    {
      said: `commit "Release ${version}"`,
      act: () => git(root, 'commit', '--quiet', '--all', '--message', `Release ${version}`),
    },
    { said: `tag ${tag}`, act: () => git(root, 'tag', '--annotate', tag, '--message', `persona-bench ${version}`) },
  ];
}

/** package.json names its version once, package-lock.json twice: of the package itself. */
function withVersion(text, version) {
  const content = JSON.parse(text);
  content.version = version;
  if (content.packages?.['']) content.packages[''].version = version;
  return `${JSON.stringify(content, null, 2)}\n`;
}

/** The changelog with its first heading, `## X (unreleased)`, dated. */
function dated(text, version, date) {
  const heading = /^## (?:(\S+) \()?[Uu]nreleased\)?$/m.exec(text);
  if (heading === null)
    throw new Refusal('CHANGELOG.md has no unreleased heading', 'write "## Unreleased" and what changed');
  if (heading[1] !== undefined && heading[1] !== version) {
    throw new Refusal(`CHANGELOG.md is about ${heading[1]}`, `npm run release -- ${heading[1]}, or change its heading`);
  }
  const after = text.slice(heading.index + heading[0].length);
  const section = after.split(/^## /m, 1)[0] ?? '';
  if (!/^- /m.test(section)) throw new Refusal('CHANGELOG.md says nothing about this version', 'write what changed');
  return `${text.slice(0, heading.index)}## ${version} (${date})${after}`;
}

/** Order of two versions, as of numbers. */
function order(a, b) {
  const [x, y] = [a, b].map((version) => version.split('.').map(Number));
  return x[0] - y[0] || x[1] - y[1] || x[2] - y[2];
}

function git(cwd, ...args) {
  try {
    return execFileSync('git', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trimEnd();
  } catch (error) {
    throw new Refusal(`git ${args[0]}: ${String(error.stderr ?? error.message).trim()}`, 'run it in the repository');
  }
}

try {
  main();
} catch (error) {
  if (!(error instanceof Refusal) && error.code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION') throw error;
  console.error(`error: ${error.message}\n  ${error.hint ?? 'npm run release -- VERSION [--dry-run]'}`);
  process.exitCode = 2;
}
