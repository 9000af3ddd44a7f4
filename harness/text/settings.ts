// What a suite may say of how chats are put to a model: thoughts before an answer, the system text where a method gives
// none, and the day that a template is told. All of it changes prompts, and so stands in the template's digest.

/**
 * Where the answer of a model that can think is scored and generated.
 * `off`: the template is told not to think; `empty`: after a thought with nothing in it, closed by us where the template
 * leaves one open; `inside`: where the model's turn begins, in place of a thought or inside it.
 */
export type Thinking = 'off' | 'empty' | 'inside';

/** What is told as the system message where a method tells none: the template's own text, nothing, or this text. */
export type SystemDefault = 'template' | 'empty' | { readonly text: string };

export interface ChatSettings {
  readonly thinking: Thinking;
  readonly system: SystemDefault;
  readonly date: string; // YYYY-MM-DD, at midnight: what strftime_now tells
}

/** The day that Llama's templates name when they are told none. */
export const CHAT_DEFAULTS: ChatSettings = { thinking: 'off', system: 'empty', date: '2024-07-26' };

/** What templates are given, by names that are in use: Qwen3, GLM, SmolLM3 ...; DeepSeek, Granite, Kimi ... */
export function switchesOf(thinking: Thinking): Readonly<Record<string, boolean>> {
  if (thinking === 'empty') return {};
  const on = thinking === 'inside';
  return { enable_thinking: on, thinking: on };
}
