// A project that has installed the package: `npm pack`, unpacked into its node_modules, with the packages that it depends
// on where only it finds them.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { temporaryFolder } from './folders.ts';
import { ROOT } from './node.ts';

/** The project's folder; the examples lie in `examples/`. `npm run build` must have been run. */
export function consumerProject(): string {
  const folder = temporaryFolder();
  const installed = path.join(folder, 'node_modules', 'persona-bench');
  mkdirSync(installed, { recursive: true });
  const flags = ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder];
  execFileSync('npm', flags, { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
  execFileSync('tar', ['-xzf', path.join(folder, tarball), '--strip-components=1', '-C', installed]);
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(installed, 'node_modules'));
  writeFileSync(path.join(folder, 'package.json'), '{ "name": "consumer", "private": true, "type": "module" }\n');
  cpSync(path.join(ROOT, 'examples'), path.join(folder, 'examples'), { recursive: true });
  return folder;
}
