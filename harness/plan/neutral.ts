// Neutral texts in two parts: one to calibrate a control on, the other to measure what a method does to the network.

/** Disjoint by content, each in the order of the file. */
export interface NeutralParts {
  readonly calibration: readonly string[];
  readonly heldOut: readonly string[];
}

/** Every other text; repeats are left out. */
export function neutralParts(texts: readonly string[]): NeutralParts {
  const unique = [...new Set(texts.map((text) => text.trim()))];
  return {
    calibration: unique.filter((_, i) => i % 2 === 0),
    heldOut: unique.filter((_, i) => i % 2 === 1),
  };
}
