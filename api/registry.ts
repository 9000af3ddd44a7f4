// What a suite may name, joined from the package and from code of one's own: shapes are checked and names are unique.

import { BenchError } from '../base/error.ts';
import { EVALUATIONS } from '../harness/evaluations/index.ts';
import type { EvaluationRegistry } from '../harness/method/evaluation-kind.ts';
import type { Method, MethodRegistry } from '../harness/method/method.ts';
import { METHODS } from './methods.ts';

/** A method of one's own. `version` enters the identity of its cells: raise it whenever its outcomes may change. */
export type OwnMethod = Method & { readonly version: string };

/** Code of one's own, as a plugin file exports it or as it is given to `registryOf`. */
export interface Plugin {
  readonly methods?: readonly OwnMethod[];
}

/** What suites are loaded with and run with. Made by `registryOf`. */
export interface Registry {
  readonly methods: MethodRegistry;
  readonly evaluations: EvaluationRegistry; // kinds, by their names
}

/** Names of a suite, as config/schemas.ts has them. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const MAX_VERSION = 200;

/**
 * The bundled methods and those of `plugins`. `where`: the place of an error, a file as a rule.
 * Throws `bad-plugin` for a method of the wrong shape, and for a name that is taken.
 */
export function registryOf(...plugins: readonly (Plugin & { readonly where?: string })[]): Registry {
  const methods = new Map(METHODS);
  for (const { methods: own = [], where } of plugins) {
    for (const method of own) {
      requireMethod(method, where);
      if (methods.has(method.name)) {
        const whose = METHODS.has(method.name) ? 'a bundled method' : 'another method';
        throw refused(`the name "${method.name}" is taken by ${whose}`, where, 'give the method a name of its own');
      }
      methods.set(method.name, method);
    }
  }
  return { methods, evaluations: EVALUATIONS };
}

/** The bundled methods alone. */
export const BUNDLED: Registry = { methods: METHODS, evaluations: EVALUATIONS };

/**
 * A method of one's own, checked; its type says what is missing while it is written.
 * Throws `bad-plugin` where a field is missing or of the wrong kind.
 */
export function defineMethod<T extends OwnMethod>(method: T): T {
  requireMethod(method, undefined);
  return method;
}

/** Throws `bad-plugin` naming the first field that is wrong. */
export function requireMethod(value: unknown, where: string | undefined): asserts value is OwnMethod {
  const hint = 'see "A method of your own" in docs/api.md; defineMethod of persona-bench/method checks a method';
  if (typeof value !== 'object' || value === null) throw refused('a method is an object', where, hint);
  const method = value as Readonly<Record<keyof OwnMethod, unknown>>;
  if (typeof method.name !== 'string' || !NAME.test(method.name)) {
    throw refused('the name of a method is 1 to 64 letters, digits, dots, dashes and underscores', where, hint);
  }
  const fault = faultOf(method);
  if (fault !== null) throw refused(`method "${method.name}": ${fault}`, where, hint);
}

function faultOf(method: Readonly<Record<keyof OwnMethod, unknown>>): string | null {
  const { title, version, options, axes, prepare } = method;
  if (typeof title !== 'string' || title.trim() === '') return '"title" must be one line of text';
  if (typeof version !== 'string' || version === '' || version.length > MAX_VERSION) {
    return `"version" must be a text of 1 to ${MAX_VERSION} characters: stored answers are kept apart by it`;
  }
  if (!isSchema(options)) {
    return '"options" must be a JSON Schema with type: "object", additionalProperties: false and properties';
  }
  if (typeof axes !== 'function' && !isListOf(axes, ['persona', 'sparsity', 'seed', 'wording'])) {
    return '"axes" must be a list of persona, sparsity, seed, wording, or a function that gives one';
  }
  if (typeof prepare !== 'function') return '"prepare" must be a function';
  for (const name of ['located', 'content', 'nulls', 'wordings'] as const) {
    if (method[name] !== undefined && typeof method[name] !== 'function') return `"${name}" must be a function`;
  }
  for (const name of ['network', 'tunes'] as const) {
    if (method[name] !== undefined && typeof method[name] !== 'boolean') return `"${name}" must be true or false`;
  }
  const { reads } = method;
  if (reads !== undefined && typeof reads !== 'function' && !Array.isArray(reads)) {
    return '"reads" must be a list, or a function that gives one';
  }
  return null;
}

function isSchema(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { type, additionalProperties, properties } = value as Readonly<Record<string, unknown>>;
  return type === 'object' && additionalProperties === false && typeof properties === 'object' && properties !== null;
}

function isListOf(value: unknown, words: readonly string[]): boolean {
  return Array.isArray(value) && value.every((word) => words.includes(word));
}

function refused(message: string, where: string | undefined, hint: string): BenchError {
  return new BenchError('bad-plugin', message, { ...(where !== undefined && { where }), hint });
}
