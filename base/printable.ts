// Text of others (names, questions, answers, messages) as it may be shown: it steers no terminal, and gives no command to the
// CI job that reads the log.

/** Control characters, half characters, what XML forbids, and what turns the direction of all that follows. */
const UNSEEN = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu;
const coded = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** One line of text: white space is spaces, what would not be seen is its code, and GitHub's runner finds no command within. */
export function printable(text: string): string {
  return text
    .replace(/[\t\n\v\f\r]+/g, ' ')
    .replace(UNSEEN, coded)
    .replaceAll('##[', '##\\[');
}

/** Text for a page: it keeps its lines, and what would not be seen, or would turn what follows, is its code. */
export function shown(text: string): string {
  return text.replace(UNSEEN, (character) => (/[\t\n\r]/.test(character) ? character : coded(character)));
}

/** Text that keeps its lines. */
export function printableLines(text: string): string {
  return text
    .split('\n')
    .map((line) => inert(printable(line)))
    .join('\n');
}

/** A line that does not begin as a command of GitHub's runner does. */
export function inert(line: string): string {
  return line.replace(/^\s*(?=::)/, '$&\\');
}

/** A document, the same when it is parsed: what would steer who reads it unparsed is told by its code. */
export function jsonText(document: unknown, indent = 2): string {
  return `${JSON.stringify(document, null, indent)
    .replace(/[^\P{Cc}\n]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, coded)
    .replaceAll('##[', '#\\u0023[')}\n`;
}
