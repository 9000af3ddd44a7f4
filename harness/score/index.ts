// Items -> outcomes -> figures.

export { flipped, targetOf } from '../plan/keying.ts';
export { answerText, letterOf, ordersOf, phraser, questionText } from './ask.ts';
export { type ChoiceRequest, evaluateChoice, softmax } from './choice.ts';
export { type Alignment, alignment, alignmentBy, type Judged, judge, summarise } from './metrics.ts';
export { ANSWERERS, type Answerer, choose, credit, type Trivial, trivialAnswerers, wordsOf } from './trivial.ts';
export { tuner } from './tune.ts';
