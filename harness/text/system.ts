// The system prompt that nobody wrote: the text that a template puts in when no system message is given.

import { wordsOf } from '../../base/text-words.ts';
import type { Message } from './prompt.ts';
import type { SystemDefault } from './settings.ts';

export interface OwnSystem {
  /** What the template writes where no system message is given; null when that is nothing. */
  readonly inserted: string | null;
  /** Whether a system message without text keeps it out. True as well when there is nothing to keep out. */
  readonly emptied: boolean;
  /** Words that the template writes around every system message, whatever it says; null for none. */
  readonly forced: string | null;
}

const MARK = '\u2042persona-bench-probe\u2042';
const USER: Message = { role: 'user', content: '\u2051x\u2051' };
/** Fewer words than these around a system message are names of roles. */
const LEAST_FORCED = 3;

type Render = (messages: readonly Message[]) => string;

/** The words of a text without its special tokens; null where there are too few to say anything. */
function words(text: string): string | null {
  const plain = text.replace(/<[^<>]*>|\[[^[\]]*\]/g, ' ').trim();
  return wordsOf(plain).length < LEAST_FORCED ? null : plain;
}

/** What `render` does without a system message. It must take messages without one, and a system message with text. */
export function ownSystem(render: Render): OwnSystem {
  const bare = render([USER]);
  const whole = render([{ role: 'system', content: MARK }, USER]);
  const at = whole.indexOf(MARK);
  const user = whole.indexOf(USER.content, at);
  const around = `${whole.slice(0, Math.max(0, at))} ${whole.slice(at + MARK.length, user < 0 ? undefined : user)}`;
  const forced = at < 0 ? null : words(around);
  const shorter = Math.min(bare.length, whole.length);
  let start = 0;
  while (start < shorter && bare[start] === whole[start]) start += 1;
  let end = 0;
  while (end < shorter - start && bare[bare.length - 1 - end] === whole[whole.length - 1 - end]) end += 1;
  const inserted = bare.slice(start, bare.length - end);
  // A frame of special tokens and role names says nothing.
  if (words(inserted) === null) return { inserted: null, emptied: true, forced };
  let emptied: boolean;
  try {
    const empty = render([{ role: 'system', content: '' }, USER]);
    emptied = !empty.includes(inserted.trim()) && empty.includes(USER.content);
  } catch {
    emptied = false;
  }
  return { inserted, emptied, forced };
}

/** The messages with the system message that a suite gives where there is none. */
export function withSystem(messages: readonly Message[], said: SystemDefault, own: OwnSystem): readonly Message[] {
  if (said === 'template' || messages.some(({ role }) => role === 'system')) return messages;
  if (said !== 'empty') return [{ role: 'system', content: said.text }, ...messages];
  // Where nothing is put in, nothing is left out either: no empty block is added.
  return own.inserted !== null && own.emptied ? [{ role: 'system', content: '' }, ...messages] : messages;
}
