// How deep JSON is nested, seen before it is parsed: deep nesting costs the parser memory out of all proportion, and what
// was parsed can then not even be shown in a message.

/** Levels of arrays and objects that a header or a config may have; published ones have four. */
export const MAX_NESTING = 64;

/** Whether `text` nests arrays and objects deeper than MAX_NESTING. It need not be JSON. */
export function isTooDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') {
      at++;
      while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    } else if (character === '[' || character === '{') {
      if (++depth > MAX_NESTING) return true;
    } else if (character === ']' || character === '}') depth--;
  }
  return false;
}
