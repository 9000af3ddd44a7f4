// What JSON.parse does not check: how deep a text is nested (deep nesting costs the parser memory out of all proportion, and
// the value can then not even be shown in a message) and whether a key occurs twice (the last one silently wins).

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

/** The first key that one object of the JSON `text` holds twice, or null. `text` must have been parsed before. */
export function duplicateKey(text: string): string | null {
  const keys: Set<string>[] = []; // one per open object; arrays hold an empty one that stays unused
  let at = 0;
  while (at < text.length) {
    const character = text[at]!;
    if (character === '{' || character === '[') keys.push(new Set());
    else if (character === '}' || character === ']') keys.pop();
    else if (character === '"') {
      const end = stringEnd(text, at);
      if (isKey(text, end)) {
        const key: string = JSON.parse(text.slice(at, end));
        const siblings = keys[keys.length - 1]!;
        if (siblings.has(key)) return key;
        siblings.add(key);
      }
      at = end;
      continue;
    }
    at++;
  }
  return null;
}

/** The index after the closing quote of the string that opens at `start`. */
function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** Whether a colon follows; in valid JSON only a key has one. */
function isKey(text: string, end: number): boolean {
  let at = end;
  while (/\s/.test(text[at] ?? '')) at++;
  return text[at] === ':';
}
