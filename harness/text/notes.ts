// What a report says of how chats were put to a model: the settings, and what the template does by itself.

import type { TextModel } from './text.ts';

const THINKING = {
  off: 'thinking: off (a model that can think is told not to)',
  empty: 'thinking: empty (answers follow a thought with nothing in it)',
  inside: "thinking: inside (answers are measured where the model's turn begins, in place of a thought or inside it)",
} as const;
const PLACES = {
  rendered: null,
  inside: null,
  closed: 'its template opens a thought, which is closed at once',
  unlike: 'its template writes an answer otherwise than it opens one: answers begin where the open turn ends',
  unrendered: 'its template writes no answer by itself: answers begin where the open turn ends',
} as const;
const MOST_QUOTED = 160;

const quoted = (text: string): string => {
  const plain = text.trim();
  return JSON.stringify(plain.length > MOST_QUOTED ? `${plain.slice(0, MOST_QUOTED)} ...` : plain);
};

/** Sentences for the notes of a report on the model `id`; none for a template that does nothing of its own. */
export function chatNotes(id: string, { chat, facts }: Pick<TextModel, 'chat' | 'facts'>): readonly string[] {
  const { inserted, emptied, forced } = facts.system;
  const said: string[] = [];
  if (inserted !== null) {
    const own = `its template puts in ${quoted(inserted)} where no system message is given`;
    if (chat.system === 'template') said.push(`${own}, and so does this run (system: template)`);
    else if (chat.system !== 'empty') said.push(`${own}: in its place stands ${quoted(chat.system.text)}`);
    else if (emptied) said.push(`${own}: an empty message keeps it out (system: empty)`);
    else said.push(`${own}, which an empty message does not keep out: what is told no persona is told that`);
  } else if (typeof chat.system === 'object') said.push(`what is told no persona is told ${quoted(chat.system.text)}`);
  if (forced !== null) said.push(`its template writes around every system message: ${quoted(forced)}`);
  const place = PLACES[facts.answer];
  if (place !== null) said.push(place);
  if (facts.between.trim() !== '') said.push(`before every answer stands ${JSON.stringify(facts.between)}`);
  if (facts.answer === 'closed' || facts.answer === 'inside' || /think/i.test(facts.between)) {
    said.push(THINKING[chat.thinking]);
  }
  if (facts.dated) said.push(`its template is told that the day is ${chat.date}`);
  return said.map((sentence) => `${id}: ${sentence}.`);
}
