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
