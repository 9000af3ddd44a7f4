// The training loop: a step per batch at the schedule's rate, the tuning split asked now and then, and the adapter that held
// the persona best on it kept. A run that diverges stops and says where.

import { BenchError } from '../../base/error.ts';
import type { Adapter, Sample, StepResult, Trainer } from '../../gpu/index.ts';
import type { Held } from '../../harness/method/method.ts';
import { isBetter } from '../tuning.ts';
import { tokensOf } from './batches.ts';
import { adapterId } from './peft.ts';
import { rateAt, type Schedule } from './schedule.ts';

export interface TrainPlan {
  readonly batches: readonly (readonly Sample[])[]; // one a step
  readonly schedule: Omit<Schedule, 'steps'>;
  readonly every: number; // steps between two askings; the last step is asked too
  readonly patience: number; // askings in a row without a gain
  /** How an adapter does on the tuning split; null: nothing is asked, and the last adapter is kept. */
  readonly ask: ((adapter: Adapter) => Promise<Held>) | null;
}

interface StepRecord extends StepResult {
  readonly rate: number;
}

export interface Trained {
  readonly adapter: Adapter; // the best one
  readonly best: number; // its step
  readonly steps: readonly StepRecord[]; // that were taken
  readonly curve: readonly (Held & { readonly step: number })[];
  readonly tokens: number; // that were trained on
  readonly trainingMs: number; // of the steps alone
}

/** Throws `diverged` with the step, the learning rate and what to lower. */
export async function train(trainer: Trainer, plan: TrainPlan): Promise<Trained> {
  const { batches, every, patience, ask } = plan;
  const schedule = { ...plan.schedule, steps: batches.length };
  const steps: StepRecord[] = [];
  const curve: (Held & { readonly step: number })[] = [];
  let best: { readonly adapter: Adapter; readonly step: number; readonly held: Held } | null = null;
  let [tokens, trainingMs, idle] = [0, 0, 0];
  for (const batch of batches) {
    const step = steps.length + 1;
    const rate = rateAt(schedule, step);
    const start = performance.now();
    steps.push({ ...(await stepped(trainer, batch, step, rate)), rate });
    trainingMs += performance.now() - start;
    tokens += tokensOf(batch);
    if (ask === null || (step % every !== 0 && step < batches.length)) continue;
    const adapter = await adapterOf(trainer, step, rate);
    const held = await ask(adapter);
    curve.push({ step, ...held });
    if (best === null || isBetter(held, best.held)) {
      best = { adapter, step, held };
      idle = 0;
    } else if (++idle >= patience) break;
  }
  const taken = steps.length;
  const adapter = best?.adapter ?? (await adapterOf(trainer, taken, steps.at(-1)?.rate ?? 0));
  return { adapter, best: best?.step ?? taken, steps, curve, tokens, trainingMs };
}

async function stepped(trainer: Trainer, batch: readonly Sample[], step: number, rate: number): Promise<StepResult> {
  let result: StepResult;
  try {
    result = await trainer.step(batch, rate);
  } catch (error) {
    if (error instanceof BenchError && error.code === 'diverged') throw diverged(error.message, rate, error);
    throw error;
  }
  const { loss, gradientNorm } = result;
  if (Number.isFinite(loss) && Number.isFinite(gradientNorm)) return { loss, gradientNorm };
  throw diverged(
    `at step ${step} the loss is ${loss} and the gradient's norm ${gradientNorm}, with a learning rate of ${rate}`,
    rate,
  );
}

/** The adapter as it is now, named by its content. */
async function adapterOf(trainer: Trainer, step: number, rate: number): Promise<Adapter> {
  const adapter = await trainer.adapter('lora');
  const sound = [...adapter.tensors.values()].every(({ a, b }) => a.every(Number.isFinite) && b.every(Number.isFinite));
  if (sound) return { ...adapter, id: adapterId(adapter) };
  throw diverged(`after step ${step} the adapter has a value that is not finite, at a learning rate of ${rate}`, rate);
}

function diverged(message: string, rate: number, cause?: unknown): BenchError {
  return new BenchError('diverged', message, {
    where: 'options.learning-rate',
    hint: `lower learning-rate below ${Number(rate.toPrecision(3))}, raise warm-up, or set clip to a smaller norm`,
    cause,
  });
}
