// The strings and the comments of a TypeScript source, each with its line: what users and maintainers read.

export interface Piece {
  readonly line: number;
  readonly kind: 'string' | 'comment';
  /** Without quotes; of a template, the text with `{}` where an expression stood. */
  readonly text: string;
}

/** A slash after one of these begins a regular expression, not a division. */
const BEFORE_REGEX = /(?:^|[(,=:[!&|?{};+\n>]|\breturn|\btypeof|\bcase)\s*$/;
const REGEX = /\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y;

/** Strings, templates and comments of `source`, in order; expressions within templates are read too. */
export function piecesOf(source: string): readonly Piece[] {
  const pieces: Piece[] = [];
  const lineAt = (at: number) => source.slice(0, at).split('\n').length;
  const add = (kind: Piece['kind'], at: number, text: string) => pieces.push({ kind, line: lineAt(at), text });

  /** Reads code from `at` to the end, or to the brace that closes an expression of a template; returns where it stopped. */
  function code(from: number, nested: boolean): number {
    let at = from;
    let depth = 0;
    while (at < source.length) {
      const two = source.slice(at, at + 2);
      const one = source[at] ?? '';
      if (two === '//' || two === '/*') {
        const found = source.indexOf(two === '//' ? '\n' : '*/', at + 2);
        const end = found < 0 ? source.length : found;
        add('comment', at, source.slice(at + 2, end));
        at = two === '//' ? end : end + 2;
      } else if (one === "'" || one === '"') {
        let end = at + 1;
        while (end < source.length && source[end] !== one) end += source[end] === '\\' ? 2 : 1;
        add('string', at, source.slice(at + 1, end));
        at = end + 1;
      } else if (one === '`') {
        at = template(at);
      } else if (one === '/' && BEFORE_REGEX.test(source.slice(Math.max(0, at - 40), at))) {
        REGEX.lastIndex = at;
        at += REGEX.exec(source)?.[0].length ?? 1;
      } else {
        if (one === '{') depth++;
        if (one === '}' && nested && depth-- === 0) return at;
        at++;
      }
    }
    return at;
  }

  function template(from: number): number {
    let at = from + 1;
    let text = '';
    const inner: Piece[][] = [];
    while (at < source.length && source[at] !== '`') {
      if (source.startsWith('${', at)) {
        const before = pieces.length;
        at = code(at + 2, true) + 1;
        inner.push(pieces.splice(before));
        text += '{}';
      } else {
        const length = source[at] === '\\' ? 2 : 1;
        text += source.slice(at, at + length);
        at += length;
      }
    }
    add('string', from, text);
    pieces.push(...inner.flat());
    return at + 1;
  }

  code(0, false);
  return pieces;
}
