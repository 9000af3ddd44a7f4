// What a valid suite lacks: texts that a method is made from, and items of the tuning split.

import * as assert from 'uvu/assert';
import { METHODS as BUNDLED } from '../../../api/methods.ts';
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
  assert.ok(said.includes('persona extraversion has no calibration texts, which cut needs: cells will fail'));
});

test('a single text a pole is said to be too few, and two dozen are enough', () => {
  assert.match(
    warned((persona) => ({ ...persona, calibration: texts(1) })).join('\n'),
    /has 1 calibration text, .* two dozen/,
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

/** What is said of the bundled methods, on personas that have everything but what `without` takes away. */
function bundled(
  method: string,
  options: Readonly<Record<string, unknown>>,
  without: (persona: Suite['personas'][number]) => Partial<Suite['personas'][number]> = () => ({}),
  own: Partial<Suite> = {},
): readonly string[] {
  const entry = { id: 'it', method, control: false, options };
  const whole = fakeSuite({ methods: [entry], ...own });
  const full = whole.personas.map((persona) => ({
    ...persona,
    description: 'Someone.',
    calibration: Array.from({ length: 24 }, (_, k) => ({ question: 'q', answer: `text ${k}` })),
    items: [
      ...persona.items,
      ...persona.items.slice(0, 6).map((item) => ({ ...item, id: `c-${item.id}`, split: 'calibration' as const })),
    ],
  }));
  const changed = { ...whole, personas: full.map((persona) => ({ ...persona, ...without(persona) })) };
  const cells = expand(changed, BUNDLED, EVALUATIONS, new Map([['tiny', DIGESTS]]));
  return planWarnings(changed, BUNDLED, cells);
}
const only = (split: string) => (persona: Suite['personas'][number]) => ({
  items: persona.items.filter((item) => item.split === 'evaluation' || item.split === split),
});
const noTexts = () => ({ calibration: [] });
const shuffled = { score: 'contrastive-wanda', texts: 'shuffled' };

test('what each bundled method can only fail without is named; nothing is where all is there', () => {
  const sparsity = [{ label: 'half', value: 0.5 }];
  for (const [method, options, without, what] of [
    ['prompting', { choose: 'best-of' }, only('calibration'), 'items of the tuning split'],
    ['few-shot', { k: 4 }, only('tuning'), '4 items of the calibration split'],
    ['few-shot', { k: 'tuned', candidates: [2, 4] }, only('calibration'), 'items of the tuning split'],
    ['few-shot', { from: 'texts', k: 2 }, noTexts, '2 calibration texts with a question'],
    ['lora', { from: 'texts' }, noTexts, 'calibration texts'],
    ['lora', { from: 'items' }, only('tuning'), 'items of the calibration split'],
    ['steering', { layers: [0, 1], coefficient: 1 }, noTexts, 'calibration texts'],
    ['steering', { coefficient: 'tuned' }, only('calibration'), 'items of the tuning split'],
    ['subnetwork', { score: 'wanda' }, noTexts, 'calibration texts'],
    ['subnetwork', shuffled, () => ({ calibration: [{ answer: 'one' }] }), 'second calibration text'],
    ['rag', { k: 2 }, () => ({ description: '' }), 'description to search for'],
  ] as const) {
    const name = `${method} ${JSON.stringify(options)}`;
    const shared = {
      sparsity,
      library: [{ id: 'p', text: 'a passage', persona: 'extraversion', trait: 'extraversion' }],
    };
    assert.not.match(bundled(method, options, undefined, shared).join('\n'), /will fail/, name);
    const said = bundled(method, options, without, shared);
    assert.ok(
      said.includes(`persona extraversion has no ${what}, which it needs: cells will fail`),
      `${name}: ${said}`,
    );
  }
});

test('lora on texts and items fails only without both; prompting with one wording has nothing to choose', () => {
  assert.equal(bundled('lora', { from: 'both', 'evaluate-every': 0 }, noTexts), []);
  assert.match(
    bundled('lora', { from: 'both' }, (persona) => ({ ...noTexts(), ...only('tuning')(persona) })).join('\n'),
    /no calibration texts or items of the calibration split, which it needs/,
  );
  assert.equal(bundled('prompting', { choose: 'best-of', wordings: ['plain'] }, only('calibration')), []);
  assert.match(
    bundled('prompting', { choose: 'best-of', wordings: ['plain'], place: 'tuned' }, only('calibration')).join('\n'),
    /tuning split/,
  );
});

test('neutral texts and knowledge that a method needs are missed once', () => {
  const sparsity = [{ label: 'half', value: 0.5 }];
  const generic = bundled('subnetwork', { score: 'wanda', texts: 'generic' }, undefined, { sparsity, neutral: [] });
  assert.equal(generic, ['the personas file has no neutral texts, which it needs: cells will fail']);
  const rag = bundled('rag', { k: 2 }, undefined, { library: [] });
  assert.equal(rag, ['the personas file has no knowledge, which it needs: cells will fail']);
});

test('a gated method that the plan asks nothing is named', () => {
  const whole = fakeSuite();
  const gate = { rows: ['prompting', 'none'] } as unknown as NonNullable<Suite['gate']>;
  const cells = expand(whole, METHODS, EVALUATIONS, new Map([['tiny', DIGESTS]]));
  assert.equal(planWarnings({ ...whole, gate }, METHODS, cells), []);
  const filtered = cells.filter(({ method }) => method !== 'prompting');
  assert.equal(planWarnings({ ...whole, gate }, METHODS, filtered), [
    'gate.rows names prompting, which the plan asks nothing: the gate cannot pass',
  ]);
});

test.run();
