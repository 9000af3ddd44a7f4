// Jinja2's scopes, and what a loop tells of its turns.

import type { Expr } from './ast.ts';
import { equal, Fields, Func, type Key, type Meter, type Named, Tuple, Undefined, type Value } from './values.ts';

export class Scope {
  readonly #names: Map<string, Value>;
  readonly #parent: Scope | null;
  constructor(parent: Scope | null, names: Iterable<readonly [string, Value]> = []) {
    this.#parent = parent;
    this.#names = new Map(names);
  }
  get(name: string): Value {
    for (let scope: Scope | null = this; scope !== null; scope = scope.#parent) {
      const found = scope.#names.get(name);
      if (found !== undefined) return found;
    }
    return new Undefined(`'${name}' is undefined`);
  }
  set(name: string, value: Value): void {
    this.#names.set(name, value);
  }
}

/** loop.changed(...): whether it is called with other values than the last time in the same loop. */
export function changes(meter: Meter): Func {
  let last: Value | undefined;
  return new Func('changed', (args) => {
    const now = new Tuple(args);
    const changed = last === undefined || !equal(last, now, meter);
    last = now;
    return changed;
  });
}

/** What `loop` is in the turn of item k. */
export function turn(items: readonly Value[], k: number, changed: Func): Fields {
  const near = (at: number, what: string): Value =>
    at >= 0 && at < items.length ? (items[at] as Value) : new Undefined(`there is no ${what} item`);
  const fields: [string, Value][] = [
    ['index', k + 1],
    ['index0', k],
    ['revindex', items.length - k],
    ['revindex0', items.length - k - 1],
    ['first', k === 0],
    ['last', k === items.length - 1],
    ['length', items.length],
    ['previtem', near(k - 1, 'previous')],
    ['nextitem', near(k + 1, 'next')],
    ['cycle', new Func('cycle', (args) => args[k % args.length] ?? null)],
    ['changed', changed],
  ];
  return new Fields('loop', new Map(fields));
}

/** Gives a macro's parameters their arguments; what is returned are those that need their defaults, in order. */
export function bindParameters(
  scope: Scope,
  parameters: readonly Expr[],
  args: readonly Value[],
  named: Named,
): readonly (readonly [string, Expr])[] {
  const left = new Map<Key, Value>(named);
  const later: (readonly [string, Expr])[] = [];
  parameters.forEach((parameter, k) => {
    const standard = parameter.type === 'KeywordArgumentExpression' ? parameter : null;
    const key = standard?.key.value ?? (parameter.type === 'Identifier' ? parameter.value : '');
    let given = k < args.length ? args[k] : undefined;
    if (k >= args.length && left.has(key)) {
      given = left.get(key);
      left.delete(key);
    }
    if (given === undefined && standard !== null) later.push([key, standard.value]);
    scope.set(key, given === undefined ? new Undefined(`parameter '${key}' was not provided`) : given);
  });
  const caller = left.get('caller');
  if (caller !== undefined) scope.set('caller', caller);
  left.delete('caller');
  scope.set('varargs', new Tuple(args.slice(parameters.length)));
  scope.set('kwargs', left);
  return later;
}
