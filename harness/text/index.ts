// What the harness may use of tokenizers and chat templates.

export type { Message, Prompt, Rendered } from './prompt.ts';
export { streamText, type TextStream } from './stream.ts';
export { compileTemplate, PLAIN_TEMPLATE } from './template.ts';
export { loadText, type TextModel } from './text.ts';
