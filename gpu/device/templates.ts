// .wgsl templates -> shader text. Three directives, each alone on its line, and one substitution:
//   #include "file.wgsl"      #if FLAG / #else / #end      #for i 0 N / #end      ${name}, ${i + 1}
// `#for` unrolls: software drivers keep scalars in registers, but not the elements of an array.

import { readFileSync } from 'node:fs';
import { BenchError } from '../../base/error.ts';

/** Numbers and flags that a template is made with. A flag is false when it is absent. */
export type Constants = Readonly<Record<string, number | boolean | string>>;

const FOLDER = new URL('../kernels/', import.meta.url);
const files = new Map<string, readonly string[]>();

/** The lines of a file in gpu/kernels/. */
export function kernelLines(name: string): readonly string[] {
  let lines = files.get(name);
  if (lines === undefined) {
    lines = readFileSync(new URL(name, FOLDER), 'utf8').split('\n');
    files.set(name, lines);
  }
  return lines;
}

/** The text of kernel `name` with `constants` filled in. */
export function expand(name: string, constants: Constants): string {
  const out: string[] = [];
  block(name, kernelLines(name), constants, out);
  return out.join('\n');
}

/** Appends the expansion of `lines` to `out`; `name` is for messages. */
export function block(name: string, lines: readonly string[], constants: Constants, out: string[]): void {
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!;
    const [directive, ...words] = line.trim().split(/\s+/);
    if (directive === '#include') {
      const file = words[0]!.replaceAll('"', '');
      block(file, kernelLines(file), constants, out);
    } else if (directive === '#if' || directive === '#for') {
      const end = closing(name, lines, at);
      if (directive === '#for') {
        const [variable, from, to] = words;
        const last = Number(substitute(name, to!, constants));
        for (let i = Number(substitute(name, from!, constants)); i < last; i++) {
          block(name, lines.slice(at + 1, end.end), { ...constants, [variable!]: i }, out);
        }
      } else {
        const wanted = words[0]!.startsWith('!') ? !constants[words[0]!.slice(1)] : Boolean(constants[words[0]!]);
        const body = wanted ? [at + 1, end.middle ?? end.end] : [(end.middle ?? end.end - 1) + 1, end.end];
        block(name, lines.slice(body[0], body[1]), constants, out);
      }
      at = end.end;
    } else {
      out.push(substitute(name, line, constants));
    }
  }
}

/** The line of the #end that closes the block opened on line `start`, and of its own #else. */
function closing(name: string, lines: readonly string[], start: number): { middle?: number; end: number } {
  let depth = 0;
  let middle: number | undefined;
  for (let at = start; at < lines.length; at++) {
    const directive = lines[at]!.trim().split(/\s/, 1)[0];
    if (directive === '#if' || directive === '#for') depth++;
    else if (directive === '#else' && depth === 1) middle = at;
    else if (directive === '#end' && --depth === 0) return middle === undefined ? { end: at } : { middle, end: at };
  }
  throw new BenchError('bad-kernel', 'a block is not closed by #end', { where: `gpu/kernels/${name}:${start + 1}` });
}

function substitute(name: string, text: string, constants: Constants): string {
  return text.replace(/\$\{(\w+)(?:\s*([*+-])\s*(\w+))?\}/g, (_, left: string, operator?: string, right?: string) => {
    const a = value(name, left, constants);
    if (operator === undefined) return String(a);
    const b = Number(value(name, right!, constants));
    return String(operator === '+' ? Number(a) + b : operator === '-' ? Number(a) - b : Number(a) * b);
  });
}

function value(name: string, word: string, constants: Constants): number | boolean | string {
  if (/^\d+$/.test(word)) return Number(word);
  const found = constants[word];
  if (found === undefined) throw new BenchError('bad-kernel', `constant ${word} is not given`, { where: name });
  return found;
}
