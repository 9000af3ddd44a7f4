// A mask from a model and calibration texts: statistics, scores, selection, and what becomes of the opposite's mask.

import { digestOf, sha256 } from '../../base/digest.ts';
import { BenchError } from '../../base/error.ts';
import type { MatrixInfo } from '../../formats/checkpoint/matrices.ts';
import type { Engine, Sample, TapSums } from '../../gpu/index.ts';
import type { CalibrationText } from '../datasets/types.ts';
import { drawn, samplesOf, split } from '../method/calibration.ts';
import type { Rng, Statistics } from '../method/method.ts';
import { rngOf } from '../stats/rng.ts';
import type { TextModel } from '../text/index.ts';
import { type Masks, restore, toward, unique, withoutUnique } from './combine.ts';
import { keptOf } from './masks.ts';
import { checkOptions, isBlended, needs, type Options } from './options.ts';
import { scoresOf } from './scores.ts';
import { groupOf, restoredNames, selected, sparsityOf } from './targets.ts';

/** What a mask is made from; texts that the options do not ask for may be empty. */
export interface Ingredients {
  readonly engine: Engine;
  readonly text: TextModel | null;
  readonly statistics: Statistics;
  readonly options: Options;
  readonly sparsity: number;
  readonly seed: number;
  readonly persona: readonly CalibrationText[];
  readonly opposite: readonly CalibrationText[];
  readonly generic: readonly string[];
  /** The persona's place between the two poles: the seek persona of the code's exclusion, and which half of pooled texts. */
  readonly pole: 'high' | 'low';
}

export interface Made {
  readonly masks: Masks;
  readonly matrices: readonly MatrixInfo[]; // that were selected from
  readonly filled: number; // kept places without a score of their own
  readonly kept: number;
  readonly calibration: string | null; // digest of all tokens and ranges that were counted
  readonly samples: number;
  readonly reusedMs: number; // of statistics that were there already
}

/** Which texts play whose part, before samples are drawn. */
interface Cast {
  readonly persona: readonly CalibrationText[];
  readonly opposite: readonly CalibrationText[];
  readonly generic: readonly CalibrationText[];
}

/**
 * Throws `bad-options`, `no-calibration` where texts are missing that the score needs, `no-contrast`, and what collecting
 * and selecting throw.
 */
export async function makeMask(given: Ingredients): Promise<Made> {
  const { engine, options, pole, seed } = given;
  checkOptions(options);
  const matrices = selected(options, engine.matrices);
  const names = restoredNames(options, matrices);
  const texts = cast(given);
  const used = new Used(given);
  const one = async (own: Cast, side: 'high' | 'low'): Promise<{ readonly masks: Masks; readonly filled: number }> =>
    select(given, matrices, await used.of(own), side, seed);
  const mine = await one(texts, pole);
  let { masks } = mine;
  if (isBlended(options)) {
    const other = await one(
      { ...texts, persona: texts.opposite, opposite: texts.persona },
      pole === 'high' ? 'low' : 'high',
    );
    if (options.toward !== undefined) masks = toward(other.masks, masks, options.toward, seed);
    else masks = (options.keep === 'unique' ? unique : withoutUnique)(masks, other.masks);
  }
  return {
    masks: restore(masks, names),
    matrices,
    filled: mine.filled,
    kept: keptOf(masks),
    calibration: used.digest,
    samples: used.samples,
    reusedMs: used.reusedMs,
  };
}

interface Sums {
  readonly persona: readonly TapSums[];
  readonly opposite?: readonly TapSums[];
  readonly generic?: readonly TapSums[];
}

async function select(
  { engine, options, sparsity, seed }: Ingredients,
  matrices: readonly MatrixInfo[],
  sums: Sums,
  pole: 'high' | 'low',
  draw: number,
): Promise<{ readonly masks: Masks; readonly filled: number }> {
  const group = groupOf(options);
  const share = sparsityOf(options, matrices, sparsity);
  const pick = async (scores: ReturnType<typeof scoresOf>, removed: typeof share) =>
    engine.select({ scores, group, sparsity: removed });
  const extra: { without?: Masks; protect?: Masks; seed: number } = { seed: draw };
  if (options.score === 'contrastive-sparse' && options.rule === 'code' && pole === 'low') {
    const swapped = { ...sums, persona: sums.opposite ?? [], opposite: sums.persona };
    extra.without = (await pick(scoresOf(options, matrices, swapped, 'high', { seed }), share)).tensors;
  }
  if (options.score === 'set-difference') {
    const wanda = { ...options, score: 'wanda' as const };
    const generic = scoresOf(wanda, matrices, { persona: sums.generic ?? [] }, pole, { seed });
    extra.protect = (await pick(generic, 1 - options.utility)).tensors;
  }
  const { tensors, filled } = await pick(scoresOf(options, matrices, sums, pole, extra), share);
  return { masks: tensors, filled };
}

