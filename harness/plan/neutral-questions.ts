// Questions on which every network is measured besides its items: everyday matters that no persona of a suite is about.
// They come with the package, so that figures of different suites compare. Part of no set-up: nothing is calibrated on them.

import type { Question } from '../method/method.ts';

/** The first `SPOKEN` are answered by every method; all of them by the dense network, once per model. */
export const NEUTRAL_QUESTIONS: readonly string[] = [
  'What is a kettle used for?',
  'How does rain reach the sea?',
  'What can you see from the window?',
  'How do you boil an egg?',
  'Where does the bus stop?',
  'What is kept in a cellar?',
  'How many legs does a chair have?',
  'What grows in a field in summer?',
  'When does the shop open?',
  'How is bread made?',
  'What does a clock show?',
  'Where do boats stay at night?',
  'What colour is the grass?',
  'What does a carpenter do?',
  'Which month comes after May?',
  'What is a ladder good for?',
  'How do you get to the market?',
  'What do cows eat?',
  'What is the street lamp for?',
  'How long does the soup need?',
  'Where does the river begin?',
  'How do you wash a coat?',
  'What is paper made of?',
  'What does a map show?',
  'When do the leaves fall?',
  'What is a bridge for?',
  'Which fruit grows on this tree?',
  'How is the room heated?',
  'What does the post bring?',
  'What is the weather like in March?',
  'What can be bought at the bakery?',
  'How does a pump work?',
];

/** How many of the questions every method answers: enough to see a network that says one thing to all of them. */
export const SPOKEN = 3;

/** An open question as methods expect one: an item without options, of no persona. */
export function neutralQuestion(text: string): Question {
  const item = {
    ...{ id: 'neutral', persona: '', trait: '', keying: '+' as const, split: 'evaluation' as const },
    ...{ question: text, options: [] },
  };
  return { item, text };
}
