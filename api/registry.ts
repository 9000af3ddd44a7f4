// What a suite may name, joined from the package and from code of one's own: shapes are checked and names are unique.

import { EVALUATIONS } from '../harness/evaluations/index.ts';
import type { EvaluationKind, EvaluationRegistry } from '../harness/method/evaluation-kind.ts';
import type { MethodRegistry } from '../harness/method/method.ts';
import { METHODS } from './methods.ts';
import { badPlugin, type OwnEvaluation, type OwnMethod, requireEvaluation, requireMethod } from './shapes.ts';

/** Code of one's own, as a plugin file exports it or as it is given to `registryOf`. */
export interface Plugin {
  readonly methods?: readonly OwnMethod[];
  readonly evaluations?: readonly OwnEvaluation[];
}

/** What suites are loaded with and run with. Made by `registryOf`. */
export interface Registry {
  readonly methods: MethodRegistry;
  readonly evaluations: EvaluationRegistry; // kinds, by their names
}

/** What comes with the package alone. */
export const BUNDLED: Registry = { methods: METHODS, evaluations: EVALUATIONS };

/**
 * What comes with the package and what `plugins` bring. `where`: the place of an error, a file as a rule.
 * Throws `bad-plugin` for a method or an evaluation of the wrong shape, and for a name that is taken.
 */
export function registryOf(...plugins: readonly (Plugin & { readonly where?: string })[]): Registry {
  const methods = new Map(METHODS);
  const evaluations = new Map(EVALUATIONS);
  for (const { methods: ownMethods = [], evaluations: ownKinds = [], where } of plugins) {
    for (const method of ownMethods) {
      requireMethod(method, where);
      add(methods, method.name, method, METHODS, 'method', where);
    }
    for (const kind of ownKinds) {
      requireEvaluation(kind, where);
      add(evaluations, kind.kind, kind as EvaluationKind, EVALUATIONS, 'evaluation', where);
    }
  }
  return { methods, evaluations };
}

function add<T>(
  to: Map<string, T>,
  name: string,
  value: T,
  bundled: ReadonlyMap<string, T>,
  what: string,
  where: string | undefined,
): void {
  if (to.has(name)) {
    const whose = bundled.has(name) ? `a bundled ${what}` : `another ${what}`;
    throw badPlugin(`the name "${name}" is taken by ${whose}`, `give the ${what} a name of its own`, where);
  }
  to.set(name, value);
}

/**
 * A method of one's own, checked; its type says what is missing while it is written.
 * Throws `bad-plugin` where a field is missing or of the wrong kind.
 */
export function defineMethod<T extends OwnMethod>(method: T): T {
  requireMethod(method);
  return method;
}

/**
 * A kind of evaluation of one's own, checked; `E` is an evaluation of it as it is run, `F` its entry in a suite.
 * Throws `bad-plugin` where a field is missing or of the wrong kind.
 */
export function defineEvaluation<T extends OwnEvaluation>(kind: T): T {
  requireEvaluation(kind);
  return kind;
}