/** Statistics of the texts that a score needs, each set collected once. */
class Used {
  readonly #given: Ingredients;
  readonly #digests = new Set<string>();
  reusedMs = 0;
  samples = 0;

  constructor(given: Ingredients) {
    this.#given = given;
  }

  get digest(): string | null {
    return this.#digests.size === 0 ? null : digestOf([...this.#digests].sort());
  }

  async of({ persona, opposite, generic }: Cast): Promise<Sums> {
    const wanted = needs({ ...this.#given.options, texts: 'persona' });
    const neutral = wanted.generic ? await this.#sums(generic, 'neutral texts') : undefined;
    const other = wanted.opposite ? await this.#sums(opposite, 'calibration texts of the opposite') : undefined;
    return {
      persona: wanted.persona ? await this.#sums(persona, 'calibration texts') : [],
      ...(other && { opposite: other }),
      ...(neutral && { generic: neutral }),
    };
  }

  async #sums(texts: readonly CalibrationText[], what: string): Promise<readonly TapSums[]> {
    const { engine, text, options, seed, statistics } = this.#given;
    if (texts.length === 0) {
      throw new BenchError('no-calibration', `score ${options.score} needs ${what}, and there are none`, {
        hint: 'name calibration texts (and the opposite) in the personas file, or give a file of texts',
      });
    }
    if (text === null) {
      throw new BenchError('no-tokenizer', 'calibration texts need a tokenizer', {
        hint: 'add tokenizer.json to the model',
      });
    }
    const samples = samplesOf(drawn(texts, options.samples, rngOf(seed)), text, options);
    const digest = samplesDigest(samples);
    const pooled = options.texts === 'shuffled' ? await this.#ofPool(samples, text) : null;
    const { sums, spentMs, reused } =
      pooled ?? (await statistics.of(this.#keyOf(digest), () => engine.collect(samples)));
    if (!this.#digests.has(digest)) {
      this.#digests.add(digest);
      this.samples += samples.length;
      if (reused) this.reusedMs += spentMs;
    }
    return sums;
  }

  #keyOf(samples: string): string {
    const { engine } = this.#given;
    return digestOf({ weights: engine.weightsDigest, spec: JSON.parse(JSON.stringify(engine.spec)), samples });
  }

  /**
   * The sums of samples from the pool of both poles' texts, each of which runs through the network once for all draws, both poles
   * and every score function: bit-identical to `collect` of these samples. Null where it would take too much.
   */
  async #ofPool(samples: readonly Sample[], text: TextModel) {
    const { engine, statistics, options, pole, persona, opposite } = this.#given;
    const texts = pole === 'high' ? [...persona, ...opposite] : [...opposite, ...persona];
    if (texts.length > MOST_POOLED * samples.length) return null;
    const pool = samplesOf(texts, text, options);
    const bytes = BYTES_PER_CHANNEL * channelsOf(engine.matrices) * pool.length;
    const each = await statistics.each?.(this.#keyOf(`each ${samplesDigest(pool)}`), bytes, () =>
      engine.collectEach(pool),
    );
    if (each === undefined || each === null) return null;
    const places = new Map(pool.map((sample, k) => [contentOf(sample), k]));
    return { sums: each.addedUp(samples.map((one) => places.get(contentOf(one))!)), spentMs: 0, reused: false };
  }
}

/** Texts of a pool for each that a draw takes, above which it is cheaper to run each half through the network. */
const MOST_POOLED = 8;
const BYTES_PER_CHANNEL = 12;

/** Channels of all taps of a network. */
function channelsOf(matrices: readonly MatrixInfo[]): number {
  const taps = new Map(matrices.map(({ layer, tap, columns }) => [`${layer} ${tap}`, columns]));
  return [...taps.values()].reduce((sum, columns) => sum + columns, 0);
}

const contentOf = ({ tokens, from, to }: Sample): string => `${from} ${to}: ${tokens.join(' ')}`;

/** sha256 over every token id and counted range. */
function samplesDigest(samples: readonly Sample[]): string {
  return sha256(samples.map(contentOf).join('\n'));
}

/** Persona and opposite as `texts` deals the parts out. */
function cast({ options, persona, opposite, generic, pole, seed }: Ingredients): Cast {
  const neutral = generic.map((answer): CalibrationText => ({ answer }));
  switch (options.texts) {
    case 'persona':
      return { persona, opposite, generic: neutral };
    case 'opposite':
      return { persona: opposite, opposite: persona, generic: neutral };
    case 'generic':
      return { persona: neutral, opposite, generic: neutral };
    case 'shuffled': {
      if (persona.length === 0 || opposite.length === 0) return { persona: [], opposite: [], generic: neutral };
      // Both poles draw the same halves, and each takes its own.
      const rng: Rng = rngOf(seed);
      const [first, second] = pole === 'high' ? split(persona, opposite, rng) : split(opposite, persona, rng);
      return pole === 'high'
        ? { persona: first, opposite: second, generic: neutral }
        : { persona: second, opposite: first, generic: neutral };
    }
  }
}
