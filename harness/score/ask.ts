// How an evaluation phrases a question: the orders it presents, the options listed, the answers scored.

import { BenchError } from '../../base/error.ts';
import type { Scorer } from '../config/resolved.ts';
import type { Item } from '../datasets/types.ts';

/** How options are put to a model and scored: a kind of evaluation says it, or its evaluation has it. */
export interface Asking {
  readonly id: string; // of the evaluation, for messages
  readonly scorer: Scorer;
  readonly template: string; // user message: {question} or {statement}, {options} and {asker} are filled in
  readonly show: boolean; // options listed in the prompt; without, only one order exists
  readonly orders: 'both' | 'given';
  readonly statement?: boolean; // an item's question is a statement; absent: a question
  readonly reversed?: boolean; // the other order of a scale is its reverse; absent: every rotation of the options
}

/** What of a scorer, besides its name, outcomes depend on: identities of cells hold it. */
export function scorerContent(scorer: Scorer): Readonly<Record<string, unknown>> {
  return scorer === 'pmi' ? { scorer, prior: 'dense network, no persona' } : { scorer };
}

/** Options beyond this have no letter. */
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** The label of the option at a presented position, as it is listed and as the letter scorer expects it: "(A)". */
export function letterOf(position: number): string {
  const letter = LETTERS[position];
  if (letter === undefined) throw new BenchError('bad-item', `there is no letter for option ${position + 1}`);
  return `(${letter})`;
}

/** Presented orders (position -> option index): as given, then every rotation, which is the reverse of two options; or the reverse. */
export function ordersOf(
  { show, orders, reversed }: Pick<Asking, 'show' | 'orders' | 'reversed'>,
  options: number,
): number[][] {
  const positions = Array.from({ length: options }, (_, k) => k);
  if (!show || orders === 'given') return [positions];
  if (reversed === true) return [positions, [...positions].reverse()];
  return positions.map((_, r) => positions.map((k) => (k + r) % options));
}

/**
 * The user message of an item under one order: the question (a statement on a scale) and the options put into the template.
 * Throws `bad-evaluation` when the template does not fit `show` and the scorer.
 */
export function questionText(asking: Omit<Asking, 'orders'>, item: Item, order: readonly number[]): string {
  const question = asking.statement === true ? '{statement}' : '{question}';
  checkTemplate(asking, question);
  return filled(asking.template, item, order, question);
}

/** A template with an item's words in it; an open question lists no options. One pass, so that braces in these words stay as they are. */
export function filled(template: string, item: Item, order: readonly number[] = [], question = '{question}'): string {
  const listed = order.map((option, position) => `${letterOf(position)} ${item.options[option]?.text ?? ''}`);
  return template.replace(/\{(?:question|statement|options|asker)\}/g, (name) => {
    if (name === '{options}') return listed.join('\n');
    if (name === '{asker}') return item.asker ?? name;
    return name === question ? item.question : name;
  });
}

function checkTemplate({ id, template, scorer, show }: Omit<Asking, 'orders'>, question: string): void {
  const where = `evaluation ${id}`;
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
export function answerText({ scorer }: Pick<Asking, 'scorer'>, item: Item, option: number, position: number): string {
  return scorer === 'letter' ? letterOf(position) : (item.options[option]?.text ?? '');
}
