// What a gate and a comparison of two runs come to: what reports print, and nothing that they cannot get from it.

export type VerdictOutcome = 'pass' | 'fail' | 'inconclusive' | 'incomparable';

export interface Verdict {
  readonly rule: 'alignment' | 'floor' | 'order' | 'tax' | 'fluency' | 'timings' | 'counters' | 'identity' | 'rows';
  readonly row: string;
  readonly outcome: VerdictOutcome;
  readonly message: string; // in words, with the figures
  readonly flips: readonly string[]; // items that changed, worst first: what --explain prints
}

export interface GateReport {
  readonly verdicts: readonly Verdict[];
  readonly outcome: Verdict['outcome'];
  readonly exitCode: 0 | 1 | 3 | 4;
  readonly notes?: readonly string[]; // rules that became weaker, and what else makes the verdicts say less
  readonly inconclusive: 'fail' | 'warn'; // what a verdict that is open comes to
}

export interface RowDifference {
  readonly row: string; // "contrastive at middle"
  readonly evaluation: string;
  readonly model: string; // of the second run
  readonly items: number;
  readonly difference: number; // second less first
  readonly low: number | null; // of the 95 % BCa interval; null with one item
  readonly high: number | null;
}

export interface Flip {
  readonly row: string;
  readonly item: string;
  readonly persona: string;
  readonly place: string; // wording and seed
  readonly question: string;
  readonly before: AnswerGiven;
  readonly after: AnswerGiven;
}

/** What a network answered, and the log-probability of each option, averaged over the orders. */
export interface AnswerGiven {
  readonly text: string;
  readonly p: number; // of the persona's option
  readonly sums: readonly number[];
}

export interface Comparison {
  readonly flips: readonly Flip[]; // losses first
  readonly rows: readonly RowDifference[];
  readonly onlyFirst: readonly string[];
  readonly onlySecond: readonly string[];
  readonly different: readonly string[]; // rows on both sides whose items are not the same
}
