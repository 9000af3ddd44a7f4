// What can be put to a model as text: chat messages, which its chat template renders, or raw text.

export interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** Chat messages (the model's template renders them) or raw text. */
export type Prompt = { readonly messages: readonly Message[] } | { readonly text: string };

/**
 * A prompt as the model sees it, up to where its answer begins. `separator` comes between this text and an answer
 * appended to it; `between`, which ends with it, is the text between the template's open turn and the answer.
 */
export interface Placed {
  readonly text: string;
  readonly separator: '' | ' ';
  readonly between?: string;
}

/** The same with its tokens. */
export interface Rendered extends Placed {
  readonly tokens: Uint32Array;
}
