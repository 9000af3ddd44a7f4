// The same prompts are asked of many networks: what a prompt and its answers are in tokens is worked out once.

import type { Prompt, Rendered } from './prompt.ts';

/** Prompts that are remembered; beyond, all are forgotten at once. */
const MOST = 8192;

interface Rendering {
  render(prompt: Prompt): Rendered;
  continuation(prompt: Rendered, answer: string): Uint32Array;
}

/** The same functions, which must not depend on anything but their arguments; their results are shared, and not to be changed. */
export function memoized({ render, continuation }: Rendering): Rendering {
  const rendered = new Map<string, Rendered>();
  const answers = new WeakMap<Rendered, Map<string, Uint32Array>>();
  return {
    render(prompt) {
      const key = JSON.stringify(
        'text' in prompt ? prompt.text : prompt.messages.map(({ role, content }) => [role, content]),
      );
      let found = rendered.get(key);
      if (found === undefined) {
        if (rendered.size >= MOST) rendered.clear();
        found = render(prompt);
        rendered.set(key, found);
      }
      return found;
    },
    continuation(prompt, answer) {
      let known = answers.get(prompt);
      if (known === undefined) {
        known = new Map();
        answers.set(prompt, known);
      }
      let found = known.get(answer);
      if (found === undefined) {
        found = continuation(prompt, answer);
        known.set(answer, found);
      }
      return found;
    },
  };
}
