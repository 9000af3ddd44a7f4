// The nouns that every reader yields: an item to be asked, and text to calibrate on.

export type Split = 'calibration' | 'tuning' | 'evaluation';

/** One possible answer. `matching`: it is what the item's `persona` would say. */
export interface Option {
  readonly text: string;
  readonly matching: boolean;
}

/** One question. Options are keyed to `persona`; for its opposite the keying flips (two options only). */
export interface Item {
  readonly id: string;
  readonly persona: string;
  readonly trait: string;
  readonly keying: '+' | '-'; // whether `persona` is the trait's high pole
  readonly split: Split;
  readonly question: string;
  readonly options: readonly Option[]; // two or more, exactly one matching
  /** The question is a statement, and the options are how far it is agreed with, from least to most: the last one matches. */
  readonly scale?: true;
  /** Who puts the question, of a role reply: the options are replies of `persona` to each who may, and no other's. */
  readonly asker?: string;
  readonly group?: string; // items that are one observation together: role replies that differ in the asker alone
  readonly unpaired?: true; // it says nothing about the opposite of its persona
}

/** A statement to be answered on a scale. `keying`: whether who agrees with it is at the trait's high pole. */
export interface LikertItem {
  readonly id: string;
  readonly trait: string;
  readonly keying: '+' | '-';
  readonly statement: string;
  readonly scale: readonly string[]; // answers, from least to most agreement
}

/** What a persona says: an answer to a question, or plain text (question absent). */
export interface CalibrationText {
  readonly question?: string;
  readonly answer: string;
}

/** A passage that retrieval may bring into the prompt. */
export interface Passage {
  readonly id: string;
  readonly text: string;
}
