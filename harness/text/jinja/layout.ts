// White space of a template, as Jinja2 reads it with trim_blocks and lstrip_blocks: the library's lexer then gets tags
// alone, each text between them as a quoted string. Line ends, raw blocks and the `generation` tag are settled here too.

/** What Python's `\s` takes for white space. */
const SPACE = new Set(
  '\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000',
);
const OPENERS: Readonly<Record<string, 'block' | 'print' | 'comment'>> = {
  '{%': 'block',
  '{{': 'print',
  '{#': 'comment',
};
const CLOSERS = { block: '%}', print: '}}', comment: '#}' } as const;
const SIMPLE: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  v: '\v',
  a: '\x07',
  '\n': '',
  "'": "'",
  '"': '"',
  '\\': '\\',
};

export const isSpace = (char: string | undefined): boolean => char !== undefined && SPACE.has(char);

/** `text` without white space at its start (`left`), its end (`right`), or both. */
export function stripSpace(text: string, side: 'left' | 'right' | 'both'): string {
  let [from, to] = [0, text.length];
  if (side !== 'right') while (from < to && isSpace(text[from])) from++;
  if (side !== 'left') while (to > from && isSpace(text[to - 1])) to--;
  return text.slice(from, to);
}

/**
 * A string literal that the library's lexer reads back as `text`. Nothing in it looks like a tag or, as the lexer looks
 * for white space before tags and takes its square in time, like a run of spaces.
 */
