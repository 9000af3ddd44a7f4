// Decodes tokens as they come: whole characters only, and nothing from a stop string on, wherever tokens split it.

import type { TextModel } from './text.ts';

export interface TextStream {
  /** Text that this token makes certain; '' while a character or a possible stop string is unfinished. */
  push(token: number): string;
  /** What was held back, once no token follows; '' after a stop string. */
  end(): string;
  readonly stopped: boolean; // a stop string was met: nothing more comes
}

/** Prompt tokens that decoders look at: some drop the space before the first word of a text. */
const CONTEXT_TOKENS = 4;

/** Starts decoding a continuation of `prompt`. Empty stop strings are ignored. */
export function streamText(
  text: Pick<TextModel, 'decode'>,
  prompt: Uint32Array,
  stops: readonly string[] = [],
): TextStream {
  const wanted = stops.filter((stop) => stop !== '');
  const context = Array.from(prompt.slice(-CONTEXT_TOKENS));
  let window = context; // tokens decoded together: emitted ones first, as context
  let emitted = window.length;
  let held = ''; // decoded, but perhaps the start of a stop string
  let stopped = false;

  const release = (fresh: string, last: boolean): string => {
    held += fresh;
    const hits = wanted.map((stop) => held.indexOf(stop)).filter((at) => at >= 0);
    if (hits.length > 0) {
      const out = held.slice(0, Math.min(...hits));
      held = '';
      stopped = true;
      return out;
    }
    let keep = 0;
    if (!last) {
      for (const stop of wanted) {
        for (let n = Math.min(stop.length - 1, held.length); n > keep; n--) {
          if (stop.startsWith(held.slice(held.length - n))) keep = n;
        }
      }
    }
    const out = held.slice(0, held.length - keep);
    held = held.slice(held.length - keep);
    return out;
  };
  const decodeFresh = (last: boolean): string => {
    const before = text.decode(window.slice(0, emitted));
    const after = text.decode(window);
    const fresh = after.slice(before.length);
    if (!last && (fresh === '' || after.endsWith('\uFFFD'))) return '';
    window = window.slice(Math.max(0, emitted - CONTEXT_TOKENS));
    emitted = window.length;
    return fresh;
  };

  return {
    push(token) {
      if (stopped) return '';
      window = [...window, token];
      return release(decodeFresh(false), false);
    },
    end() {
      if (stopped) return '';
      return release(decodeFresh(true), true);
    },
    get stopped() {
      return stopped;
    },
  };
}
