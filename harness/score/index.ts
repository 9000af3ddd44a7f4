// Items -> outcomes -> figures.

export { answerText, letterOf, ordersOf, questionText } from './ask.ts';
export { type ChoiceRequest, evaluateChoice, softmax } from './choice.ts';
export { flipped, targetOf } from './keying.ts';
export { type Alignment, alignment, alignmentBy, type Judged, judge, summarise } from './metrics.ts';
export { ANSWERERS, type Answerer, choose, credit, type Trivial, trivialAnswerers, wordsOf } from './trivial.ts';
export { tuner } from './tune.ts';
