// The keys that a suite may have at a path, by its schema.

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly oneOf?: readonly SchemaNode[];
}

/** The keys that `suite`, a JSON Schema, allows below a path; `*` where any name is allowed. */
export function knownKeys(suite: object, path: readonly string[]): readonly string[] {
  let schema: SchemaNode = suite;
  for (const key of path) {
    const next = /^\d+$/.test(key) ? schema.items : propertiesOf(schema)?.[key];
    if (next === undefined) return ['*'];
    schema = next;
  }
  const properties = propertiesOf(schema);
  return properties === undefined ? ['*'] : Object.keys(properties);
}

/** Of a schema by kinds, those of all of them: the check says which do not belong to one. */
function propertiesOf({ properties, oneOf }: SchemaNode): SchemaNode['properties'] {
  return oneOf === undefined ? properties : Object.assign({}, ...oneOf.map(propertiesOf));
}
