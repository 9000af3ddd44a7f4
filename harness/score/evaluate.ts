// Asks the items of an evaluation as its kind says.

import type { Engine } from '../../gpu/index.ts';
import type { Evaluation } from '../config/resolved.ts';
import type { Outcome } from '../method/outcome.ts';
import { type AskRequest, evaluateChoice } from './choice.ts';
import { evaluateGeneration } from './generation.ts';
import { evaluateLikert } from './likert.ts';

export interface EvaluateRequest extends Omit<AskRequest, 'engine' | 'evaluation'> {
  readonly engine: Pick<Engine, 'score' | 'generate'>;
  readonly evaluation: Evaluation;
}

/** One outcome per item, in their order. Throws as the kind's own function. */
export function evaluateItems({ evaluation, ...request }: EvaluateRequest): Promise<readonly Outcome[]> {
  switch (evaluation.kind) {
    case 'likert':
      return evaluateLikert({ ...request, evaluation });
    case 'generation':
      return evaluateGeneration({ ...request, evaluation });
    default:
      return evaluateChoice({ ...request, evaluation });
  }
}
