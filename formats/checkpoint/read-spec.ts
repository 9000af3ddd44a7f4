// config.json -> Spec: one record that describes every family; a family is a row of families.ts, not a class.

import { join } from 'node:path';
import { openGgufCheckpoint } from '../gguf/checkpoint.ts';
import { ggufAt } from '../gguf/find.ts';
import { FAMILIES, type Family, FOREIGN } from './families.ts';
import { Fields } from './fields.ts';
import { MAX_CONFIG_BYTES, readJson, requireModelFolder } from './folder.ts';
import type { RopeScale, Spec } from './spec.ts';

// Bounds on every size: well above any published model, and low enough that no product of two overflows.
const MAX_LAYERS = 1024;
const MAX_WIDTH = 2 ** 17;
const MAX_HEADS = 1024;
const MAX_HEAD_SIZE = 1024;
const MAX_VOCAB = 2 ** 21;
const MAX_POSITIONS = 2 ** 24;

const ACTIVATIONS = {
  silu: 'silu',
  swish: 'silu',
  gelu: 'gelu',
  gelu_new: 'gelu-tanh',
  gelu_pytorch_tanh: 'gelu-tanh',
  gelu_fast: 'gelu-tanh',
} as const;

/** The Spec of the model in `folder`, or of a GGUF. Throws as `requireModelFolder`, `openGgufCheckpoint` and `readSpec` do. */
export async function loadSpec(folder: string): Promise<Spec> {
  const gguf = await ggufAt(folder);
  if (gguf !== null) {
    const checkpoint = await openGgufCheckpoint(gguf);
    await checkpoint.close();
    return readSpec(checkpoint.config, gguf);
  }
  await requireModelFolder(folder);
  const path = join(folder, 'config.json');
  return readSpec(await readJson(path, MAX_CONFIG_BYTES), path);
}

/**
 * A parsed config.json -> Spec, in the spelling of transformers 4 (`rope_theta`, `rope_scaling`) or 5
 * (`rope_parameters`). `where` names the file in errors.
 * Throws `unsupported-model` for what the engine cannot run and `bad-model` for a field that is missing, of the wrong
 * type or out of range; both name the field, its value, and what would do.
 */
export function readSpec(config: unknown, where: string): Spec {
  const fields = new Fields(config, where);
  const name = fields.oneOf('model_type', Object.keys(FAMILIES));
  const family = FAMILIES[name]!;
  const { keys } = family;
  const architectures = fields.strings('architectures');
  if (architectures.length > 0 && !architectures.includes(family.architecture)) {
    throw fields.unsupported('architectures', architectures, [family.architecture]);
  }
  for (const [key, needed] of Object.entries(family.required)) {
    if (fields.boolean(key, needed) !== needed) throw fields.unsupported(key, !needed, [needed]);
  }
  if (fields.has('quantization_config')) {
    throw fields.unsupported('quantization_config', fields.get('quantization_config'), [
      'none: F32, F16 or BF16 weights',
    ]);
  }
  refuseForeign(fields, family);

  const layers = fields.integer(keys.layers, 1, MAX_LAYERS);
  const hidden = fields.integer(keys.hidden, 1, MAX_WIDTH);
  const heads = fields.integer(keys.heads, 1, MAX_HEADS);
  const kvHeads = keys.kvHeads === undefined ? heads : readKvHeads(fields, keys.kvHeads, heads, family);
  const stated = keys.headSize !== undefined && fields.has(keys.headSize);
  const headSize = stated
    ? fields.integer(keys.headSize!, 1, MAX_HEAD_SIZE)
    : (family.headSizeDefault ?? hidden / heads);
  if (!Number.isInteger(headSize)) throw fields.bad(keys.heads, heads, `a divisor of ${keys.hidden} (${hidden})`);
  if (headSize > MAX_HEAD_SIZE) throw fields.bad(keys.heads, heads, `at least ${Math.ceil(hidden / MAX_HEAD_SIZE)}`);
  const sizedBy = stated ? ([keys.headSize!, headSize] as const) : ([keys.heads, heads] as const);
  const choice = (key: string | undefined, absent: boolean) =>
    key === undefined ? absent : fields.boolean(key, absent);
  const activation = fields.oneOf(keys.activation, Object.keys(ACTIVATIONS), family.activationDefault);
  return {
    ...family.fixed,
    family: name,
    layers,
    hidden,
    heads,
    kvHeads,
    headSize,
    ffn: fields.integer(keys.ffn, 1, MAX_WIDTH * 4, family.ffnDefault?.(hidden)),
    vocab: fields.integer('vocab_size', 1, MAX_VOCAB),
    maxPositions: fields.integer(keys.positions, 1, MAX_POSITIONS, family.positionsDefault),
    normEps: fields.number(keys.eps, 0, 1, family.epsDefault),
    activation: ACTIVATIONS[activation as keyof typeof ACTIVATIONS],
    rope: family.rope && readRope(fields, headSize, sizedBy, family.rope),
    qkvBias: choice(keys.qkvBias, family.fixed.qkvBias),
    outBias: choice(keys.outBias, family.fixed.outBias),
    mlpBias: choice(keys.mlpBias, family.fixed.mlpBias),
    parallel: choice(keys.parallel, family.fixed.parallel),
    tied: fields.boolean('tie_word_embeddings', family.tiedDefault),
    headBias: fields.boolean('lm_head_bias', false),
    windows: readWindows(fields, family, layers),
  };
}

