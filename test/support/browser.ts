// A real browser for the report: BENCH_CHROMIUM, the system's Chromium or Chrome, or the one inside the optional package
// that brings SwiftShader.

import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const LAUNCH_MS = 240_000;

function installed(): string | undefined {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name))).find((file) => existsSync(file));
}

async function bundled(): Promise<string | undefined> {
  try {
    return await (await import('@sparticuz/chromium')).default.executablePath();
  } catch {
    return undefined;
  }
}

/** Throws where no browser starts. */
export async function openBrowser(): Promise<Browser> {
  const failures: string[] = [];
  for (const find of [async () => process.env.BENCH_CHROMIUM || undefined, async () => installed(), bundled]) {
    const executablePath = await find();
    if (executablePath === undefined) continue;
    try {
      // Root in a container has no sandbox; the pages are ours, and what they hold is escaped.
      return await chromium.launch({ executablePath, args: ['--no-sandbox'], timeout: LAUNCH_MS });
    } catch (error) {
      failures.push(`${executablePath}: ${String(error).split('\n')[0]}`);
    }
  }
  throw new Error(`no browser starts: install chromium, or name one by BENCH_CHROMIUM\n${failures.join('\n')}`);
}
