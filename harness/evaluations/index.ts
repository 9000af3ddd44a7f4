// The kinds of evaluation, a line each. Passed down from the command line or the API, so that config, plan and reports
// need not import them.

import type { EvaluationKind, EvaluationRegistry } from '../method/evaluation-kind.ts';
import { choice } from './choice.ts';
import { generation } from './generation.ts';
import { likert } from './likert.ts';
import { roleReply } from './role-reply.ts';

const KINDS: readonly EvaluationKind[] = [
  choice, // first: how methods are prepared where a suite does not say it
  likert,
  roleReply,
  generation,
];

/** By the names that suites use. */
export const EVALUATIONS: EvaluationRegistry = new Map(KINDS.map((kind) => [kind.kind, kind]));
