// What run.json says of a run that was stopped.

/** What a run that was stopped has reached; its figures are of the rows that are not listed here. */
export interface PartialRun {
  readonly cells: number; // of the plan
  readonly reached: number; // answered, and so stored, or failed
  readonly unfinished: readonly {
    readonly model: string;
    readonly evaluation: string;
    readonly method: string;
    readonly sparsity: string | null;
    readonly cells: number;
    readonly reached: number;
  }[];
}
