// The `gate:` section of a suite as a JSON Schema: the rules by which a run is compared with its reference.

const SHARE = { type: 'number', minimum: 0, maximum: 1 } as const;
/** A method's id, or with a sparsity: "contrastive at middle". */
const ROW = { type: 'string', minLength: 1, maxLength: 200 } as const;

export const GATE = {
  type: 'object',
  additionalProperties: false,
  required: ['rows'],
  description: 'rules of `bench gate`, which compares a run with its reference',
  properties: {
    rows: {
      type: 'array',
      minItems: 1,
      maxItems: 5,
      uniqueItems: true,
      items: ROW,
      description: 'method ids; one alignment test each, corrected by Holm',
    },
    alignment: {
      type: 'object',
      additionalProperties: false,
      description: 'largest drop in alignment, and the one-sided level of its test',
      properties: {
        margin: { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1, default: 0.03 },
        alpha: { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 0.5, default: 0.05 },
      },
      default: {},
    },
    looks: {
      type: 'array',
      minItems: 1,
      maxItems: 10,
      items: { type: 'integer', minimum: 2, maximum: 1_000_000, multipleOf: 2 },
      description:
        'items per trait, even and rising: gated rows are asked so many, and further ones only where their test is still open; absent: all at once',
    },
    floors: {
      type: 'object',
      maxProperties: 64,
      additionalProperties: SHARE,
      description: 'smallest alignment of each row, in [0, 1]',
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
      description: 'limits on what a method does to the network besides alignment',
      properties: {
        divergence: {
          type: 'number',
          exclusiveMinimum: 0,
          maximum: 100,
          description:
            "largest KL from the dense network in nats per token, on neutral prompts and on the dense network's answers to them; 0.7 doubles the perplexity of what it would write",
        },
      },
      default: {},
    },
    timings: {
      type: 'object',
      additionalProperties: false,
      description: 'limits on latency, as a ratio to another row that was timed in the same job',
      properties: {
        against: {
          ...ROW,
          default: 'none',
          description: 'the row to compare with: a method id, with its sparsity where it has one',
        },
        prefill: { type: 'number', exclusiveMinimum: 0, maximum: 1e6, description: 'largest ratio of prefill times' },
        decode: { type: 'number', exclusiveMinimum: 0, maximum: 1e6, description: 'largest ratio of times per token' },
      },
      default: {},
    },
    counters: {
      type: 'object',
      additionalProperties: false,
      description: 'counters that must not change',
      properties: {
        model: { type: 'boolean', default: false, description: 'tokens, FLOPs and bytes of weights' },
        commands: {
          type: 'boolean',
          default: false,
          description: 'dispatches, submissions, pipelines and copies, on one device class',
        },
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
  required: Object.keys(GATE.properties).filter((name) => name !== 'looks'),
  properties: {
    ...GATE.properties,
    // Names are those of the run's own rows.
    rows: { type: 'array', minItems: 1, uniqueItems: true, items: { type: 'string', minLength: 1 } },
    order: { type: 'array', items: { type: 'string', minLength: 1 } },
    alignment: { ...GATE.properties.alignment, required: ['margin', 'alpha'] },
    timings: { ...GATE.properties.timings, required: ['against'] },
    counters: { ...GATE.properties.counters, required: ['model', 'commands'] },
  },
} as const;
