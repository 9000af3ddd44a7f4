// Children of a test: the Node that runs them (a wrapper may stand before it), and the repository's root.

import { spawn } from 'node:child_process';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Under a dynamic loader (`ld-linux … node`), process.execPath is the loader: its `node-lvp` starts Node again. */
export const NODE =
  process.env.NODE_BIN ??
  (basename(process.execPath).startsWith('ld-linux') ? join(dirname(process.execPath), 'node-lvp') : process.execPath);

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

/** Runs Node with `args` in the repository's root and waits for its end; killed after `timeoutMs`. */
export function runNode(
  args: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly timeoutMs?: number; readonly cwd?: string } = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(NODE, [...args], {
      cwd: options.cwd ?? ROOT,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeoutMs ?? 600_000,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr, ms: performance.now() - start }));
  });
}

/** Runs a TypeScript module given as text, in the repository's root, so that it imports `./gpu/device/device.ts`. */
export function runScript(code: string, options: Parameters<typeof runNode>[1] = {}): Promise<Ended> {
  return runNode(['--expose-gc', '--import', 'tsx', '--input-type=module', '--eval', code], options);
}
