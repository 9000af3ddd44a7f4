// What run.json says of the gate's looks.

/** How many items a gated row was asked, and how many the suite has for it. Fewer: the gate had decided by then. */
export interface LookRow {
  readonly model: string;
  readonly evaluation: string;
  readonly method: string;
  readonly sparsity: string | null;
  readonly looks: number;
  readonly of: number;
  readonly items: number;
  readonly planned: number; // items of all looks
}
