// What a run's record says of its evaluations and personas, and its figures other than alignment: those of each kind of
// evaluation with their tables, what a method moves on other traits, and how the masks of personas overlap.

/** An evaluation, with what readers of its figures go by: none depends on the name of a kind. */
export interface EvaluationRecord {
  readonly id: string;
  readonly kind: string;
  readonly scorer: string;
  readonly settings: string; // digest of how items are asked and scored, whatever they are
  readonly graded: boolean; // answers are more or less the persona's, instead of right or wrong
  readonly unit: 'item' | 'group'; // what is one observation: an item, or the items of a group
  readonly poles: 'both' | 'own'; // whether an item says something about both poles of its trait, or its own persona alone
}

/** A persona that the suite selects, as far as answers are keyed to it. */
export interface PersonaRecord {
  readonly id: string;
  readonly trait: string;
  readonly pole: 'high' | 'low';
  readonly opposite: string | null; // the persona at the other pole, selected or not
}

/**
 * What a kind of evaluation measures besides alignment, of one method at one sparsity: by persona or trait, or all together
 * (both null). Over wordings and seeds.
 */
export interface EvaluationRow {
  readonly model: string;
  readonly evaluation: string;
  readonly method: string;
  readonly control: boolean;
  readonly sparsity: string | null;
  readonly persona: string | null; // that was stated to the method; null: none, or all together
  readonly trait: string | null; // of the items; null: all together
  readonly n: number; // of what the means are over: items, for all together items of each persona, or texts
  /** Where the answers lie on the kind's own scale, which goes from `from` to `to`; null where they have none. */
  readonly scale: {
    readonly from: number;
    readonly to: number;
    readonly mean: number | null; // more is the trait's high pole; null over traits
    readonly spread: number | null; // standard deviation of that over items; null for one item
  } | null;
  readonly figures: Readonly<Record<string, number | null>>; // by name; null where one is not known
}

/** A table that a kind of evaluation brings to reports, as text that is printed as it stands. */
export interface EvaluationSection {
  readonly title: string;
  readonly detail: boolean; // report.md alone has it
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly below: readonly string[]; // lines under the table
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
