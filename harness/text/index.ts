// What the harness may use of tokenizers and chat templates.

export { chatNotes } from './notes.ts';
export type { Message, Prompt, Rendered } from './prompt.ts';
export { CHAT_DEFAULTS, type ChatSettings } from './settings.ts';
export { streamText } from './stream.ts';
export { compileTemplate } from './template.ts';
export { type Ask, loadText, type TextModel } from './text.ts';
export { tokenizerLibrary } from './tokenizer-process.ts';
