// Answerers by words: by hand, and what they reach on the bundled items and on the paper's data without reading a question.

import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { METHODS } from '../../../api/methods.ts';
import { loadSuite } from '../../../harness/config/index.ts';
import type { Persona, Suite } from '../../../harness/config/resolved.ts';
import { readBipo } from '../../../harness/datasets/bipo.ts';
import { EVALUATIONS } from '../../../harness/evaluations/index.ts';
import { keyedFor } from '../../../harness/method/keying.ts';
import { choose, lexicalAnswerers, standardAnswerers } from '../../../harness/score/index.ts';
import { shared } from '../../support/folders.ts';
import { ROOT } from '../../support/node.ts';
import { suite } from '../../support/suite.ts';
import { item } from './fakes.ts';

const test = suite('answerers by words');

/** What an answerer gets right of a trait's evaluation items (the first n of the file), for either pole. */
function right(whole: Suite, name: string, trait: string, first = Number.POSITIVE_INFINITY): number {
  const answerer = standardAnswerers(whole.personas).find((one) => one.name === name)!;
  const own = whole.personas.filter((persona) => persona.trait === trait);
  const items = new Map(own.flatMap(({ items: all }) => all.map((one) => [one.id, one] as const)));
  const evaluation = [...items.values()].filter(({ split }) => split === 'evaluation').slice(0, first);
  let sum = 0;
  for (const one of evaluation) {
    const [first] = keyedFor(one, null, own);
    const credit = answerer.credit(first!.persona, one);
    // Two options: for the other pole it is right where this one would be.
    const other = keyedFor(one, null, own)[1];
    if (name === 'words' && other !== undefined) assert.is(answerer.credit(other.persona, one), credit, one.id);
    sum += credit;
  }
  return sum;
}

const texts = (...answers: string[]) => answers.map((answer) => ({ question: 'What about the sea?', answer }));
const speaker = (id: string, opposite: string | null, ...answers: string[]) =>
  ({ id, opposite, calibration: texts(...answers), prompts: {}, trait: 'extraversion' }) as unknown as Persona;
const poles = [
  speaker('extraversion', 'introversion', 'I love a loud party', 'a party with friends', 'a dance'),
  speaker('introversion', 'extraversion', 'I love a quiet book', 'a book at home', 'a nap'),
];
const [high, low] = poles as [Persona, Persona];
const credits = (name: string, persona: Persona, one: ReturnType<typeof item>) =>
  lexicalAnswerers(poles)
    .find((answerer) => answerer.name === name)!
    .credit(persona, one);

test('words: the option whose words the persona says more often than its opposite does', () => {
  const one = item('a', ['a loud dance', 'a quiet nap']);
  assert.is(credits('words', high, one), 1);
  assert.is(credits('words', low, one), 1, 'for the opposite, the other option');
  assert.is(credits('words', high, item('b', ['quiet', 'loud'])), 0);
  assert.is(credits('words', high, item('c', ['sea', 'the sea'])), 0.5, 'nothing to go by: a tie');
  assert.is(credits('words', high, item('d', ['sea', 'loud'])), 0, 'unknown words say nothing, for either side');
  assert.is(credits('words', high, item('e', ['book party', 'party book'])), 0.5, 'the same words');
  // By hand: 8 and 7 distinct words in 10 and 9 places of texts; 12 words in all. party: 3/22 against 1/21.
  assert.is(credits('words', high, item('f', ['party quiet', 'book loud'])), 1, 'two texts weigh more than one');
});

test('words reads a statement: full agreement where its words are the persona\u2019s', () => {
  const scale = ['no', 'partly', 'yes'].map((text, k) => ({ text, matching: k === 2 }));
  const said = (question: string) => ({ ...item('s', ['x', 'y']), question, options: scale, scale: true as const });
  assert.is(credits('words', high, said('a loud party')), 1);
  assert.is(credits('words', low, said('a loud party')), 1, 'who is at the other pole disagrees');
  assert.is(credits('words', high, said('a quiet book')), 0);
  assert.is(credits('words', high, said('the sea')), 0.5);
});

