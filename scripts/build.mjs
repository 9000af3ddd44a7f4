// Compiles to dist/, keeps the declarations of the entry points, and copies what the compiler leaves behind: kernels, JSON
// schemas, and the page's style and scripts.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { trimDeclarations } from './declarations.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
rmSync(`${root}dist`, { recursive: true, force: true });
const compiler = [`${root}node_modules/typescript/bin/tsc`, '-p', `${root}tsconfig.build.json`];
const { status } = spawnSync(process.execPath, compiler, { stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);
const { exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
const entries = Object.values(exports).flatMap(({ types }) =>
  types === undefined ? [] : [types.slice('./dist/'.length)],
);
const packages = trimDeclarations(`${root}dist`, entries);
if (packages.length > 0) {
  // A consumer would need their types too.
  console.error(`the declarations name ${packages.join(', ')}: keep types of packages out of the API`);
  process.exit(1);
}
for (const folder of ['base', 'formats', 'cli', 'gpu', 'harness', 'reports', 'baselines']) {
  cpSync(`${root}${folder}`, `${root}dist/${folder}`, {
    recursive: true,
    // A script of the page must not lie where a module was compiled to.
    force: false,
    errorOnExist: true,
    filter: (path) => !/\.(ts|md)$/.test(path),
  });
}
chmodSync(`${root}dist/cli/main.js`, 0o755);
