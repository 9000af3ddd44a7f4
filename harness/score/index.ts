// Items -> outcomes -> figures.

export { targetOf } from '../method/keying.ts';
export { softmax } from '../stats/softmax.ts';
export { letterOf, ordersOf, questionText } from './ask.ts';
export { evaluateChoice } from './choice.ts';
export { alignment, type KeyedOutcome, keyedOutcomes, summarise } from './metrics.ts';
export {
  choose,
  credit,
  creditFor,
  DESIRABLE,
  standardAnswerers,
  trivialAnswerers,
} from './trivial.ts';
export { tuner } from './tune.ts';
