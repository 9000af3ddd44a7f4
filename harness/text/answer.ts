// Where an answer begins: what a template writes between the prompt and the answer, read from its own rendering of one.

import { BenchError } from '../../base/error.ts';
import type { Message } from './prompt.ts';
import type { Thinking } from './settings.ts';

export interface AnswerPlace {
  readonly prompt: string; // up to where the answer begins
  readonly separator: '' | ' '; // a space that belongs to the answer's first word
  /** The text that was put between the template's open turn and the answer, `separator` included. */
  readonly between: string;
  /**
   * `rendered`: as the template writes an answer; `closed`: a thought that the template opens was closed with nothing in
   * it; `inside`: where the turn begins, as asked; `unlike`: the template writes an answer otherwise than it opens one,
   * and `unrendered`: it writes none, so that in both the answer is taken to begin where the open turn ends.
   */
  readonly how: 'rendered' | 'closed' | 'inside' | 'unlike' | 'unrendered';
}

/** The template with the thinking switch already set. Throws when it rejects the messages. */
export type RenderChat = (messages: readonly Message[], addGenerationPrompt: boolean) => string;

// Two answers that share no beginning and no end, and that no template trims or reads anything into.
const ANSWERS = ['Probe7', 'Other9'] as const;
/** A thought's opening tag at the end of a text: <think>, <seed:think>, [THINK], <|START_THINKING|>, <thought> ... */
const OPENED = /(<(?!\/)[\w:|]*(?:think|thought|reasoning)[\w|]*>|\[THINK\])(\s*)$/i;
/** The end of a thought, with nothing after it. */
const CLOSED = /(?:<\/[\w:]*(?:think|thought|reasoning)\w*>|\[\/THINK\]|<\|END_THINKING\|>|thought\n<channel\|>)\s*$/i;

function placed(open: string, whole: string, how: AnswerPlace['how']): AnswerPlace {
  // A space before a word is part of the word's first token: it goes to the answer, wherever it comes from.
  const separator = whole.endsWith(' ') ? ' ' : '';
  const prompt = separator === '' ? whole : whole.slice(0, -1);
  return { prompt, separator, between: whole.startsWith(open) ? whole.slice(open.length) : '', how };
}

function sharedLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length += 1;
  return length;
}

/** What comes after the last message's text; null where it is not there as it is. */
function afterLast(text: string, messages: readonly Message[]): string | null {
  const content = messages.at(-1)?.content.trim() ?? '';
  const at = content === '' ? -1 : text.lastIndexOf(content);
  return at < 0 ? null : text.slice(at + content.length);
}

/** What the template writes before an answer to the messages, or null where it writes none, or not always the same. */
function beforeAnswer(render: RenderChat, messages: readonly Message[]): string | null {
  const before = ANSWERS.map((content) => {
    try {
      const text = render([...messages, { role: 'assistant', content }], false);
      const at = text.lastIndexOf(content);
      return at < 0 ? null : text.slice(0, at);
    } catch {
      return null; // a template may take no answer as the last message
    }
  });
  return before[0] === before[1] ? (before[0] ?? null) : null;
}

/** `<think>` -> `</think>`, `[THINK]` -> `[/THINK]`, `<|START_THINKING|>` -> `<|END_THINKING|>`; null for another form. */
function closing(tag: string): string | null {
  if (tag === '[THINK]') return '[/THINK]';
  if (tag === '<|START_THINKING|>') return '<|END_THINKING|>';
  return tag.includes('|') ? null : tag.replace('<', '</');
}

/**
 * Where the answer to `messages` begins. `render` must have the switches of `thinking` set.
 * Throws `bad-template` when the template opens a thought that `off` cannot prevent, or that `empty` cannot close.
 */
export function placeAnswer(
  render: RenderChat,
  messages: readonly Message[],
  thinking: Thinking,
  where: string,
): AnswerPlace {
  const open = render(messages, true);
  if (thinking === 'inside') return placed(open, open, 'inside');
  const written = beforeAnswer(render, messages);
  const opened = OPENED.exec(open);
  if (written?.startsWith(open)) return placed(open, written, 'rendered');
  // A template may write what comes before the last message otherwise once it is answered (Mistral's puts the system text
  // into the last user message): then the two are compared from that message on.
  const [waiting, answered] = [afterLast(open, messages), written === null ? null : afterLast(written, messages)];
  if (waiting !== null && answered?.startsWith(waiting))
    return placed(open, open + answered.slice(waiting.length), 'rendered');
  if (written !== null && CLOSED.test(open.slice(sharedLength(open, written)))) return placed(open, open, 'rendered');
  if (opened !== null) {
    const [, tag = '', space = ''] = opened;
    if (thinking === 'off') {
      throw new BenchError('bad-template', `the chat template opens a thought (${tag}) before every answer`, {
        where,
        hint: 'write thinking: empty in the suite, or --thinking empty, to close it at once; inside scores answers in it',
      });
    }
    // The template's own form of an empty thought, else the usual one: a line for it, and an empty line after it.
    const shared = open.slice(0, open.length - space.length);
    if (written?.startsWith(shared) && CLOSED.test(written)) return { ...placed(shared, written, 'closed') };
    const end = closing(tag);
    if (end === null) {
      throw new BenchError('bad-template', `the chat template opens a thought (${tag}) that cannot be closed here`, {
        where,
        hint: 'write thinking: inside in the suite, or --thinking inside; or name another template (models: template)',
      });
    }
    return placed(open, `${open}${space === '' ? '\n\n' : '\n'}${end}\n\n`, 'closed');
  }
  return placed(open, open, written === null ? 'unrendered' : 'unlike');
}