/** Throws `unsupported-model` for a field that other families have, and that would change this one's arithmetic. */
function refuseForeign(fields: Fields, family: Family): void {
  for (const [key, neutral] of Object.entries(FOREIGN)) {
    if (family.knows?.includes(key)) continue;
    const value = fields.get(key);
    if (value === undefined || value === false || value === neutral) continue;
    throw fields.unsupported(key, value, [
      neutral === null ? 'a config without it' : `${neutral}, or a config without it`,
    ]);
  }
}

/** Absent and null differ: absent is the class's default, null as many as there are heads. */
function readKvHeads(fields: Fields, key: string, heads: number, { kvHeadsDefault, keys }: Family): number {
  const absent = fields.isNull(key) ? heads : (kvHeadsDefault ?? heads);
  const kvHeads = fields.integer(key, 1, heads, absent);
  if (heads % kvHeads !== 0) throw fields.bad(key, fields.get(key), `a divisor of ${keys.heads} (${heads})`);
  return kvHeads;
}

/** The window of each layer. `layer_types` says it where it is there (transformers 5), else the family's own keys do. */
function readWindows(fields: Fields, family: Family, layers: number): readonly number[] {
  const types = fields.strings('layer_types');
  if (types.length > 0 && types.length !== layers) {
    throw fields.bad('layer_types', types.length, `a list of ${layers}, one for each layer`);
  }
  for (const type of types) {
    if (type === 'full_attention' || (type === 'sliding_attention' && family.window !== undefined)) continue;
    throw fields.unsupported('layer_types', type, [
      'full_attention',
      ...(family.window === undefined ? [] : ['sliding_attention']),
    ]);
  }
  const none = new Array<number>(layers).fill(0);
  if (family.window === undefined) return none;
  const { size: absent, on, from } = family.window;
  const off = fields.isNull('sliding_window') || (on !== undefined && !fields.boolean(on, false));
  if (off) {
    if (types.includes('sliding_attention'))
      throw fields.bad('sliding_window', null, 'a number, for sliding_attention');
    return none;
  }
  const size = fields.integer('sliding_window', 1, MAX_POSITIONS, absent);
  const first = from === undefined ? 0 : fields.integer(from.key, 0, MAX_LAYERS, from.absent);
  return none.map((_, layer) => {
    const slides = types.length > 0 ? types[layer] === 'sliding_attention' : layer >= first;
    return slides ? size : 0;
  });
}