function quoted(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must be escaped
  const escaped = text.replace(/["\\\u0000-\u001f\u007f-\uffff{}%#]|(?<= ) /g, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return `"${escaped}"`;
}

/** The end of `lexer`'s white space from `at` on. */
function pastSpace(source: string, at: number): number {
  let end = at;
  while (isSpace(source[end])) end++;
  return end;
}

/** Reads a Python string literal whose quote is at `at`: what it says, and where it ends. */
function literal(source: string, at: number): { readonly text: string; readonly end: number } {
  const quote = source[at];
  let text = '';
  for (let k = at + 1; k < source.length; k++) {
    const char = source[k] ?? '';
    if (char === quote) return { text, end: k + 1 };
    if (char !== '\\') {
      text += char;
      continue;
    }
    k += 1;
    const next = source[k] ?? '';
    const digits = { x: 2, u: 4, U: 8 }[next];
    if (digits !== undefined) {
      const hex = source.slice(k + 1, k + 1 + digits);
      if (hex.length !== digits || !/^[0-9a-fA-F]+$/.test(hex))
        throw new SyntaxError(`\\${next}${hex} is no character`);
      text += String.fromCodePoint(Number.parseInt(hex, 16));
      k += digits;
    } else if (/[0-7]/.test(next)) {
      const octal = /^[0-7]{1,3}/.exec(source.slice(k, k + 3))?.[0] ?? next;
      text += String.fromCharCode(Number.parseInt(octal, 8));
      k += octal.length - 1;
    } else if (next === 'N') {
      throw new SyntaxError('characters by name (\\N{...}) are not supported');
    } else {
      text += SIMPLE[next] ?? `\\${next}`; // Python leaves an escape that it does not know as it is
    }
  }
  throw new SyntaxError('a string has no end');
}

/**
 * Throws for `a < b < c`, which Python reads as `a < b and b < c`: the library's tree does not tell it from
 * `(a < b) < c`, which is common.
 */
function refuseChains(body: string): void {
  const compared = [false];
  let loop = /^\s*for\b/.test(body);
  for (const [token] of body.matchAll(/"[^"]*"|\w+|[<>=!]=?|[^\s\w]/g)) {
    const top = compared.length - 1;
    if ('([{'.includes(token)) compared.push(false);
    else if (')]}'.includes(token)) compared.pop();
    else if (token === 'in' && loop) loop = false;
    else if (/^(in|[<>]=?|[=!]=)$/.test(token)) {
      if (compared[top]) throw new SyntaxError('a chain of comparisons (a < b < c) is not supported');
      compared[top] = true;
    } else if (/^(and|or|if|else|elif|[,:=])$/.test(token)) compared[top] = false;
  }
}

interface Tag {
  readonly body: string; // white space as single spaces, strings quoted anew
  readonly first: string; // its first word
  readonly strip: boolean; // -%} or -}}
  readonly end: number;
}

/** Reads the tag whose inside starts at `at`. Throws SyntaxError when it has no end. */
function readTag(source: string, at: number, kind: 'block' | 'print'): Tag {
  const closer = CLOSERS[kind];
  let body = '';
  let depth = 0;
  for (let k = at; k < source.length; ) {
    const char = source[k] ?? '';
    if (depth === 0) {
      const sign = (char === '-' || (char === '+' && kind === 'block')) && source.startsWith(closer, k + 1);
      if (sign || source.startsWith(closer, k)) {
        const end = k + closer.length + (sign ? 1 : 0);
        let next = end;
        if (sign && char === '-') next = pastSpace(source, end);
        else if (!sign && kind === 'block' && source[end] === '\n') next = end + 1;
        refuseChains(body);
        return { body: body.trim(), first: /^\s*(\w*)/.exec(body)?.[1] ?? '', strip: sign && char === '-', end: next };
      }
    }
    if (char === '"' || char === "'") {
      const { text, end } = literal(source, k);
      body += ` ${quoted(text)} `;
      k = end;
    } else if (isSpace(char)) {
      body += ' ';
      k = pastSpace(source, k);
    } else {
      if ('([{'.includes(char)) depth += 1;
      if (')]}'.includes(char)) depth -= 1;
      if (depth < 0) throw new SyntaxError(`unexpected "${char}"`);
      body += char;
      k += 1;
    }
  }
  throw new SyntaxError(`a ${kind === 'block' ? '{% %}' : '{{ }}'} has no end`);
}

/** Where `{% endraw %}` of a raw block opens, how it strips, and where it ends. */
function findEndRaw(source: string, at: number) {
  for (let open = source.indexOf('{%', at); open >= 0; open = source.indexOf('{%', open + 2)) {
    const sign = source[open + 2] === '-' || source[open + 2] === '+' ? source[open + 2] : '';
    const word = pastSpace(source, open + 2 + (sign === '' ? 0 : 1));
    if (!source.startsWith('endraw', word)) continue;
    const close = pastSpace(source, word + 'endraw'.length);
    const strips = source[close] === '-' || source[close] === '+' ? source[close] : '';
    const after = close + (strips === '' ? 0 : 1);
    if (!source.startsWith('%}', after)) continue;
    let end = after + 2;
    if (strips === '-') end = pastSpace(source, end);
    else if (strips === '' && source[end] === '\n') end += 1;
    return { open, sign, end };
  }
  throw new SyntaxError('a raw block has no end');
}

/** The template's tags without white space control, and every text between them as `{{"..."}}`. Throws SyntaxError. */
export function layOut(template: string): string {
  let source = template.replace(/\r\n?/g, '\n');
  if (source.endsWith('\n')) source = source.slice(0, -1);
  let out = '';
  let at = 0;
  let lineStarts = true; // nothing is on this line before `at`
  const say = (text: string): void => {
    if (text !== '') out += `{{ ${quoted(text)} }}`;
  };
  /** `text` as the tag after it leaves it. */
  const before = (text: string, sign: string | undefined, isPrint: boolean): string => {
    if (sign === '-') return stripSpace(text, 'right');
    if (sign === '+' || isPrint) return text;
    const line = text.lastIndexOf('\n') + 1;
    if (line === 0 && !lineStarts) return text;
    return stripSpace(text.slice(line), 'left') === '' ? text.slice(0, line) : text;
  };
  while (at < source.length) {
    let open = source.indexOf('{', at);
    while (open >= 0 && OPENERS[source.slice(open, open + 2)] === undefined) open = source.indexOf('{', open + 1);
    if (open < 0) break;
    const kind = OPENERS[source.slice(open, open + 2)] ?? 'block';
    const sign = source[open + 2] === '-' || source[open + 2] === '+' ? source[open + 2] : undefined;
    say(before(source.slice(at, open), sign, kind === 'print'));
    const inside = open + 2 + (sign === undefined ? 0 : 1);
    if (kind === 'comment') {
      const close = source.indexOf('#}', inside);
      if (close < 0) throw new SyntaxError('a {# #} has no end');
      at = close + 2;
      const last = source[close - 1];
      if (last === '-' && close > inside) at = pastSpace(source, at);
      else if (!(last === '+' && close > inside) && source[at] === '\n') at += 1;
    } else {
      const tag = readTag(source, inside, kind);
      at = tag.end;
      if (kind === 'print') out += `{{ ${tag.body} }}`;
      else if (tag.body === 'raw') {
        // A raw block keeps the line end after its own tag.
        if (!tag.strip && source[at - 1] === '\n') at -= 1;
        lineStarts = source[at - 1] === '\n';
        const close = findEndRaw(source, at);
        say(before(source.slice(at, close.open), close.sign, false));
        at = close.end;
      } else if (tag.body === 'generation') out += '{% filter string %}';
      else if (tag.body === 'endgeneration') out += '{% endfilter %}';
      else out += `{% ${tag.body} %}`;
    }
    lineStarts = source[at - 1] === '\n';
  }
  say(source.slice(at));
  return out;
}
