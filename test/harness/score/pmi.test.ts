// The scorer pmi: what is subtracted, and that it is the same for every method.

import * as assert from 'uvu/assert';
import { DENSE, type Sequence, type Variant } from '../../../gpu/index.ts';
import { SCORERS, type Scorer } from '../../../harness/config/resolved.ts';
import { choice } from '../../../harness/evaluations/choice.ts';
import type { Question } from '../../../harness/method/method.ts';
import { evaluateChoice } from '../../../harness/score/index.ts';
import type { Prompt } from '../../../harness/text/index.ts';
import { suite } from '../../support/suite.ts';
import { evaluation, FakeEngine, fakeText, item, spell } from './fakes.ts';

const test = suite('pmi');

const bare = async ({ text }: Question): Promise<Prompt> => ({ messages: [{ role: 'user', content: text }] });
const hidden = { show: false, template: '{question}' } as const;
// By the fake's table: "yés" -11/16, "no" -3.
const [YES, NO] = [-0.6875, -3];
const pair = item('i1', ['yés', 'no']);
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

test('pmi: minus the log-probability after a neutral prompt', async () => {
  // The fake doubles every value after the neutral prompt: score = x - 2x = -x.
  const engine = new FakeEngine();
  const request = { engine, text: fakeText, evaluation: evaluation({ scorer: 'pmi', ...hidden }), wrap: bare };
  const items = [pair, item('i2', ['yés', 'no'])];
  const [outcome] = await evaluateChoice({ ...request, items, variant: DENSE, cell: 'c1' });
  assert.equal(
    outcome?.orders[0]?.options.map((o) => o.score),
    [-YES, -NO],
  );
  assert.ok(Math.abs((outcome?.p ?? Number.NaN) - sigmoid(-YES + NO)) < 1e-12);
  const neutral = engine.calls.flat().filter((s) => spell(s.tokens).startsWith('<user>Answer:\n<me>'));
  assert.equal(
    neutral.map((s) => spell(s.tokens.subarray(s.from))),
    ['yés', 'no'],
    'each neutral answer is scored once, without the persona',
  );
});

test('pmi: a mask, a prompt with a persona and raw text have one prior, that of the dense network without persona', async () => {
  // The mask adds 5 to every token, also after the prior's words: it must not be subtracted from itself.
  const mask: Variant = { id: 'mask' };
  const masked = (logprob: number, { variant }: Sequence) => logprob + (variant.id === 'mask' ? 5 : 0);
  const persona = async ({ text }: Question): Promise<Prompt> => ({
    messages: [
      { role: 'system', content: 'You are keen.' },
      { role: 'user', content: text },
    ],
  });
  const priors: unknown[] = [];
  for (const [variant, wrap, effect] of [
    [mask, bare, 5],
    [DENSE, persona, 0],
    [DENSE, async ({ text }: Question): Promise<Prompt> => ({ text }), 0],
    [mask, persona, 5],
  ] as const) {
    const engine = new FakeEngine(masked);
    const request = { engine, text: fakeText, evaluation: evaluation({ scorer: 'pmi', ...hidden }) };
    const [outcome] = await evaluateChoice({ ...request, items: [pair], variant, wrap, cell: 'c1' });
    // 3 and 2 tokens; the fake doubles every value after the prior's words: x + effect - 2x.
    assert.equal(
      outcome?.orders[0]?.options.map((o) => o.score),
      [3 * effect - YES, 2 * effect - NO],
    );
    priors.push(
      engine.calls
        .flat()
        .filter((s) => spell(s.tokens).startsWith('<user>Answer:\n<me>'))
        .map((s) => [spell(s.tokens), s.from, s.variant.id]),
    );
  }
  assert.equal(
    priors,
    priors.map(() => ['yés', 'no'].map((answer) => [`<user>Answer:\n<me>${answer}`, 18, DENSE.id])),
  );
});

test('pmi alone says in its identity what its prior is', () => {
  const content = (scorer: Scorer) => choice.content(evaluation({ scorer }));
  assert.is(content('pmi').prior, 'dense network, no persona');
  for (const scorer of SCORERS) assert.is('prior' in content(scorer), scorer === 'pmi', scorer);
});

test.run();
