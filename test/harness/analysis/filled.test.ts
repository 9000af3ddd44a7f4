// The warning of masks that are filled by Wanda's score: which are named, and above which share.

import * as assert from 'uvu/assert';
import { filledNotes, MOST_FILLED } from '../../../harness/analysis/filled.ts';
import type { MethodEntry } from '../../../harness/config/resolved.ts';
import type { Cell, CellResult } from '../../../harness/plan/cell.ts';
import { fakeSuite } from '../../support/fake.ts';
import { test } from '../../support/suite.ts';

const masked = (id: string, more: Partial<MethodEntry> = {}): MethodEntry => ({
  ...{ id, method: 'subnetwork', control: false, options: {}, ...more },
});
const whole = fakeSuite({
  methods: [masked('contrast'), masked('drawn', { control: true }), { ...masked('other'), method: 'lora' }],
});
const result = (method: string, persona: string, filled: number, seed = 0) => {
  const cell = { model: 'tiny', method, persona, sparsity: 'middle', seed } as Cell;
  return { cell, stored: { record: { figures: { filled } } } } as unknown as CellResult;
};

test('personas whose masks are filled above the share are named with it, by row', () => {
  assert.is(MOST_FILLED, 0.2);
  const notes = filledNotes(whole, [
    result('contrast', 'hallucinating', 0.96),
    result('contrast', 'hallucinating', 0.92, 1),
    result('contrast', 'power', 0.3),
    result('contrast', 'truthful', 0.2),
    result('drawn', 'power', 0.9),
    result('other', 'power', 0.9),
  ]);
  assert.is(notes.length, 1);
  assert.match(
    notes[0]!,
    /^contrast at middle of tiny: .*: 96\.0 % of hallucinating and 30\.0 % of power \(more than 20\.0 %/,
  );
});

test('no note where none is, also of cells that failed or say nothing of it', () => {
  const failed = { ...result('contrast', 'power', 1), stored: null } as CellResult;
  const silent = { ...result('contrast', 'power', 1), stored: { record: { figures: {} } } } as unknown as CellResult;
  assert.equal(filledNotes(whole, [result('contrast', 'power', 0.1), failed, silent]), []);
});

test.run();
