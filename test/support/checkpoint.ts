// Checkpoint folders for tests, and the refusal of unsound ones.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { BenchError } from '../../base/error.ts';
import { openCheckpoint } from '../../formats/checkpoint/open.ts';
import { temporaryFolder } from './folders.ts';

/** A folder with a config.json and the given file as weights. */
export function folderWith(weights: Uint8Array | null): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'config.json'), '{}');
  if (weights) writeFileSync(join(folder, 'model.safetensors'), weights);
  return folder;
}

/** Opening `folder` fails with this code, message and place, and a hint. */
export async function refused(folder: string, code: string, message: RegExp, where: RegExp): Promise<void> {
  const error = await openCheckpoint(folder).then(
    () => assert.unreachable(`${message} was not refused`),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof BenchError, String(error));
  assert.is(error.code, code);
  assert.match(error.message, message);
  assert.match(error.where ?? '', where);
  assert.ok((error.hint ?? '').length > 20, 'no hint');
}