test('common and rare: mean log count over the texts of both poles', () => {
  const one = item('a', ['a book', 'a nap']);
  assert.is(credits('common', high, one), 1, '"book" is in two texts');
  assert.is(credits('rare', high, one), 0);
  assert.is(credits('common', low, one), 0, 'the same option, which is the wrong one for the opposite');
  assert.is(credits('rare', high, item('b', ['sea', 'book'])), 1, 'a word that nobody says is the rarest');
  assert.is(credits('common', high, item('c', ['nap', 'dance'])), 0.5, 'equal counts: a tie');
});

test('without the texts that it needs an answerer is left out, or cannot tell', () => {
  const names = (personas: readonly Persona[]) => lexicalAnswerers(personas).map(({ name }) => name);
  assert.equal(names([speaker('a', 'b'), speaker('b', 'a')]), []);
  assert.equal(names([speaker('a', 'b', 'a text'), speaker('b', 'a')]), ['common', 'rare']);
  assert.equal(names([speaker('a', null, 'a text')]), ['common', 'rare'], 'a role has no opposite');
  const mixed = [...poles, speaker('mute', null)];
  assert.equal(names(mixed), ['words', 'common', 'rare']);
  const mute = { ...item('a', ['loud', 'quiet']), persona: 'mute' };
  for (const { credit } of lexicalAnswerers(mixed)) assert.is(credit(mixed[2]!, mute), 0.5);
});

test('yes and negation: the first word, and the fewest words that deny', () => {
  assert.equal(choose('yes', item('a', ['No, never', 'Yes, I do']), ''), [1]);
  assert.equal(choose('yes', item('b', ['Oh yes', 'I do']), ''), [0, 1], 'none begins so: a tie');
  assert.equal(choose('yes', item('c', ['“YES!”', 'yesterday']), ''), [0]);
  assert.equal(choose('negation', item('d', ['I don’t', 'I do']), ''), [1]);
  assert.equal(choose('negation', item('e', ["I can't not go", 'I never go']), ''), [1], 'two against one');
  assert.equal(choose('negation', item('f', ['I know a notary', 'I do']), ''), [0, 1], 'whole words');
});

test('the bundled items: words alone reach 290 of the first 300, and 699 of 720', async () => {
  const whole = await loadSuite(join(ROOT, 'suites/big-five.yaml'), { registry: METHODS, kinds: EVALUATIONS });
  const traits = ['extraversion', 'agreeableness', 'conscientiousness', 'neuroticism', 'openness'];
  assert.equal(
    traits.map((trait) => right(whole, 'words', trait, 60)),
    [60, 54, 59, 59, 58],
  );
  assert.equal(
    traits.map((trait) => right(whole, 'words', trait)),
    [144, 134, 139, 141, 141],
  );
});

const data = shared('data/bipo');
const known = "the paper's sets: words, yes and negation";
if (data === null) test.skip(known, '../shared/data/bipo is not on this machine');
else {
  test(known, async () => {
    const whole = await loadSuite(join(ROOT, 'suites/paper.yaml'), {
      ...{ registry: METHODS, kinds: EVALUATIONS, set: [`evaluations.0.items.folder=${data}`] },
    });
    const of = (name: string) => ['power', 'hallucination'].map((trait) => right(whole, name, trait));
    assert.equal(of('words'), [194.5, 200]);
    assert.equal(of('yes'), [130.5, 200], 'every matching answer of hallucination begins with "Yes", and no other');
    assert.equal(of('negation'), [165, 200]);
    assert.equal(of('shorter'), [102, 196]);
    // On all rows of the training file, as its authors used it.
    const { items } = await readBipo(join(data, 'power_train.csv'), 'power', 'power-seeking');
    const rows = items.filter(({ question }) => question !== '');
    const said = (matching: boolean) =>
      rows.map(({ options }) => ({ answer: options.find((one) => one.matching === matching)!.text }));
    const all = whole.personas.map((persona) =>
      persona.trait === 'power' ? { ...persona, calibration: said(persona.pole === 'high') } : persona,
    );
    assert.is(right({ ...whole, personas: all }, 'words', 'power'), 196.5);
  });
}

test.run();
