// What a method answered to one item.

/** One option under one presented order. Log-probabilities are natural, of the answer tokens given the prompt. */
export interface OptionScore {
  readonly sum: number;
  readonly tokens: number;
  readonly bytes: number;
  readonly greedy: boolean; // every answer token was the argmax
  readonly score: number; // by the evaluation's scorer
}

export interface OrderOutcome {
  readonly order: readonly number[]; // presented position -> option index
  readonly options: readonly OptionScore[]; // by option index
  readonly p: number; // probability of the item's matching option: softmax of the scores
}

/** One item's result in one cell, keyed to the item's own persona; metrics flip it for the opposite. */
export interface Outcome {
  readonly item: string;
  readonly orders: readonly OrderOutcome[];
  readonly p: number; // mean of the orders' p
  readonly prompt?: string; // sha256 of the first order's prompt as canonical JSON, before the chat template; set by the runner
  readonly promptTokens: number; // of the first order
  readonly addedTokens: number; // prompt tokens beyond the bare question's
  readonly texts?: readonly string[]; // of open questions, in the order of `orders`
  readonly marks?: readonly number[]; // a judge's, of each text: how sure it is of the item's own persona, 0 to 1
}
