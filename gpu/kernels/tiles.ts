// Which register tile a matmul uses, by driver and number of rows. Committed, never tuned at run time;
// docs/measurements.md has the figures behind it. Every tile sums in the same order: the choice changes no bit.

export interface Tile {
  readonly rows: number; // of X per lane
  readonly columns: number; // of Y per lane; even, since a gated matmul halves them
  readonly lanes: number; // per workgroup
  readonly unroll: number; // loads of a row that are under way at once; 1 where it does not divide their number
}

export interface TileTable {
  /** Ordered by `upTo`: the first that holds M rows is taken. */
  readonly matmul: readonly { readonly upTo: number; readonly tile: Tile }[];
  readonly head: Omit<Tile, 'unroll'>;
}

/** Vocabulary rows that one lane of the head reduces. */
export const HEAD_BLOCK = 64;

export const TILES = {
  // SwiftShader's code slows down once a tile spills, and large tiles take it seconds to compile.
  swiftshader: {
    matmul: [
      { upTo: 1, tile: { rows: 1, columns: 4, lanes: 16, unroll: 2 } },
      { upTo: Infinity, tile: { rows: 8, columns: 4, lanes: 16, unroll: 1 } },
    ],
    head: { rows: 8, columns: 4, lanes: 8 },
  },
  other: {
    matmul: [
      { upTo: 1, tile: { rows: 1, columns: 4, lanes: 16, unroll: 2 } },
      { upTo: 8, tile: { rows: 4, columns: 4, lanes: 16, unroll: 1 } },
      { upTo: Infinity, tile: { rows: 16, columns: 4, lanes: 16, unroll: 1 } },
    ],
    head: { rows: 16, columns: 4, lanes: 8 },
  },
} as const satisfies Record<string, TileTable>;

/** The table for an adapter of this name. */
export function tilesFor(adapter: string): TileTable {
  return /swiftshader/i.test(adapter) ? TILES.swiftshader : TILES.other;
}

export function tileFor(table: TileTable, rows: number): Tile {
  return table.matmul.find(({ upTo }) => rows <= upTo)!.tile;
}
