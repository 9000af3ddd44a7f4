// The tokens of an answer after its prompt: with what the template writes between the two, and as they are tokenised together.

import { BenchError } from '../../base/error.ts';
import type { Placed, Rendered } from './prompt.ts';
import type { Tokenizer } from './tokenizer.ts';

interface Answers {
  /** The answer as it follows the prompt's text, with the space that is written before it. */
  separated(prompt: Placed, answer: string): string;
  /**
   * Ids of an answer after a prompt. `merged`: the tokenizer would join the prompt's end with the answer's start, so that the
   * answer was tokenised alone. Throws `bad-text` where the answer is empty or has no tokens.
   */
  answerOf(prompt: Rendered, answer: string): { readonly tokens: Uint32Array; readonly merged: boolean };
}

/** `encode`: ids of a prompt's text, with BOS where the model has one. */
export function answersBy(tokenizer: Tokenizer, encode: (text: string) => readonly number[]): Answers {
  const separated = ({ text, separator, between }: Placed, answer: string): string => {
    if (separator === '') return answer;
    // A template writes its space before every answer; after raw text one is put where there is none.
    if (between !== undefined) return separator + answer.replace(/^ /, '');
    return /\s$/u.test(text) || /^\s/u.test(answer) ? answer : separator + answer;
  };
  // A tokenizer that puts a space before text would put one here too; after a newline it does not.
  const alone = (answer: string): number[] => {
    if (!tokenizer.dummyPrefix) return tokenizer.encode(answer);
    const anchor = tokenizer.encode('\n');
    const anchored = tokenizer.encode(`\n${answer}`);
    if (anchor.length < anchored.length && anchor.every((id, k) => anchored[k] === id)) {
      return anchored.slice(anchor.length);
    }
    return tokenizer.encode(answer.startsWith(' ') ? answer.slice(1) : answer);
  };

  const answerOf = (prompt: Rendered, answer: string): { readonly tokens: Uint32Array; readonly merged: boolean } => {
    if (answer === '') throw new BenchError('bad-text', 'an answer is empty');
    const text = separated(prompt, answer);
    const joint = encode(prompt.text + text);
    const merged = joint.length <= prompt.tokens.length || prompt.tokens.some((id, k) => joint[k] !== id);
    const tokens = merged ? alone(text) : joint.slice(prompt.tokens.length);
    if (tokens.length === 0) throw new BenchError('bad-text', `the answer ${JSON.stringify(answer)} has no tokens`);
    return { tokens: Uint32Array.from(tokens), merged };
  };

  return { separated, answerOf };
}
