// How an evaluation phrases a question: the orders it presents, the options listed, the answers scored.

import { BenchError } from '../../base/error.ts';
import type {
  AskedEvaluation,
  ChoiceEvaluation,
  Evaluation,
  LikertEvaluation,
  RoleReplyEvaluation,
} from '../config/resolved.ts';
import type { Item } from '../datasets/types.ts';
import type { Context } from '../method/method.ts';

/** Options beyond this have no letter. */
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** The label of the option at a presented position, as it is listed and as the letter scorer expects it: "(A)". */
export function letterOf(position: number): string {
  const letter = LETTERS[position];
  if (letter === undefined) throw new BenchError('bad-item', `there is no letter for option ${position + 1}`);
  return `(${letter})`;
}

/** Presented orders (position -> option index): as given, then every rotation; of a scale and for two options, the reverse. */
export function ordersOf(
  evaluation: Pick<ChoiceEvaluation, 'kind' | 'show' | 'orders'> | LikertEvaluation | RoleReplyEvaluation,
  options: number,
): number[][] {
  const positions = Array.from({ length: options }, (_, k) => k);
  if (evaluation.kind === 'likert') {
    return evaluation.orders === 'both' ? [positions, [...positions].reverse()] : [positions];
  }
  const shown = evaluation.kind === 'role-reply' || evaluation.show;
  const rotations = shown && evaluation.orders === 'both' ? options : 1;
  return Array.from({ length: rotations }, (_, r) => positions.map((k) => (k + r) % options));
}

/**
 * The user message of an item under one order (an open question has none): the question (a statement on a scale) and the options put into the
 * evaluation's template. Throws `bad-evaluation` when the template does not fit `show` and the scorer.
 */
export function questionText(evaluation: Evaluation, item: Item, order: readonly number[]): string {
  const { template } = evaluation;
  const question = evaluation.kind === 'likert' ? '{statement}' : '{question}';
  if (evaluation.kind !== 'generation') checkTemplate(evaluation, question);
  const listed = order.map((option, position) => `${letterOf(position)} ${item.options[option]?.text ?? ''}`);
  // One pass, so that braces in an item's own words stay as they are.
  return template.replace(/\{(?:question|statement|options|asker)\}/g, (name) => {
    if (name === '{options}') return listed.join('\n');
    if (name === '{asker}') return item.asker ?? name;
    return name === question ? item.question : name;
  });
}

function checkTemplate(evaluation: AskedEvaluation, question: string): void {
  const { template, scorer } = evaluation;
  const show = evaluation.kind !== 'choice' || evaluation.show;
  const where = `evaluation ${evaluation.id}`;
  if (!template.includes(question)) {
    throw new BenchError('bad-evaluation', `its template has no ${question}`, { where, hint: `add ${question}` });
  }
  if (show !== template.includes('{options}')) {
    throw new BenchError(
      'bad-evaluation',
      show
        ? 'it shows the options, but its template has no {options}'
        : 'its template has {options}, but show is false',
      { where, hint: show ? 'add {options} to the template, or set show: false' : 'set show: true' },
    );
  }
  if (scorer === 'letter' && !show) {
    throw new BenchError('bad-evaluation', 'letters mean nothing when the options are not shown', {
      where,
      hint: 'set show: true, or choose another scorer',
    });
  }
}

/** What is scored for an option presented at a position: its text, or its letter. */
export function answerText(evaluation: AskedEvaluation, item: Item, option: number, position: number): string {
  return evaluation.scorer === 'letter' ? letterOf(position) : (item.options[option]?.text ?? '');
}

/** `Context.phrase` of an evaluation. */
export function phraser(evaluation: ChoiceEvaluation): Context['phrase'] {
  return (item, order) => ({
    question: questionText(evaluation, item, order),
    answer: (option) => answerText(evaluation, item, option, order.indexOf(option)),
  });
}
