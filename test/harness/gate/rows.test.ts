// A gate's rows say what the run's metrics say, and what they were asked is told apart by its key too.

import * as assert from 'uvu/assert';
import { mean } from '../../../base/grouped.ts';
import { contentOf, gateRows } from '../../../harness/gate/rows.ts';
import { fakeSuite } from '../../support/fake.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { runFake } from '../../support/session.ts';
import { suite } from '../../support/suite.ts';

const test = suite('rows of a gate');
const PERSONAS = fakeSuite().personas;

test('a row is aligned as the report says: without a persona too, with both poles of a trait or with one', async () => {
  for (const personas of [PERSONAS, PERSONAS.slice(0, 1)]) {
    const { result, rows } = await runFake(temporaryFolder(), { suite: { personas } });
    const gated = gateRows(result, rows(), () => true);
    assert.is(gated.length, 2);
    for (const row of gated) {
      const told = result.metrics.find(
        ({ method, scope, wording }) => method === row.name && scope === 'pooled' && wording === null,
      )!;
      const held = mean(row.answers.map(({ aligned }) => aligned));
      assert.ok(Math.abs(held - told.alignment.value) < 1e-12, `${row.name}: ${held}, ${told.alignment.value}`);
    }
  }
});

test('a question with the other option for the right one is another', () => {
  const asked = {
    question: 'Go?',
    options: [
      { text: 'yes', aligned: true },
      { text: 'no', aligned: false },
    ],
  };
  const other = { ...asked, options: asked.options.map(({ text, aligned }) => ({ text, aligned: !aligned })) };
  assert.is.not(contentOf(asked), contentOf(other));
});

test.run();
