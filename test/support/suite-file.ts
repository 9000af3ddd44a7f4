// A small suite in a folder of its own, and what is said when it is spoilt.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { METHODS } from '../../api/methods.ts';
import type { BenchError } from '../../base/error.ts';
import { loadSuite } from '../../harness/config/index.ts';
import type { LoadOptions } from '../../harness/config/suite.ts';
import { EVALUATIONS } from '../../harness/evaluations/index.ts';
import { temporaryFolder } from './folders.ts';

const PERSONAS = `version: 1
personas:
  warm: { trait: warmth, pole: high, opposite: cold, prompts: { plain: You are warm. }, items: items.jsonl }
  cold: { trait: warmth, pole: low, opposite: warm, prompts: { plain: You are cold. }, items: items.jsonl }
  lone: { trait: other, pole: high, prompts: { plain: You are alone. }, items: items.jsonl }
  bare: { trait: bare, pole: high, opposite: full, prompts: { plain: You are bare. } }
  full: { trait: bare, pole: low, opposite: bare, prompts: { plain: You are full. } }
`;
const ITEM = {
  id: 'w1',
  trait: 'warmth',
  persona: 'warm',
  keying: '+',
  split: 'evaluation',
  question: 'And now?',
  options: [
    { text: 'A hug.', matching: true },
    { text: 'A nod.', matching: false },
  ],
};
export const SUITE = `version: 1
name: mine
models: [persona-nano]
personas: { file: personas.yaml, select: [warm, cold] }
evaluations:
  - { id: choice, kind: choice }
methods:
  - { id: none, method: none }
  - { id: asked, method: prompting }
`;

/** The path of `suite` beside its personas and items, and `files`. */
export function suiteFolder(suite: string, files: Readonly<Record<string, string>> = {}): string {
  const place = temporaryFolder();
  const all = { 'suite.yaml': suite, 'personas.yaml': PERSONAS, 'items.jsonl': `${JSON.stringify(ITEM)}\n`, ...files };
  for (const [name, text] of Object.entries(all)) writeFileSync(join(place, name), text);
  return join(place, 'suite.yaml');
}

export const load = (suite: string, options: Partial<LoadOptions> = {}, files?: Readonly<Record<string, string>>) =>
  loadSuite(suiteFolder(suite, files), { registry: METHODS, kinds: EVALUATIONS, ...options });

/** Loads and returns the error; fails when there is none. */
export async function refused(
  suite: string,
  options: Partial<LoadOptions> = {},
  files?: Readonly<Record<string, string>>,
): Promise<BenchError> {
  try {
    await load(suite, options, files);
  } catch (error) {
    assert.is((error as Error).name, 'BenchError', String((error as Error).stack));
    return error as BenchError;
  }
  throw new Error('nothing was refused');
}

/** The message holds each part. */
export async function says(suite: string, ...parts: readonly RegExp[]): Promise<void> {
  const { message, hint } = await refused(suite);
  for (const part of parts) assert.match(message, part);
  assert.ok(hint);
}
