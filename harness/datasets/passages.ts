// Knowledge: passages in our own JSON Lines, in Markdown, or in plain text, where an empty line ends a passage.

import { basename, extname } from 'node:path';
import { badRow, readData } from './lines.ts';
import { readPassages } from './own.ts';
import type { Passage } from './types.ts';

/** A passage of any persona, or of none: a neutral one. */
export interface LibraryPassage extends Passage {
  readonly persona: string | null;
  readonly trait: string | null;
}

/** Longest passage in characters: chunks are cut from it, but a book is no passage. */
const MAX_PASSAGE = 20_000;

/** By the file's name: `.jsonl`, `.md` or `.markdown`, and `.txt`. Throws `bad-data` with file and line. */
export async function readKnowledge(file: string): Promise<readonly Passage[]> {
  switch (extname(file).toLowerCase()) {
    case '.jsonl':
      return readPassages(file);
    case '.md':
    case '.markdown':
      return named(file, fromMarkdown(await readData(file)));
    case '.txt':
      return named(file, paragraphs(await readData(file)));
    default:
      throw badRow(file, 'knowledge of this kind is not read', 'name a file that ends with .jsonl, .md or .txt');
  }
}

interface Paragraph {
  readonly line: number;
  readonly text: string;
}

/** Runs of lines that are not empty, each on one line. */
function paragraphs(content: string): readonly Paragraph[] {
  const found: { line: number; lines: string[] }[] = [];
  let open = false;
  for (const [i, line] of content.split('\n').entries()) {
    const text = line.trim();
    if (text === '') open = false;
    else if (open) found.at(-1)?.lines.push(text);
    else {
      found.push({ line: i + 1, lines: [text] });
      open = true;
    }
  }
  return found.map(({ line, lines }) => ({ line, text: lines.join(' ').replace(/\s+/g, ' ') }));
}

/** Paragraphs and lists as plain text. Headings, rules, tables, comments, code and front matter are no passages. */
function fromMarkdown(content: string): readonly Paragraph[] {
  const blank = (part: string) => part.replace(/[^\n]/g, '');
  const lines = content
    .replace(/^\uFEFF?---\r?\n[\s\S]*?\n---[ \t]*(?=\r?\n|$)/, blank)
    .replace(/<!--[\s\S]*?-->/g, blank)
    .replace(/^[ \t]*(```+|~~~+)[^\n]*\n[\s\S]*?(?:^[ \t]*\1[ \t]*$|(?![\s\S]))/gm, blank)
    .split('\n');
  const kept = lines.map((line, i) => {
    const underlined = /^\s*(?:=+|-+)\s*$/.test(lines[i + 1] ?? '') && line.trim() !== '';
    if (/^\s*#{1,6}(?:\s|$)/.test(line) || underlined) return '';
    if (/^\s*(?:[-*_]\s*){3,}$/.test(line) || /^\s*(?:=+|-+)\s*$/.test(line) || /^\s*\|/.test(line)) return '';
    return inline(line);
  });
  return paragraphs(kept.join('\n'));
}

function inline(line: string): string {
  const item = /^\s*(?:>\s?)*(?:[-*+]|\d+[.)])\s+/;
  const text = line
    .replace(item, '')
    .replace(/^\s*(?:>\s?)+/, '')
    .replace(/!\[[^\]]*\]\([^)]*\)/g, '')
    .replace(/\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])/g, '$1')
    .replace(/(\*\*|__)(?=\S)(.+?)(?<=\S)\1/g, '$2')
    .replace(/(?<![\p{L}\p{N}])([*_])(?=\S)(.+?)(?<=\S)\1(?![\p{L}\p{N}])/gu, '$2')
    .replace(/`([^`]*)`/g, '$1');
  // An item of a list is a sentence of its own.
  return item.test(line) && text.trim() !== '' && !/[.!?:;,]\s*$/.test(text) ? `${text.trimEnd()}.` : text;
}

function named(file: string, found: readonly Paragraph[]): readonly Passage[] {
  if (found.length === 0) throw badRow(file, 'the file has no passage', 'write some, with an empty line between them');
  const long = found.find(({ text }) => text.length > MAX_PASSAGE);
  if (long !== undefined) {
    throw badRow(`${file}:${long.line}`, `the passage exceeds ${MAX_PASSAGE} characters`, 'put empty lines into it');
  }
  const stem = basename(file, extname(file));
  return found.map(({ line, text }) => ({ id: `${stem}:${line}`, text }));
}
