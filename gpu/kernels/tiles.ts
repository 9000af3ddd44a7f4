// Which register tile a matmul uses, by its number of rows. Committed, never tuned at run time; docs/measurements.md
// has the figures behind it. Every tile sums in the same order, so the choice cannot change a bit of a result.

export interface Tile {
  readonly rows: number; // of X per lane
  readonly columns: number; // of Y per lane
  readonly lanes: number; // per workgroup
}

/** Ordered by `upTo`: the first that holds M rows is taken. Even columns: a gated matmul halves them. */
export const TILES: readonly { readonly upTo: number; readonly tile: Tile }[] = [
  { upTo: 1, tile: { rows: 1, columns: 4, lanes: 16 } },
  { upTo: 8, tile: { rows: 4, columns: 4, lanes: 16 } },
  { upTo: 48, tile: { rows: 16, columns: 4, lanes: 16 } },
  { upTo: Infinity, tile: { rows: 32, columns: 4, lanes: 16 } },
];

export function tileFor(rows: number): Tile {
  return TILES.find(({ upTo }) => rows <= upTo)!.tile;
}

/** Vocabulary rows that one lane of the head reduces. */
export const HEAD_BLOCK = 64;
export const HEAD_TILE: Tile = { rows: 16, columns: 4, lanes: 8 };
