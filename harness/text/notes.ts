// The notes of a report on a model's chat template: what it does by itself, and what the settings make of it.

import type { TextModel } from './text.ts';

const THINKING = {
  off: 'thinking: off (the template tells the model not to think)',
  empty: 'thinking: empty (answers follow an empty thought)',
  inside: "thinking: inside (answers begin at the start of the model's turn, where a thought would be)",
} as const;
const PLACES = {
  rendered: null,
  inside: null,
  closed: 'its chat template opens a thought, which is closed at once',
  unlike:
    'its chat template writes a finished answer differently from the start of one; answers begin where the prompt ends',
  unrendered: 'its chat template cannot write an answer alone; answers begin where the prompt ends',
} as const;
const MOST_QUOTED = 160;

const quoted = (text: string): string => {
  const plain = text.trim();
  return JSON.stringify(plain.length > MOST_QUOTED ? `${plain.slice(0, MOST_QUOTED)} ...` : plain);
};

/** Sentences for the notes of a report on the model `id`; none for a template that does nothing of its own. */
export function chatNotes(
  id: string,
  { chat, facts, merges }: Pick<TextModel, 'chat' | 'facts' | 'merges'>,
): readonly string[] {
  const { inserted, emptied, forced } = facts.system;
  const notes: string[] = [];
  const replaced = typeof chat.system === 'object' ? quoted(chat.system.text) : null;
  if (inserted !== null) {
    const own = `where no system message is given, its chat template inserts ${quoted(inserted)}`;
    if (replaced !== null) notes.push(`${own}; prompts without a persona contain ${replaced} instead (system)`);
    else if (chat.system === 'template') notes.push(`${own}, and so do prompts without a persona (system: template)`);
    else if (emptied) notes.push(`${own}; an empty message keeps it out of prompts without a persona (system: empty)`);
    else notes.push(`${own}, and an empty message does not keep it out: prompts without a persona contain it`);
  } else if (replaced !== null) notes.push(`prompts without a persona contain the system text ${replaced}`);
  if (forced !== null) notes.push(`its chat template adds text of its own to every system message: ${quoted(forced)}`);
  const place = PLACES[facts.answer];
  if (place !== null) notes.push(place);
  if (facts.between.trim() !== '') notes.push(`every answer follows ${JSON.stringify(facts.between)}`);
  if (facts.thinks || facts.answer === 'closed' || facts.answer === 'inside' || /think/i.test(facts.between)) {
    notes.push(THINKING[chat.thinking]);
  }
  if (facts.dated) notes.push(`its chat template uses the date, which is always ${chat.date} (date)`);
  if (merges) {
    notes.push('its tokenizer would join the end of a prompt with the start of an answer; they are tokenised apart');
  }
  return notes.map((note) => `Model ${id}: ${note}.`);
}
