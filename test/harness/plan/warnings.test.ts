// What a valid suite lacks: texts that a method is made from, and items of the tuning split.

import * as assert from 'uvu/assert';
import type { Suite } from '../../../harness/config/resolved.ts';
import { EVALUATIONS } from '../../../harness/evaluations/index.ts';
import type { Method } from '../../../harness/method/method.ts';
import { expand } from '../../../harness/plan/expand.ts';
import { planWarnings } from '../../../harness/plan/warnings.ts';
import { DIGESTS, fakeSuite, METHODS } from '../../support/fake.ts';
import { suite } from '../../support/suite.ts';

const test = suite('warnings of a plan');
const none = METHODS.get('none') as Method;
const mask: Method = { ...none, name: 'mask', axes: ['persona'], reads: ['calibration'], tunes: true };
const registry = new Map([...METHODS, ['mask', mask]]);
const methods = [{ id: 'cut', method: 'mask', control: false, options: {} }];

function warned(change: (persona: Suite['personas'][number]) => Suite['personas'][number], own: Partial<Suite> = {}) {
  const whole = fakeSuite({ methods, ...own });
  const changed = { ...whole, personas: whole.personas.map(change) };
  const cells = expand(changed, registry, EVALUATIONS, new Map([['tiny', DIGESTS]]));
  return planWarnings(changed, registry, cells);
}
const texts = (n: number) => Array.from({ length: n }, (_, k) => ({ answer: `text ${k}` }));
const tuning: Suite['personas'][number]['items'][number]['split'] = 'tuning';

test('a persona without calibration texts is named with the methods that are made from them', () => {
  const said = warned((persona) => ({ ...persona, calibration: [] }));
  assert.ok(
    said.includes('persona extraversion has no calibration texts, which cut are made from: their cells will fail'),
  );
});

test('a single text a pole is said to be too few, and two dozen are enough', () => {
  assert.match(
    warned((persona) => ({ ...persona, calibration: texts(1) })).join('\n'),
    /has 1 calibration texts, .* two dozen/,
  );
  assert.not.match(warned((persona) => ({ ...persona, calibration: texts(24) })).join('\n'), /calibration/);
});

test('without items to tune on it is said that no sparsity is chosen', () => {
  const untuned = warned((persona) => ({
    ...persona,
    items: persona.items.filter(({ split }) => split !== tuning),
    calibration: texts(24),
  }));
  assert.match(
    untuned.join('\n'),
    /persona extraversion has no items of the tuning split: no sparsity is chosen for cut/,
  );
});

test('methods that read no texts need none', () => {
  assert.equal(
    warned((persona) => ({ ...persona, calibration: [] }), {
      methods: [{ id: 'plain', method: 'prompting', control: false, options: {} }],
    }),
    [],
  );
});

test.run();
