// Items -> outcomes -> figures.

export { targetOf } from '../method/keying.ts';
export { softmax } from '../stats/softmax.ts';
export { answerText, letterOf, ordersOf, phraser, questionText } from './ask.ts';
export { evaluateChoice } from './choice.ts';
export { evaluateItems } from './evaluate.ts';
export { evaluateGeneration } from './generation.ts';
export { agreement, evaluateLikert, type Reading, readingOf } from './likert.ts';
export { alignment, type Judged, judge, summarise } from './metrics.ts';
export {
  ANSWERERS,
  choose,
  credit,
  creditFor,
  trivialAnswerers,
} from './trivial.ts';
export { tuner } from './tune.ts';
