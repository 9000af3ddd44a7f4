// Activation steering, a method without training: vectors of a persona added to the residual stream at every position. The
// layers and the coefficient are chosen on the tuning split; a random vector of equal norm is its control.

import { createHash } from 'node:crypto';
import { BenchError } from '../../base/error.ts';
import { tensorBytes } from '../../formats/safetensors/tensor-file.ts';
import type { Sample, Variant } from '../../gpu/index.ts';
import { drawn, samplesOf } from '../../harness/method/calibration.ts';
import type { Context, Held, Prepared } from '../../harness/method/method.ts';
import { rngOf } from '../../harness/stats/rng.ts';
import { best } from '../tuning.ts';
import { coefficientsOf, type Options, optionsOf, type Range, rangesOf } from './options.ts';
import { firstComponent, meanDifference, randomLike, requireContrast, type Vectors } from './vectors.ts';

const wrap: Prepared['wrap'] = async ({ text }) => ({ messages: [{ role: 'user', content: text }] });

/** A point of the grid, and its alignment; null: it was not asked. */
interface SteeringCandidate {
  readonly layers: Range;
  readonly coefficient: number;
  readonly held: Held | null;
}

/** `Method.prepare`. */
export async function prepare(context: Context): Promise<Prepared> {
  const { engine, persona, opposite, seed } = context;
  const options = optionsOf(context.options);
  if (persona === null) throw new BenchError('no-persona', 'steering needs a persona');
  if (opposite === null) {
    throw new BenchError('no-opposite', `steering contrasts ${persona.id} with its opposite, and the suite has none`, {
      where: `personas.${persona.id}.opposite`,
      hint: 'select both poles, or leave steering out of the suite',
    });
  }
  const [own, other] = await poles(context, options);
  const contrast = options.vector === 'first-component' ? firstComponent : meanDifference;
  const where = `personas.${persona.id}.calibration`;
  const found = requireContrast(contrast(own, other, engine.spec.hidden), where);
  // The control takes the place and the size of the real vectors, and its own direction.
  const { chosen, tried } = await choose(context, options, (one) => variantOf(found, one));
  const vectors = options.vector === 'random' ? randomLike(found, seed ?? 0) : found;
  const variant = variantOf(vectors, chosen);
  const [first, last] = chosen.layers;
  const file = tensorBytes({
    metadata: {
      format: 'steering vectors 1',
      model_sha256: engine.weightsDigest,
      persona: persona.id,
      vector: options.vector,
      position: options.position,
      coefficient: String(chosen.coefficient),
      layers: `${first} ${last}`,
    },
    tensors: new Map(
      vectors
        .map((data, layer) => [`layers.${layer}`, { dtype: 'F32', shape: [data.length], data } as const] as const)
        .slice(first, last + 1),
    ),
  });
  const record = { ...chosen, id: variant.id, tried };
  return {
    variant,
    wrap,
    cost: { artefactBytes: file.length, trainedParameters: 0 },
    artefacts: [
      { name: 'steering.safetensors', bytes: file },
      { name: 'steering.json', bytes: Buffer.from(`${JSON.stringify(record, null, 2)}\n`) },
    ],
    figures: () => ({ coefficient: chosen.coefficient, 'first layer': first, 'last layer': last }),
    release: () => {},
  };
}

/** States of the persona's texts and of the opposite's, the same places of both. */
async function poles(
  { engine, calibration, opposite, text, rng }: Context,
  { samples: count, length, position }: Options,
): Promise<readonly [readonly Float32Array[], readonly Float32Array[]]> {
  if (text === null) {
    throw new BenchError('no-tokenizer', 'steering reads texts, which needs a tokenizer', {
      hint: 'add tokenizer.json to the model',
    });
  }
  const seed = rng.below(2 ** 31);
  const states = async (texts: Context['calibration']): Promise<readonly Float32Array[]> => {
    const chosen = drawn(texts, count, rngOf(seed));
    const samples = samplesOf(chosen, text, { tokens: 'answer', chat: true, samples: count, length });
    return engine.states(
      samples.map((sample): Sample => (position === 'last' ? { ...sample, from: sample.to - 1 } : sample)),
    );
  };
  return [await states(calibration), await states(opposite?.calibration ?? [])];
}

/** The layers at the first coefficient, then the coefficient there; nothing is asked where nothing is left open. */
async function choose(
  { engine, tune, tuning }: Context,
  options: Options,
  variant: (candidate: Pick<SteeringCandidate, 'layers' | 'coefficient'>) => Variant,
): Promise<{ readonly chosen: SteeringCandidate; readonly tried: readonly SteeringCandidate[] }> {
  const ranges = rangesOf(options, engine.spec.layers);
  const [start, ...others] = coefficientsOf(options) as [number, ...number[]];
  if (ranges.length * (1 + others.length) === 1) {
    return { chosen: { layers: ranges[0]!, coefficient: start, held: null }, tried: [] };
  }
  const items = tuning.slice(0, options['tuning-items']);
  const tried: SteeringCandidate[] = [];
  const ask = async (layers: Range, coefficient: number): Promise<void> => {
    const held = await tune({ variant: variant({ layers, coefficient }), wrap }, items);
    tried.push({ layers, coefficient, held });
  };
  for (const layers of ranges) await ask(layers, start);
  const { layers } = best(tried);
  for (const coefficient of others) await ask(layers, coefficient);
  return { chosen: best(tried), tried };
}

function variantOf(
  vectors: Vectors,
  { layers: [first, last], coefficient }: Pick<SteeringCandidate, 'layers' | 'coefficient'>,
): Variant {
  const hash = createHash('sha256');
  const edits = vectors.slice(first, last + 1).map((vector, i) => {
    hash.update(vector);
    return { layer: first + i, kind: 'add' as const, vector, scale: coefficient };
  });
  const id = `steer ${hash.digest('hex').slice(0, 16)} ${first}-${last} ${coefficient}`;
  return { id, steer: { id, edits } };
}
