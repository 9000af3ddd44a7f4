// The JSON Schema of the options of the method `subnetwork`: closed, with every default that hangs on nothing else.

import { STATISTICS } from './statistics.ts';

const NAMES = {
  type: 'array',
  minItems: 1,
  maxItems: 256,
  uniqueItems: true,
  items: { type: 'string', minLength: 1, maxLength: 256 },
  description: 'roles (q, k, v, qkv, o, gate, up, down), or names of weights, where * matches any characters',
} as const;
const LAYERS = {
  type: 'array',
  minItems: 2,
  maxItems: 2,
  items: { type: 'integer', minimum: 0 },
  description: 'the first and the last layer, counted from 0',
} as const;

export const OPTIONS = {
  type: 'object',
  additionalProperties: false,
  properties: {
    score: {
      type: 'string',
      enum: [
        'magnitude',
        'wanda',
        'sparse-diag',
        'contrastive-wanda',
        'contrastive-sparse',
        'contrastive-ratio',
        'set-difference',
        'random',
      ],
      default: 'wanda',
      description: 'how weights are ranked',
    },
    statistic: {
      type: 'string',
      enum: STATISTICS,
      default: 'rms',
      description:
        "the size of a channel's activations, per token: rms, wanda (the same mask) or the paper's mean-abs; code-l2: the norms of its code, which grow with the length of a text. contrastive-wanda contrasts the same figure of each text",
    },
    sparsity: {
      anyOf: [
        { type: 'string', const: 'all' },
        { type: 'array', minItems: 1, maxItems: 32, uniqueItems: true, items: { type: ['string', 'number'] } },
      ],
      default: 'all',
      description: "labels of the suite's sparsities at which it runs, or all",
    },
    group: {
      type: 'string',
      enum: ['row', 'block', 'layer', 'global', '2:4', '4:8', 'channels', 'heads', 'tiles'],
      description:
        "where the sparsity applies: by default row, or block (of 128 columns) with sparse-diag; layer: one weight matrix; channels, heads and tiles are kept or removed whole, by the sum of their weights' scores (of sparse-diag: the sum of |w| sqrt(H + lambda), not of its square); set-difference and contrastive-sparse by rule: code have no such sums",
    },
    targets: {
      type: 'object',
      additionalProperties: false,
      description: 'which matrices are masked, by default all; the embedding and the head never are',
      properties: {
        modules: {
          type: 'array',
          minItems: 1,
          uniqueItems: true,
          items: { type: 'string', enum: ['attention', 'mlp'] },
          description: 'attention, mlp or both',
        },
        names: NAMES,
        layers: LAYERS,
        'per-layer': {
          type: 'array',
          minItems: 1,
          maxItems: 1024,
          items: { type: 'number', minimum: 0, exclusiveMaximum: 1 },
          description: 'a sparsity for each layer of the network, in place of one for all',
        },
      },
    },
    gamma: {
      type: 'number',
      minimum: 0,
      exclusiveMaximum: 1,
      default: 0,
      description: 'factor of the removed weights',
    },
    prompt: {
      type: 'string',
      enum: ['none', 'persona'],
      default: 'none',
      description: 'whether the prompt describes the persona too',
    },
    wording: { type: 'string', minLength: 1, description: "which of the persona's prompts, by default its first" },
    activation: {
      type: 'string',
      enum: ['relu', 'softplus'],
      default: 'relu',
      description: 'of contrastive-wanda: phi of Eq. 8',
    },
    tau: {
      type: 'number',
      minimum: 0.01,
      maximum: 1000,
      default: 2,
      description: 'of contrastive-wanda: softplus is taken of z / tau',
    },
    epsilon: {
      type: 'string',
      enum: ['paper', 'code'],
      default: 'paper',
      description: 'of contrastive-wanda: epsilon outside the root as in Eq. 8, or 1e-6 under it as in the code',
    },
    rule: {
      type: 'string',
      enum: ['paper', 'code'],
      default: 'paper',
      description: 'of contrastive-sparse: Eq. 9, or the standardised difference of the code with its exclusion',
    },
    damping: {
      type: 'number',
      minimum: 0,
      maximum: 1000,
      default: 0.01,
      description: 'of sparse-diag: damping added to the diagonal, as a share of its mean',
    },
    beta: {
      type: 'number',
      minimum: 0,
      maximum: 4,
      default: 1,
      description: 'of contrastive-ratio: its power; 0 is wanda',
    },
    utility: {
      type: 'number',
      exclusiveMinimum: 0,
      exclusiveMaximum: 1,
      default: 0.5,
      description:
        'of set-difference: share of the weights with the highest scores on neutral text, which are removed first',
    },
    tokens: {
      type: 'string',
      enum: ['all', 'answer', 'no-bos'],
      default: 'answer',
      description: 'tokens of a calibration text that enter the statistics',
    },
    chat: { type: 'boolean', default: true, description: "calibrate in the model's chat template" },
    samples: {
      type: 'integer',
      minimum: 1,
      maximum: 100_000,
      default: 128,
      description: 'largest number of calibration texts',
    },
    length: {
      type: 'integer',
      minimum: 2,
      maximum: 1_000_000,
      default: 512,
      description: 'largest number of tokens per calibration text',
    },
    texts: {
      type: 'string',
      enum: ['persona', 'generic', 'shuffled', 'opposite'],
      default: 'persona',
      description: 'source of the calibration texts; every value but persona makes a control',
    },
    keep: {
      type: 'string',
      enum: ['persona', 'unique', 'without-unique'],
      default: 'persona',
      description:
        "the persona's mask; only the weights that it keeps and the opposite's mask removes; all other weights",
    },
    toward: {
      type: 'number',
      minimum: 0,
      maximum: 1,
      description: "start from the opposite's mask, and set this share of the differing bits as in the persona's",
    },
    restore: {
      type: 'object',
      additionalProperties: false,
      minProperties: 1,
      description: 'masked matrices to restore to dense',
      properties: { names: NAMES, layers: LAYERS },
    },
  },
} as const;
