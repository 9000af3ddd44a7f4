// The shapes of what comes from code of one's own, checked before any of it is called.

import { BenchError } from '../base/error.ts';
import type { EvaluationKind } from '../harness/method/evaluation-kind.ts';
import type { Method } from '../harness/method/method.ts';

/** A method of one's own. `version` enters the identity of its cells: raise it whenever its outcomes may change. */
export type OwnMethod = Method & { readonly version: string };

/** A kind of evaluation of one's own, of any evaluations and entries; see `OwnMethod` for `version`. */
// biome-ignore lint/suspicious/noExplicitAny: a registry holds kinds of every evaluation, as functions that take their own
export type OwnEvaluation = EvaluationKind<any, any> & { readonly version: string };

/** Names of a suite, as config/schemas.ts has them. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const MAX_VERSION = 200;
const AXES = ['persona', 'sparsity', 'seed', 'wording'];

type Fields = Readonly<Record<string, unknown>>;

/** Throws `bad-plugin` naming the first field that is wrong. `where`: the file, where there is one. */
export function requireMethod(value: unknown, where?: string): asserts value is OwnMethod {
  const method = named(value, 'method', 'name', where);
  const { title, options, axes, reads } = method;
  const faults = [
    typeof title !== 'string' || title.trim() === '' ? '"title" must be one line of text' : null,
    versionFault(method),
    isSchema(options)
      ? null
      : '"options" must be a JSON Schema with type: "object", additionalProperties: false and properties',
    typeof axes === 'function' || (Array.isArray(axes) && axes.every((axis) => AXES.includes(axis)))
      ? null
      : `"axes" must be a list of ${AXES.join(', ')}, or a function that gives one`,
    ...functions(method, ['prepare'], ['located', 'content', 'controlOptions', 'wordings']),
    ...flags(method, ['network', 'tunes']),
    reads === undefined || typeof reads === 'function' || Array.isArray(reads)
      ? null
      : '"reads" must be a list, or a function that gives one',
  ];
  refuse(faults, `method "${method.name}"`, 'method', where);
}

/** The same for a kind of evaluation. */
export function requireEvaluation(value: unknown, where?: string): asserts value is OwnEvaluation {
  const kind = named(value, 'evaluation', 'kind', where);
  const { schema, graded, unit, poles } = kind;
  const properties = isSchema(schema) ? (schema as { readonly properties: Fields }).properties : {};
  const faults = [
    versionFault(kind),
    (properties.kind as Fields | undefined)?.const === kind.kind
      ? null
      : `"schema" must be a JSON Schema with type: "object", additionalProperties: false, and properties.kind.const "${kind.kind}"`,
    typeof graded === 'boolean' ? null : '"graded" must be true or false',
    unit === 'item' || unit === 'group' ? null : '"unit" must be "item" or "group"',
    poles === 'both' || poles === 'own' ? null : '"poles" must be "both" or "own"',
    ...functions(
      kind,
      ['resolve', 'content', 'question', 'ask'],
      ['setUp', 'faults', 'answer', 'judge', 'answerers', 'rows', 'sections'],
    ),
  ];
  refuse(faults, `evaluation "${kind.kind}"`, 'evaluation', where);
}

/** The error of all code that is not as it should be. */
export function badPlugin(message: string, hint: string, where?: string, cause?: unknown): BenchError {
  return new BenchError('bad-plugin', message, { ...(where !== undefined && { where }), hint, cause });
}

const hintOf = (what: string): string =>
  `see docs/api.md; ${what === 'method' ? 'defineMethod' : 'defineEvaluation'} of persona-bench/method checks one`;

function named(value: unknown, what: string, field: string, where: string | undefined): Fields {
  const is = what === 'evaluation' ? 'an evaluation' : 'a method';
  if (typeof value !== 'object' || value === null) throw badPlugin(`${is} is an object`, hintOf(what), where);
  const fields = value as Fields;
  const name = fields[field];
  if (typeof name === 'string' && NAME.test(name)) return fields;
  const rule = 'is 1 to 64 letters, digits, dots, dashes and underscores';
  throw badPlugin(`the ${field} of ${is} ${rule}`, hintOf(what), where);
}

function refuse(faults: readonly (string | null)[], which: string, what: string, where: string | undefined): void {
  const fault = faults.find((one) => one !== null);
  if (fault !== undefined) throw badPlugin(`${which}: ${fault}`, hintOf(what), where);
}

function versionFault({ version }: Fields): string | null {
  if (typeof version === 'string' && version !== '' && version.length <= MAX_VERSION) return null;
  return `"version" must be a text of 1 to ${MAX_VERSION} characters: stored answers are kept apart by it`;
}

function functions(fields: Fields, needed: readonly string[], optional: readonly string[]): readonly (string | null)[] {
  return [...needed, ...optional].map((name) => {
    const known = typeof fields[name] === 'function' || (optional.includes(name) && fields[name] === undefined);
    return known ? null : `"${name}" must be a function`;
  });
}

function flags(fields: Fields, names: readonly string[]): readonly (string | null)[] {
  return names.map((name) =>
    fields[name] === undefined || typeof fields[name] === 'boolean' ? null : `"${name}" must be true or false`,
  );
}

function isSchema(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { type, additionalProperties, properties } = value as Fields;
  return type === 'object' && additionalProperties === false && typeof properties === 'object' && properties !== null;
}
