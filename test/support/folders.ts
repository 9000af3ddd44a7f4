// Folders of a test: ones that are removed when the process ends, and those that may lie beside the checkout.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const made: string[] = [];
process.once('exit', () => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** A new empty folder, gone when the process ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bench-test-'));
  made.push(folder);
  return folder;
}

/** Small random models with numbers of Hugging Face's transformers: folders of test/fixtures/families. */
export const FAMILIES: readonly string[] = [
  'llama3',
  'llama-bf16',
  'mistral',
  'qwen2',
  'qwen3',
  'gpt2',
  'gpt_neox',
  'gpt_neox-sequential',
];

/** A path in test/fixtures. */
export function fixture(path: string): string {
  return join(root, 'test/fixtures', path);
}

/** A path in ../shared, or null, with a line that says so, where that folder is not there. */
export function shared(path: string): string | null {
  const full = join(root, '../shared', path);
  if (existsSync(full)) return full;
  console.log(`not tested: ${full} is absent`);
  return null;
}
