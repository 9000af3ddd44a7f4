// ajv's verdict as issues with places and suggestions. Defaults are filled in, so that a default and the same value
// written out mean the same.

import { createRequire } from 'node:module';
import type { Ajv, ErrorObject } from 'ajv';
import { didYouMean, type Issue, suggestion, type TextPosition } from './diagnostics.ts';
import { childPath, type Located, originOf } from './yaml.ts';

let made: Ajv | undefined;

/** Loaded when there is something to check: it takes longer than all else that a mistake in the command line needs. */
function ajv(): Ajv {
  if (made === undefined) {
    const library = createRequire(import.meta.url)('ajv') as typeof import('ajv');
    made = new library.Ajv({
      allErrors: true,
      strict: true,
      strictTypes: false,
      strictRequired: false,
      useDefaults: true,
      verbose: true,
      allowUnionTypes: true,
      discriminator: true,
    });
  }
  return made;
}

/** Checks `value` (changed: defaults) against `schema`; `at` is its path in `located`, where the places come from. */
export function schemaIssues(schema: object, value: unknown, located: Located, at = ''): readonly Issue[] {
  const validate = ajv().compile(schema);
  if (validate(value)) return [];
  const errors = (validate.errors ?? []).filter(
    (error) => !SAID_BY_OTHERS.includes(error.keyword) && !isAbsent(error) && error.propertyName === undefined,
  );
  const unknown = errors.filter(({ keyword }) => keyword === 'additionalProperties');
  const issues = errors.flatMap((error) => {
    const path = pathOf(error, at);
    // A misspelt key explains why the right one is missing.
    if (error.keyword === 'required') {
      const missing = String(error.params.missingProperty);
      const typo = unknown.some(
        (other) =>
          other.instancePath === error.instancePath &&
          didYouMean(String(other.params.additionalProperty), [missing]) !== undefined,
      );
      return typo ? [] : [{ place: firstLine(originOf(located, path).value), message: `"${missing}" is missing` }];
    }
    return [issueOf(error, path, located)];
  });
  // Several keywords may object to one value; the first says enough.
  const seen = new Set<string>();
  return issues.filter(({ place, message }) => {
    const key = `${place.source.name}:${place.start}:${message.startsWith('"') ? message : ''}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** Keys that were there before, by their last two names: what to write now. */
const REMOVED: Readonly<Record<string, string>> = {
  'tax.perplexity':
    'a broken network passes a limit on perplexity: write `divergence: 0.7`, in nats per token from the dense network, for ' +
    'what was `perplexity: 2` (docs/gate.md)',
};

function issueOf(
  { keyword, params, message = 'is wrong', parentSchema, data }: ErrorObject,
  path: string,
  located: Located,
): Issue {
  const { value, key } = originOf(located, path);
  if (keyword === 'additionalProperties') {
    const name = String(params.additionalProperty);
    const known = Object.keys((parentSchema as { properties?: object }).properties ?? {});
    return {
      place: originOf(located, childPath(path, name)).key,
      message: `unknown key "${name}"`,
      hint: REMOVED[`${lastKey(path)}.${name}`] ?? suggestion(name, known),
    };
  }
  if (keyword === 'propertyNames') {
    const place = originOf(located, childPath(path, String(params.propertyName))).key;
    return { place, message: 'a name is one line of at most 200 characters that are seen' };
  }
  if (keyword === 'enum') {
    const allowed = (params.allowedValues as unknown[]).map(String);
    return {
      place: value,
      message: allowed.length === 1 ? `${lastKey(path)} must be ${allowed[0]}` : `must be one of ${allowed.join(', ')}`,
      ...hinted(didYouMean(String(data), allowed)),
    };
  }
  if (keyword === 'discriminator') {
    const { tag, tagValue } = params as { tag: string; tagValue: unknown };
    const kinds = (parentSchema as unknown as Kinds).oneOf.map(({ properties }) => properties[tag]?.const ?? '');
    return {
      place: originOf(located, childPath(path, tag)).value,
      message: `must be one of ${kinds.join(', ')}`,
      ...hinted(didYouMean(String(tagValue), kinds)),
    };
  }
  if (keyword === 'exclusiveMaximum') {
    return {
      place: value,
      message: `${lastKey(path)} must be < ${params.limit}`,
      ...hinted(shareOf(data, params.limit)),
    };
  }
  if (keyword === 'maximum' && params.limit === 1) {
    return { place: value, message: `${lastKey(path)} must be <= 1`, ...hinted(shareOf(data, 1)) };
  }
  if (keyword === 'type' && typeof data === 'string' && String(params.type).includes('number')) {
    return { place: firstLine(value), message: `${lastKey(path)} ${message}`, ...hinted(shareOf(data, 1)) };
  }
  if (keyword === 'pattern') return { place: value, message: patternText(String(params.pattern), path) };
  if (keyword === 'uniqueItems') {
    const twice = originOf(located, childPath(path, String(Math.max(Number(params.i), Number(params.j))))).value;
    return {
      place: twice,
      message: `${lastKey(path)} names ${JSON.stringify((data as unknown[])[params.i as number])} twice`,
    };
  }
  if (keyword === 'minItems') return { place: key, message: `${lastKey(path)} must not be empty` };
  return { place: firstLine(value), message: `${lastKey(path)} ${message}` };
}

/** A schema by kinds, which its discriminator tells apart. */
interface Kinds {
  readonly oneOf: readonly { readonly properties: Readonly<Record<string, { readonly const?: string }>> }[];
}

const PERCENT = /^\s*(\d{1,3}(?:\.\d{1,6})?)\s*%\s*$/;

/** What to write for a share that was given in percent: 50, or "50 %". */
function shareOf(data: unknown, limit: unknown): string | undefined {
  const percent = typeof data === 'string' ? Number(PERCENT.exec(data)?.[1] ?? Number.NaN) : data;
  if (typeof percent !== 'number' || !(percent >= 0 && percent < 100) || typeof limit !== 'number') return undefined;
  if (typeof data === 'number' && data < 1) return undefined;
  if (data === 1) return limit === 1 ? 'it is a share of the whole: 0.5 is half' : undefined;
  return `it is a share, so that ${Number(percent)} % is ${Number((percent / 100).toPrecision(6))}`;
}

const SAID_BY_OTHERS: readonly string[] = ['if', 'anyOf'];

/** A discriminator that is not there is required as well, which says it better. */
function isAbsent({ keyword, params }: ErrorObject): boolean {
  return keyword === 'discriminator' && params.error === 'tag' && params.tagValue === undefined;
}

function hinted(hint: string | undefined): { hint?: string } {
  return hint === undefined ? {} : { hint };
}

const PATTERNS: Readonly<Record<string, string>> = {
  '^[^>]+>=?[^>]+$': 'must be two rows, such as "contrastive > random"',
  '^all$': 'must be `all` or a list of ids',
  '^auto$': 'must be `auto`, true, false or a list of sparsities',
  '^(auto)$': 'must be `auto` or a number of seeds',
  '^https?://[^\\s/@?#]+(/[^\\s@?#]*)?$': 'must be a URL such as http://localhost:8080/v1, without user, key or query',
};

/** A pattern that is one name in braces, as templates must have it. */
const FILLED_IN = /^\\\{(\w+)\\\}$/;

function patternText(pattern: string, path: string): string {
  const name = FILLED_IN.exec(pattern)?.[1];
  if (name !== undefined) return `${lastKey(path)} must contain {${name}}`;
  return `${lastKey(path)} ${PATTERNS[pattern] ?? 'must be letters, digits, dots, dashes and underscores'}`;
}

/** ajv's JSON pointer as one of our paths. */
function pathOf({ instancePath }: ErrorObject, at: string): string {
  const rest = instancePath.slice(1).replaceAll('~1', '/').replaceAll('~0', '~');
  return rest === '' ? at : childPath(at, rest);
}

function lastKey(path: string): string {
  const keys = path.split('/').filter((key) => !/^\d+$/.test(key));
  return keys.at(-1) || 'the file';
}

/** A map's range covers all of it; its first line is where to look. */
function firstLine({ source, start, end }: TextPosition): TextPosition {
  const newline = source.text.indexOf('\n', start);
  return { source, start, end: newline < 0 ? end : Math.min(end, newline) };
}
