// The `gate:` section of a suite as a JSON Schema: what a run is held to beside a blessed one.

const SHARE = { type: 'number', minimum: 0, maximum: 1 } as const;
/** A method's id, or with a sparsity: "contrastive at middle". */
const ROW = { type: 'string', minLength: 1, maxLength: 200 } as const;

export const GATE = {
  type: 'object',
  additionalProperties: false,
  required: ['rows'],
  description: 'what a run is held to beside a blessed one: bench gate',
  properties: {
    rows: {
      type: 'array',
      minItems: 1,
      maxItems: 5,
      uniqueItems: true,
      items: ROW,
      description: 'method ids; one alignment test each, with Holm over them',
    },
    alignment: {
      type: 'object',
      additionalProperties: false,
      description: 'how far alignment may fall, and at which one-sided level that is tested',
      properties: {
        margin: { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1, default: 0.03 },
        alpha: { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 0.5, default: 0.05 },
      },
      default: {},
    },
    floors: {
      type: 'object',
      maxProperties: 64,
      additionalProperties: SHARE,
      description: 'least alignment of rows, in [0, 1]',
      default: {},
    },
    order: {
      type: 'array',
      maxItems: 64,
      items: { type: 'string', pattern: '^[^>]+>=?[^>]+$', maxLength: 400 },
      description: 'such as "contrastive > random" or "lora >= prompting"',
      default: [],
    },
    tax: {
      type: 'object',
      additionalProperties: false,
      description: 'what a gated row may cost the network',
      properties: {
        perplexity: {
          type: 'number',
          exclusiveMinimum: 0,
          maximum: 1e6,
          description: "times the dense network's at most",
        },
      },
      default: {},
    },
    timings: {
      type: 'object',
      additionalProperties: false,
      description: 'how long a gated row may take, beside a row that is measured in turns with it in the same job',
      properties: {
        against: { ...ROW, default: 'none', description: 'that row: a method id, with its sparsity where it has one' },
        prefill: { type: 'number', exclusiveMinimum: 0, maximum: 1e6, description: 'most times its prefill' },
        decode: { type: 'number', exclusiveMinimum: 0, maximum: 1e6, description: 'most times its time per token' },
      },
      default: {},
    },
    counters: {
      type: 'object',
      additionalProperties: false,
      description: 'exact integers: what is asked of the model, and what an engine does for it on one class of devices',
      properties: {
        model: { type: 'boolean', default: false },
        plan: { type: 'boolean', default: false },
      },
      default: {},
    },
    inconclusive: { type: 'string', enum: ['fail', 'warn'], default: 'fail', description: 'exit code 4, or 0' },
  },
} as const;

/** The section with its defaults, as a run records it: every part is there. */
export const RESOLVED_GATE = {
  ...GATE,
  type: ['object', 'null'],
  required: Object.keys(GATE.properties),
  properties: {
    ...GATE.properties,
    // Names are those of the run's own rows.
    rows: { type: 'array', minItems: 1, uniqueItems: true, items: { type: 'string', minLength: 1 } },
    order: { type: 'array', items: { type: 'string', minLength: 1 } },
    alignment: { ...GATE.properties.alignment, required: ['margin', 'alpha'] },
    timings: { ...GATE.properties.timings, required: ['against'] },
    counters: { ...GATE.properties.counters, required: ['model', 'plan'] },
  },
} as const;
