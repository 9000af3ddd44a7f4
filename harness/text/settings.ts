// How chats are put to a model: thoughts before an answer, the system text of prompts without a persona, and the date that
// a template is given. All of it changes prompts, and enters the template's digest.

/**
 * Where the answer of a model that can think is scored and generated. `off`: the template is asked for no thought;
 * `empty`: after an empty thought, closed here where the template leaves one open; `inside`: at the start of the model's
 * turn, where a thought would be.
 */
export const THINKING = ['off', 'empty', 'inside'] as const;
export type Thinking = (typeof THINKING)[number];

/** The system message of prompts for which a method gives none: the template's own text, nothing, or this text. */
export type SystemDefault = 'template' | 'empty' | { readonly text: string };

export interface ChatSettings {
  readonly thinking: Thinking;
  readonly system: SystemDefault;
  readonly date: string; // YYYY-MM-DD: what strftime_now gives, at midnight
}

/** The date is the one that Llama's templates contain where they are given none. */
export const CHAT_DEFAULTS: ChatSettings = { thinking: 'off', system: 'empty', date: '2024-07-26' };

/** `template`, `empty`, or a text, as a suite or a flag has it; a text of nothing but white space is `empty`. */
export function systemOf(given: string): SystemDefault {
  if (given === 'template') return 'template';
  return given === 'empty' || given.trim() === '' ? 'empty' : { text: given };
}

/** As `systemOf` reads it. */
export function systemWord(system: SystemDefault): string {
  return typeof system === 'string' ? system : system.text;
}

/** Whether `date` is a day of the calendar, as YYYY-MM-DD. */
export function isDay(date: string): boolean {
  if (!/^\d{4}-(0[1-9]|1[0-2])-\d{2}$/.test(date)) return false;
  const day = new Date(`${date}T00:00:00Z`); // 30 February is a day in March here
  return !Number.isNaN(day.getTime()) && day.toISOString().slice(0, 10) === date;
}

/** The variables that switch thoughts on and off, by the names in use: Qwen3, GLM, SmolLM3 ...; DeepSeek, Granite ... */
export function switchesOf(thinking: Thinking): Readonly<Record<string, boolean>> {
  if (thinking === 'empty') return {};
  const on = thinking === 'inside';
  return { enable_thinking: on, thinking: on };
}
