// Jinja2 as transformers sets it up, for chat templates: the library's lexer and parser, with Python's values, Jinja2's
// scopes and white space, and a bound on work and text of our own. What is not supported is refused by its name.

import { parse, tokenize } from '@huggingface/jinja';
import type { Node } from './ast.ts';
import { layOut } from './layout.ts';
import { renderTree } from './run.ts';
import { Fields, Func, fromData, int, isDict, iterate, kindOf, Meter, type Value } from './values.ts';
import { str, strftime } from './write.ts';

export interface JinjaTemplate {
  /** `data`: the template's variables, as plain data. Throws an Error that says why it cannot be rendered. */
  render(data: Readonly<Record<string, unknown>>): string;
}

/** Longest list that a template's range() may make: far above any number of messages. */
const MAX_RANGE = 100_000;

function range(args: readonly Value[], meter: Meter): Value[] {
  const given = args.map((one) => {
    if (typeof one !== 'number') throw new Error(`range() needs whole numbers, not ${kindOf(one)}`);
    return one;
  });
  const [from = 0, to = 0, step = 1] = given.length === 1 ? [0, given[0]] : given;
  if (step === 0) throw new Error('range() step must not be zero');
  const length = Math.max(0, Math.ceil((to - from) / step));
  if (!(length <= MAX_RANGE)) throw new Error(`range() of ${length} is longer than ${MAX_RANGE}`);
  meter.spend(length / 4);
  return Array.from({ length }, (_, k) => int(from + k * step));
}

/** The names that every template sees. `date`: what strftime_now tells, YYYY-MM-DD. */
function globals(date: string, meter: Meter): [string, Value][] {
  const entries = (args: readonly Value[]): [string, Value][] => {
    const [source] = args;
    if (source === undefined) return [];
    if (isDict(source)) meter.spend(source.size);
    if (isDict(source)) return [...source].map(([key, value]) => [String(key), value]);
    return iterate(source, meter).map((pair) => {
      const [key, value] = iterate(pair, meter);
      if (typeof key !== 'string' || value === undefined) throw new Error('it needs pairs of a name and a value');
      return [key, value];
    });
  };
  const functions: readonly Func[] = [
    new Func('range', (args) => range(args, meter)),
    new Func('raise_exception', ([message = '']) => {
      throw new Error(str(message, meter));
    }),
    new Func('strftime_now', ([format = '']) => strftime(date, str(format, meter))),
    new Func('namespace', (args, named) => new Fields('namespace', new Map([...entries(args), ...named]))),
    new Func('dict', (args, named) => new Map([...entries(args), ...named])),
  ];
  const constants: [string, Value][] = [
    ['true', true],
    ['True', true],
    ['false', false],
    ['False', false],
    ['none', null],
    ['None', null],
  ];
  return [...constants, ...functions.map((one): [string, Value] => [one.name, one])];
}

/** Passes errors on; one of the machine's stack is said in words. */
function unlessTooDeep<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError) throw new Error('it nests too deeply', { cause: error });
    throw error;
  }
}

/** Compiles a chat template. `date`: the day that strftime_now tells, YYYY-MM-DD. Throws an Error at a syntax error. */
export function compileJinja(source: string, date: string): JinjaTemplate {
  const program = unlessTooDeep(() => parse(tokenize(layOut(source))) as unknown as Node);
  return {
    render(data) {
      const meter = new Meter();
      const given = Object.entries(data).map(([name, value]): [string, Value] => [name, fromData(value)]);
      return unlessTooDeep(() => renderTree(program, [...globals(date, meter), ...given], meter));
    },
  };
}
