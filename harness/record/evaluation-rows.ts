// What a run's record holds of one kind of evaluation only: answers on scales, texts, what a method moves beside its
// trait; and how the masks of personas lie to each other.

/**
 * Answers of a method to the statements of a Likert evaluation, on a scale of 1 to `answers`, over wordings and seeds: by the
 * persona that it was told (null: none) and the trait asked, or all together (both null).
 */
export interface ScaleRow {
  readonly model: string;
  readonly evaluation: string;
  readonly method: string;
  readonly control: boolean;
  readonly sparsity: string | null;
  readonly persona: string | null;
  readonly trait: string | null;
  readonly n: number; // items, for all together items of each persona
  readonly answers: number;
  readonly profile: number | null; // mean answer with minus keys reversed: more is the trait's high pole; null over traits
  readonly spread: number | null; // standard deviation of that over items; null for one item
  readonly given: number; // mean answer as given: acquiescence where both keys are asked alike
  readonly mass: number; // probability of the answers offered, mean over items
}

/** A figure with its 95 % interval over items (BCa, within traits). */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/**
 * What a method moves where every persona is asked the items of every trait. A shift is the mean over a trait's items of how
 * far they are answered the way of its high pole (0 to 1), minus the same where no persona is stated.
 */
export interface SpecificityRow {
  readonly model: string;
  readonly evaluation: string;
  readonly method: string; // an entry's id, or the answerer's name
  readonly answerer: boolean; // it reads no model
  readonly control: boolean;
  readonly sparsity: string | null;
  readonly items: number;
  readonly shifts: readonly {
    readonly persona: string;
    readonly trait: string;
    readonly n: number;
    readonly shift: number;
  }[];
  readonly target: Estimate; // shift on the persona's own trait, toward its pole, mean over personas
  readonly others: number; // absolute shift on the other traits, mean over personas and traits
  readonly difference: Estimate; // target - others
  readonly desirable: Estimate | null; // shift on the other traits, toward their desirable poles; null where none is named
  readonly specific: boolean; // difference.low > 0
}

/**
 * What a method wrote on open questions: by the persona that it was told, and over all of them (persona null; where no
 * persona is stated, the only row). The share of texts that read as the persona stands in the metrics.
 */
export interface TextRow {
  readonly model: string;
  readonly evaluation: string;
  readonly method: string;
  readonly control: boolean;
  readonly sparsity: string | null;
  readonly persona: string | null;
  readonly texts: number;
  readonly logOdds: number | null; // nats per token for the persona told, mean over texts; null where none is stated
  readonly distinct1: number; // distinct words over words, mean over cells (Li et al. 2016)
  readonly distinct2: number; // the same of pairs of neighbouring words
  readonly tokens: number; // mean length of a text
  readonly ended: number; // share of texts that end by themselves, and not at the most tokens
  readonly marks: number | null; // a judge's, mean over texts: how sure it is of the persona
}

/** How much two masks share: places that both keep over places that either keeps. */
export interface Shared {
  readonly jaccard: number;
  readonly chance: number; // of independent masks that keep as many places of each matrix
}

/** The masks of a method's personas at one sparsity, pair by pair, and by where in the network they lie. */
export interface AtlasRow {
  readonly model: string;
  readonly method: string;
  readonly sparsity: string | null;
  readonly personas: readonly string[];
  readonly places: number; // of a mask
  readonly seen: number; // of these, on how many the figures rest
  readonly pairs: readonly (Shared & { readonly a: string; readonly b: string; readonly opposites: boolean })[];
  /** Means over pairs of opposites, and over the other pairs; null without any. */
  readonly blocks: readonly {
    readonly layer: number;
    readonly module: 'attention' | 'mlp';
    readonly opposites: Shared | null;
    readonly others: Shared | null;
  }[];
}
