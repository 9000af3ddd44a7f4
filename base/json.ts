// What JSON.parse does not check: how deep a text is nested and how many values it holds (both cost the parser memory out of
// all proportion to the text), and whether a key occurs twice (the last one silently wins).

/** Levels of arrays and objects that a header or a config may have; published ones have four. */
const MAX_NESTING = 64;
/** Values that a text may hold unless its reader says otherwise: in memory they take some 150 bytes each. */
export const MAX_VALUES = 2 ** 21;

/**
 * The value of `text`. Throws Error with the reason where it is no JSON, is nested deeper than MAX_NESTING, or holds more
 * than `maxValues` values; the latter two are seen before anything is parsed.
 */
export function parseJson(text: string, maxValues: number = MAX_VALUES): unknown {
  const excess = beyond(text, maxValues);
  if (excess !== null) throw new Error(`it ${excess}`);
  return JSON.parse(text);
}

/** Whether a parsed value is an object: no list, and not null. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** The bound that `text` exceeds, in words, or null. It need not be JSON. Commas and opening brackets bound the values. */
function beyond(text: string, maxValues: number): string | null {
  let depth = 0;
  let values = 1;
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === QUOTE) {
      for (at++; at < text.length; at++) {
        const inner = text.charCodeAt(at);
        if (inner === BACKSLASH) at++;
        else if (inner === QUOTE) break;
      }
    } else if (character === COMMA) values++;
    else if (character === OPEN_LIST || character === OPEN_OBJECT) {
      values++;
      if (++depth > MAX_NESTING) return `is nested deeper than ${MAX_NESTING} levels`;
    } else if (character === CLOSE_LIST || character === CLOSE_OBJECT) depth--;
    if (values > maxValues) return `has more than ${maxValues} values`;
  }
  return null;
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
