// Items -> outcomes -> figures.

export { targetOf } from '../method/keying.ts';
export { softmax } from '../stats/softmax.ts';
export { letterOf, ordersOf, questionText } from './ask.ts';
export { evaluateChoice } from './choice.ts';
export { credit, creditFor } from './credit.ts';
export { lexicalAnswerers } from './lexical.ts';
export { alignment, type KeyedOutcome, keyedOutcomes, summarise } from './metrics.ts';
export {
  choose,
  DESIRABLE,
  standardAnswerers,
  trivialAnswerers,
} from './trivial.ts';
export { tuner } from './tune.ts';