/** `rope_parameters` holds base, share and scaling; before transformers 5 the first two were siblings of `rope_scaling`. */
function readRope(
  fields: Fields,
  headSize: number,
  sizedBy: readonly [key: string, value: number],
  { base, ...own }: NonNullable<Family['rope']>,
): NonNullable<Spec['rope']> {
  const scalings = ['rope_parameters', 'rope_scaling'].filter((key) => fields.has(key)).map((key) => fields.child(key));
  const stated = (keys: readonly string[]): readonly FieldPath[] =>
    [...scalings, fields]
      .flatMap((where) => keys.map((key) => [where, key] as const))
      .filter(([at, key]) => at.has(key));
  const turned = stated(['partial_rotary_factor', ...(own.shareKey === undefined ? [] : [own.shareKey])]);
  const share = agreed(turned, 0, 1, own.share ?? 1);
  // Only NeoX turns a part of a head; in the other families transformers would ignore the field or mean another model.
  if (share !== 1 && own.shareKey === undefined) throw turned[0]![0].unsupported(turned[0]![1], share, [1]);
  const dims = Math.trunc(headSize * share);
  if (dims < 2 || dims % 2 !== 0) {
    const [at, key, value] = share === 1 ? [fields, ...sizedBy] : [...(turned[0] ?? [fields, own.shareKey!]), share];
    throw at.bad(key, value, `such that an even number of dimensions is rotated (${dims} of ${headSize} do)`);
  }
  const scales = scalings.map((scaling) => readScale(scaling, dims / 2));
  if (scales.length === 2 && JSON.stringify(scales[0]) !== JSON.stringify(scales[1])) {
    throw fields.bad('rope_scaling', fields.get('rope_scaling'), 'the scaling of rope_parameters, or left out');
  }
  const bases = stated(['rope_theta', ...(own.baseKey === undefined ? [] : [own.baseKey])]);
  return { base: agreed(bases, 1, 1e15, base), dims, ...(scales[0] && { scale: scales[0] }) };
}

type FieldPath = readonly [where: Fields, key: string];

/** The number that stands in all of `places`; a config that says two things at once is not guessed at. */
function agreed(places: readonly FieldPath[], least: number, most: number, absent: number): number {
  const numbers = places.map(([where, key]) => where.number(key, least, most));
  const odd = numbers.findIndex((value) => value !== numbers[0]);
  if (odd > 0) throw places[odd]![0].bad(places[odd]![1], numbers[odd], `${numbers[0]}, as ${places[0]![1]} is`);
  return numbers[0] ?? absent;
}

function readScale(scaling: Fields, pairs: number): RopeScale | undefined {
  for (const key of ['full_attention', 'sliding_attention', 'mrope_section']) {
    if (scaling.has(key)) throw scaling.unsupported(key, scaling.get(key), ['one rotation for all layers']);
  }
  const kind = scaling.has('rope_type') ? 'rope_type' : 'type';
  // A GGUF has the divisors themselves (formats/gguf/config.ts); no config.json of transformers does.
  if (scaling.get(kind) === 'factors') return { kind: 'factors', factors: readFactors(scaling, pairs) };
  switch (scaling.oneOf(kind, ['default', 'linear', 'llama3'], 'default')) {
    case 'linear':
      return { kind: 'linear', factor: scaling.number('factor', 1, 1e6) };
    case 'llama3': {
      const lowFrequency = scaling.number('low_freq_factor', 1e-6, 1e6);
      const highFrequency = scaling.number('high_freq_factor', 1e-6, 1e6);
      if (highFrequency <= lowFrequency) {
        throw scaling.bad('high_freq_factor', highFrequency, `above low_freq_factor (${lowFrequency})`);
      }
      const factor = scaling.number('factor', 1, 1e6);
      const originalPositions = scaling.integer('original_max_position_embeddings', 1, MAX_POSITIONS);
      return { kind: 'llama3', factor, lowFrequency, highFrequency, originalPositions };
    }
    default:
      return undefined;
  }
}

/** A divisor of the frequency for each pair of dimensions. */
function readFactors(scaling: Fields, pairs: number): readonly number[] {
  const value = scaling.get('factors');
  const good =
    Array.isArray(value) && value.length === pairs && value.every((one) => typeof one === 'number' && one > 0);
  if (!good) throw scaling.bad('factors', value, `a list of ${pairs} numbers above 0`);
  return value;
}
