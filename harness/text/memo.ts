// The same prompts are asked of many networks: what a prompt and its answers are in tokens is worked out once.

import type { Placed, Prompt, Rendered } from './prompt.ts';

/** Prompts that are remembered; beyond, all are forgotten at once. */
const MOST = 8192;

interface Rendering {
  place(prompt: Prompt): Placed;
  render(placed: Placed): Rendered;
  continuation(prompt: Rendered, answer: string): Uint32Array;
}

/** The same functions, which must not depend on anything but their arguments; their results are shared, and not to be changed. */
export function memoized({ place, render, continuation }: Rendering): Omit<Rendering, 'render'> & {
  render(prompt: Prompt): Rendered;
  /** Whether the tokens of a prompt are at hand, or those of an answer to it. */
  knows(placed: Placed, answer?: string): boolean;
} {
  const places = new Map<string, Placed>();
  const rendered = new WeakMap<Placed, Rendered>();
  const answers = new WeakMap<Rendered, Map<string, Uint32Array>>();
  const placeOf = (prompt: Prompt): Placed => {
    const key = JSON.stringify(
      'text' in prompt ? prompt.text : prompt.messages.map(({ role, content }) => [role, content]),
    );
    let found = places.get(key);
    if (found === undefined) {
      if (places.size >= MOST) places.clear();
      found = place(prompt);
      places.set(key, found);
    }
    return found;
  };
  return {
    place: placeOf,
    knows(placed, answer) {
      const found = rendered.get(placed);
      return found !== undefined && (answer === undefined || answers.get(found)?.has(answer) === true);
    },
    render(prompt) {
      const placed = placeOf(prompt);
      let found = rendered.get(placed);
      if (found === undefined) {
        found = render(placed);
        rendered.set(placed, found);
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
