// Compiles to dist/ and copies what the compiler leaves behind: kernels, JSON schemas, and the page's style and scripts.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
rmSync(`${root}dist`, { recursive: true, force: true });
const compiler = [`${root}node_modules/typescript/bin/tsc`, '-p', `${root}tsconfig.build.json`];
const { status } = spawnSync(process.execPath, compiler, { stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);
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
