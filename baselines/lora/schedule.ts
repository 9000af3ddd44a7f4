// The learning rate of each step: a linear warm-up, then half a cosine down to 0 (Loshchilov and Hutter, 2017).

export interface Schedule {
  readonly steps: number;
  readonly warmup: number; // steps
  readonly rate: number; // the greatest
}

/** Rate of step `step`, from 1 to `steps`: the first is not 0, and the last is not either. */
export function rateAt({ steps, warmup, rate }: Schedule, step: number): number {
  if (step <= warmup) return (rate * step) / warmup;
  return (rate / 2) * (1 + Math.cos((Math.PI * (step - warmup - 1)) / (steps - warmup)));
}
