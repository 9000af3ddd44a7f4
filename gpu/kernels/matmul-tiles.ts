// Which tile a matmul uses, by class of device and number of rows. Committed, never tuned at run time;
// docs/measurements.md has the figures behind it. Every tile sums in the same order: the choice changes no bit.

/** How a workgroup of a matmul shares its output. */
export interface Tile {
  readonly rows: number; // of X per lane
  readonly columns: number; // of Y per lane; even, since a gated matmul halves them
  readonly lanes: number; // per workgroup
  readonly unroll?: number; // loads of a row that are under way at once, where it divides their number: 1
  /**
   * Rows of X and of W that a workgroup stages in its memory, `depth` loads of each at a time; absent: it stages none.
   */
  readonly staged?: { readonly rows: number; readonly columns: number; readonly depth: number };
}

/** The tiles of a device class. */
export interface TileTable {
  /** Ordered by `upTo`: the first with M rows or more is taken. */
  readonly matmul: readonly { readonly upTo: number; readonly tile: Tile }[];
  readonly head: Tile;
  /** Rows from which a masked matrix is expanded into scratch rather than masked in every tile (bench/masked.ts). */
  readonly expandFrom: number;
  /** Rows of X per lane of a sparse matmul; halved where it is gated. */
  readonly sparse: number;
}

/** Vocabulary rows that one lane of the head reduces. */
export const HEAD_BLOCK = 64;

/** By device class. */
export const TILES = {
  // SwiftShader's code slows down once a tile spills, and large tiles take it seconds to compile.
  swiftshader: {
    matmul: [
      { upTo: 1, tile: { rows: 1, columns: 4, lanes: 16, unroll: 2 } },
      { upTo: Infinity, tile: { rows: 8, columns: 4, lanes: 16 } },
    ],
    head: { rows: 8, columns: 4, lanes: 8 },
    expandFrom: 64,
    sparse: 8,
  },
  // lavapipe, and any other driver that runs on the CPU: its workgroup memory is no faster than memory.
  software: {
    matmul: [
      { upTo: 1, tile: { rows: 1, columns: 4, lanes: 16, unroll: 2 } },
      { upTo: 8, tile: { rows: 4, columns: 4, lanes: 16 } },
      { upTo: 64, tile: { rows: 16, columns: 4, lanes: 16 } },
      { upTo: Infinity, tile: { rows: 32, columns: 4, lanes: 16 } },
    ],
    head: { rows: 16, columns: 4, lanes: 16 },
    expandFrom: 256,
    sparse: 32,
  },
  // Not measured yet. One row is bound by bandwidth: few columns per workgroup, so that all of the device reads.
  hardware: {
    matmul: [
      { upTo: 1, tile: { rows: 1, columns: 2, lanes: 128, staged: { rows: 1, columns: 16, depth: 32 } } },
      { upTo: 16, tile: { rows: 2, columns: 2, lanes: 128, staged: { rows: 16, columns: 32, depth: 16 } } },
      { upTo: 64, tile: { rows: 4, columns: 4, lanes: 128, staged: { rows: 32, columns: 64, depth: 8 } } },
      { upTo: Infinity, tile: { rows: 4, columns: 4, lanes: 256, staged: { rows: 64, columns: 64, depth: 8 } } },
    ],
    head: { rows: 4, columns: 4, lanes: 64 },
    sparse: 8,
    expandFrom: Infinity, // a staged tile masks each weight once per workgroup
  },
} as const satisfies Record<string, TileTable>;

/** The table of a device class. */
export function tilesFor({ name, software }: { readonly name: string; readonly software: boolean }): TileTable {
  return /swiftshader/i.test(name) ? TILES.swiftshader : software ? TILES.software : TILES.hardware;
}

/** The tile for `rows` rows of X. */
export function tileFor(table: TileTable, rows: number): Tile {
  return table.matmul.find(({ upTo }) => rows <= upTo)!.tile;
}

/** Lanes of a workgroup that own outputs; the rest of a staged one only load. */
function lanesAcross(tile: Tile): number {
  return tile.staged === undefined ? tile.lanes : tile.staged.columns / tile.columns;
}

/** The constants that matmul.wgsl takes from a tile; `loads` of a row, `factors` 2 where it is gated. */
export function tileConstants(tile: Tile, loads: number, factors: 1 | 2): Readonly<Record<string, number | boolean>> {
  const { rows, columns, lanes, unroll = 1, staged } = tile;
  const shared = { MT: rows, NR: columns, NC: columns / factors, WG: lanes, STAGED: staged !== undefined };
  if (staged === undefined) return { ...shared, U: loads % unroll === 0 ? unroll : 1 };
  const across = lanesAcross(tile);
  return {
    ...shared,
    BM: staged.rows,
    BN: staged.columns,
    KT: staged.depth,
    LX: across,
    NG: staged.columns / factors,
    ACTIVE: (across * staged.rows) / rows,
  };
}

/** Rows of X and columns of Y that one workgroup gives. */
export function tileSpan(tile: Tile, factors: 1 | 2): { readonly rows: number; readonly columns: number } {
  return {
    rows: tile.staged?.rows ?? tile.rows,
    columns: (lanesAcross(tile) * tile.columns) / factors,
  };
}
