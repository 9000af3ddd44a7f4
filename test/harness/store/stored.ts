// A cell with its outcomes, ready to be stored, and folders for stores.

import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { EVALUATIONS } from '../../../harness/evaluations/index.ts';
import type { Cell } from '../../../harness/plan/cell.ts';
import { expand } from '../../../harness/plan/expand.ts';
import { storeKey } from '../../../harness/plan/identity.ts';
import type { CellRecord } from '../../../harness/record/cell-record.ts';
import type { Finished } from '../../../harness/store/store.ts';
import { DEVICE, DIGESTS, fakeEngine, fakeEvaluate, fakeSuite, fakeText, METHODS } from '../../support/fake.ts';

const folders: string[] = [];
export function folder(): string {
  const made = mkdtempSync(path.join(os.tmpdir(), 'bench-store-'));
  folders.push(made);
  return made;
}

/** Removes them. */
export function removeFolders(): void {
  for (const made of folders) rmSync(made, { recursive: true, force: true });
}

export const cell = expand(fakeSuite(), METHODS, EVALUATIONS, new Map([['tiny', DIGESTS]]))[1] as Cell;
export const key = storeKey(cell.id, DEVICE.deviceClass, 'k');
export const outcomes = await fakeEvaluate({ loads: 0, evaluations: 0 })({
  engine: fakeEngine(),
  text: fakeText(),
  evaluation: cell.evaluation,
  items: cell.items,
  prepared: {
    variant: { id: 'dense' },
    wrap: async ({ text }) => ({ text }),
  },
});
export const record: CellRecord = {
  id: cell.id,
  key,
  cost: { setupMs: 1, artefactBytes: 0, trainedParameters: 0 },
  counters: fakeEngine().counters(),
  scoringMs: 2,
  figures: {},
  tax: null,
  spoken: [],
};
export const finished: Finished = {
  record,
  outcomes,
  artefacts: [],
  prompts: new Map(),
  deviceClass: DEVICE.deviceClass,
  kernels: 'k',
};
export const place = (root: string) => path.join(root, key.slice(0, 2), key);
