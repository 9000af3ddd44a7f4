// LoRA (Hu et al., ICLR 2022) as a baseline: low-rank updates trained on the persona's calibration texts, on the same engine
// and the same device as everything else. Evaluation items are never seen; tuning items only choose when to stop.

import { BenchError } from '../../base/error.ts';
import type { Sample } from '../../gpu/index.ts';
import { drawn } from '../../harness/method/calibration.ts';
import type { Artefact, Context, Prepared } from '../../harness/method/method.ts';
import { rngOf } from '../../harness/stats/rng.ts';
import { answeredItems, batchesOf, trainingSamples } from './batches.ts';
import { type Options, optionsOf, targetsOf } from './options.ts';
import { adapterFiles } from './peft.ts';
import { type Trained, train } from './train.ts';

/** Of AdamW; as its authors and PEFT's examples have them. */
const ADAM = { beta1: 0.9, beta2: 0.999, eps: 1e-8 } as const;

const wrap: Prepared['wrap'] = async ({ text }) => ({ messages: [{ role: 'user', content: text }] });

/** `Method.prepare`. */
export async function prepare(context: Context): Promise<Prepared> {
  const { engine, persona, text, calibration, seed } = context;
  const options = optionsOf(context.options);
  if (persona === null) throw new BenchError('no-persona', 'lora is trained for a persona');
  if (text === null) {
    throw new BenchError('no-tokenizer', 'lora is trained on texts, which needs a tokenizer', {
      hint: 'add tokenizer.json to the model',
    });
  }
  const targets = targetsOf(options, engine.matrices);
  const rows = Math.min(options['batch-tokens'], options['pass-tokens']);
  const length = Math.min(rows, engine.spec.maxPositions);
  const rng = rngOf(seed ?? 0);
  const texts = options.from === 'items' ? [] : drawn(calibration, options.samples, rng);
  const items = options.from === 'texts' ? [] : answeredItems(persona, context.phrase);
  const samples = trainingSamples([...texts, ...items], text, length);
  const batches = passes(samples, options, rng);

  await engine.trim();
  engine.resetCounters();
  const trainer = await engine.trainer({
    rank: options.rank,
    alpha: options.alpha,
    dropout: options.dropout,
    targets,
    seed: seed ?? 0,
    ...ADAM,
    decay: options['weight-decay'],
    clip: options.clip,
    rows,
  });
  try {
    const trained = await train(trainer, {
      batches,
      schedule: { warmup: Math.round(options['warm-up'] * batches.length), rate: options['learning-rate'] },
      every: options['evaluate-every'],
      patience: options.patience,
      ask: asker(context, options),
    });
    const { adapter } = trained;
    const model = { matrices: engine.matrices, family: engine.spec.family, weights: engine.weightsDigest };
    const files = adapterFiles(adapter, model, { dropout: options.dropout });
    const [, weights] = files;
    const artefactBytes = weights?.bytes.length ?? 0;
    const trainedParameters = trainer.parameters;
    const extra = { trainedParameters, artefactBytes, samples: samples.length, peakBytes: engine.counters().peakBytes };
    return {
      variant: { id: `lora ${adapter.id}`, adapter },
      wrap,
      cost: { artefactBytes, trainedParameters },
      artefacts: [...files, record(trained, extra)],
      figures: () => ({
        'training s': trained.trainingMs / 1000,
        steps: trained.steps.length,
        'best step': trained.best,
        'tokens trained on': trained.tokens,
        'trained parameters': trainedParameters,
        'peak GPU MB': extra.peakBytes / 1e6,
      }),
      release: () => {},
    };
  } finally {
    trainer.dispose();
  }
}

/** As many batches as steps will be taken, pass after pass. */
function passes(samples: readonly Sample[], options: Options, rng: Context['rng']): readonly (readonly Sample[])[] {
  const batches: (readonly Sample[])[] = [];
  for (let epoch = 0; epoch < options.epochs && batches.length < options.steps; epoch++) {
    batches.push(...batchesOf(samples, options['batch-tokens'], rng));
  }
  return batches.slice(0, options.steps);
}

/** Null where there is nothing to choose by. */
function asker({ tune, tuning }: Context, options: Options): Parameters<typeof train>[1]['ask'] {
  if (options['evaluate-every'] === 0 || tuning.length === 0) return null;
  const items = tuning.slice(0, options['tuning-items']);
  return (adapter) => tune({ variant: { id: `lora ${adapter.id}`, adapter }, wrap }, items);
}

/** What training took and how it went. */
function record(trained: Trained, extra: Readonly<Record<string, number>>): Artefact {
  const { adapter, best, steps, curve, tokens, trainingMs } = trained;
  const content = {
    adapter: adapter.id,
    steps: steps.length,
    best,
    tokens,
    trainingSeconds: Number((trainingMs / 1000).toFixed(3)),
    ...extra,
    rates: steps.map(({ rate }) => rate),
    losses: steps.map(({ loss }) => loss),
    gradientNorms: steps.map(({ gradientNorm }) => gradientNorm),
    tuning: curve,
  };
  return { name: 'lora.json', bytes: Buffer.from(`${JSON.stringify(content, null, 2)}\n`) };
}
