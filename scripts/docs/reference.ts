// docs/suite-reference.md, from the schemas that suites, personas and methods are checked by.

import { METHODS } from '../../api/methods.ts';
import { PERSONAS_SCHEMA, suiteSchema } from '../../harness/config/schemas.ts';
import { EVALUATIONS } from '../../harness/evaluations/index.ts';

interface Schema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly description?: string;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly exclusiveMaximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
}

const escaped = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const code = (value: unknown): string => `\`${escaped(JSON.stringify(value).replaceAll('`', "'"))}\``;

/** What a value may be: "integer, 1 to 64". */
function typeText(schema: Schema): string {
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((one) => `\`${String(one)}\``).join(', ');
  const forms = schema.oneOf ?? (schema.type === undefined ? schema.anyOf : undefined);
  if (forms !== undefined) return [...new Set(forms.map(typeText))].join(', or ');
  const types = [schema.type ?? 'any'].flat();
  const names = types.map((type) => (type === 'array' && schema.items ? `list of ${typeText(schema.items)}` : type));
  const low =
    schema.minimum ?? (schema.exclusiveMinimum === undefined ? undefined : `above ${schema.exclusiveMinimum}`);
  const high =
    schema.maximum ?? (schema.exclusiveMaximum === undefined ? undefined : `below ${schema.exclusiveMaximum}`);
  const shown = (bound: number | string | undefined) =>
    typeof bound === 'number' && Math.abs(bound) >= Number.MAX_SAFE_INTEGER ? undefined : bound;
  const [from, to] = [shown(low), shown(high)];
  const range =
    from === undefined
      ? to === undefined
        ? ''
        : `, at most ${to}`
      : to === undefined
        ? `, ${from} or more`
        : `, ${from} to ${to}`;
  return `${names.join(' or ')}${types.some((type) => type === 'number' || type === 'integer') ? range : ''}`;
}

/** A row per key, those of maps and lists below it. */
function rows(schema: Schema, path = ''): readonly string[] {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).flatMap(([name, own]) => {
    const at = path === '' ? name : `${path}.${name}`;
    const byDefault = own.default !== undefined ? code(own.default) : required.has(name) ? '**required**' : '';
    const line = `| \`${at}\` | ${typeText(own)} | ${byDefault} | ${escaped(own.description ?? '')} |`;
    return [line, ...below(own, at)];
  });
}

function below(schema: Schema, at: string): readonly string[] {
  const inner = schema.items?.properties === undefined ? [] : rows(schema.items, `${at}[]`);
  const named = schema.additionalProperties;
  const each = typeof named === 'object' && named.properties !== undefined ? rows(named, `${at}.<id>`) : [];
  return [...rows(schema, at), ...inner, ...each];
}

function table(lines: readonly string[]): string {
  return ['| key | value | default | |', '|---|---|---|---|', ...lines].join('\n');
}

const SUITE = suiteSchema(EVALUATIONS) as Schema;
const kinds = SUITE.properties?.evaluations?.items?.oneOf ?? [];

/** The page. */
export const referencePage = (): string => `# Suite reference

Made by \`npm run docs\` from the schemas that \`bench validate\` checks with. A key that is not listed is an error. \`extends\` starts
from another suite: maps merge deeply, lists replace. \`--set path=value\` changes one value. [suites.md](suites.md) is the guide.

## A suite

${table(rows({ ...SUITE, properties: { ...SUITE.properties, evaluations: { type: 'array', description: 'by kind: see below' } } }))}

## Evaluations, by kind

${kinds.map((kind) => `### ${String(kind.properties?.kind?.const)}\n\n${escaped(kind.properties?.kind?.description ?? '')}.\n\n${table(rows(kind))}`).join('\n\n')}

## Options of methods

${[...METHODS.values()].map(({ name, title, options }) => `### ${name}\n\n${title}.\n\n${table(rows(options as Schema))}`).join('\n\n')}

## A personas file

${table(rows(PERSONAS_SCHEMA as unknown as Schema))}
`;
