// Whether a small model knows the words that it is asked: the bundled fixture does those of the bundled suites, and not a
// support desk's.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { METHODS } from '../../../api/methods.ts';
import { loadSuite } from '../../../harness/config/index.ts';
import { EVALUATIONS } from '../../../harness/evaluations/index.ts';
import { withControls } from '../../../harness/plan/controls.ts';
import { expand } from '../../../harness/plan/expand.ts';
import { vocabularyWarnings } from '../../../harness/plan/vocabulary.ts';
import { loadText } from '../../../harness/text/index.ts';
import { DIGESTS, fakeSuite } from '../../support/fake.ts';
import { ROOT } from '../../support/node.ts';
import { suite } from '../../support/suite.ts';

const test = suite('vocabulary');
const folder = join(ROOT, 'models/persona-nano');
const { vocab_size: vocab } = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
const nano = await loadText(folder, { vocab });

test('the bundled suites use words of the fixture', async () => {
  for (const name of ['smoke', 'ci']) {
    const loaded = await loadSuite(join(ROOT, `suites/${name}.yaml`), { registry: METHODS, kinds: EVALUATIONS });
    const whole = withControls(loaded, METHODS, EVALUATIONS);
    const digests = new Map(whole.models.map(({ id }) => [id, DIGESTS]));
    const cells = expand(whole, METHODS, EVALUATIONS, digests);
    for (const { id } of whole.models) assert.equal(vocabularyWarnings(id, nano, whole, cells), [], name);
  }
});

test('words that it never read are said with their share and examples; of a large vocabulary nothing is said', () => {
  const whole = fakeSuite();
  const options = ['We refund the shipment within thirty days.', 'Our policy forbids a refund of the shipment.'];
  const personas = whole.personas.map((persona) => ({
    ...persona,
    prompts: { plain: 'You apologise and escalate every complaint about a shipment.' },
    items: persona.items.map((item) => ({
      ...item,
      options: item.options.map(({ matching }) => ({ matching, text: options[Number(matching)]! })),
    })),
  }));
  const cells = expand({ ...whole, personas }, METHODS, EVALUATIONS, new Map([['tiny', DIGESTS]]));
  const said = vocabularyWarnings('tiny', nano, { personas }, cells);
  assert.is(said.length, 1);
  assert.match(
    said[0]!,
    /^model tiny does not know \d\d % of the words in the items and \d\d % of the words in the prompts \(.*refund.*\)/,
  );
  assert.equal(vocabularyWarnings('tiny', { ...nano, vocabulary: 50_000 }, { personas }, cells), []);
});

test.run();
