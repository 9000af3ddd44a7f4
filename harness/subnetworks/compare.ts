// Two masks side by side: how much they share, and what two random masks of the same densities would.

import { BenchError } from '../../base/error.ts';
import type { MatrixInfo } from '../../formats/checkpoint/matrices.ts';
import { shown } from '../../formats/safetensors/header.ts';
import type { Masks } from './combine.ts';
import { bitsOf } from './masks.ts';

/** Counts of places, and shares that follow from them. */
export interface Overlap {
  readonly name: string;
  readonly places: number;
  readonly keptA: number;
  readonly keptB: number;
  readonly jaccard: number; // |A and B| / |A or B|; 1 where neither keeps anything
  readonly differing: number; // share of the places; 0 where there are none
  /** Expected of independent masks that keep as many places of each matrix. */
  readonly chance: { readonly jaccard: number; readonly differing: number };
}

export interface Comparison {
  readonly all: Overlap;
  readonly modules: readonly Overlap[]; // attention, MLP
  readonly layers: readonly Overlap[];
  readonly blocks: readonly (Overlap & Block)[]; // by layer and module
}

interface Block {
  readonly layer: number;
  readonly module: MatrixInfo['module'];
}

/** Sums of matrices; the expectations add up, since matrices are independent. */
interface Sums {
  places: number;
  keptA: number;
  keptB: number;
  both: number;
  either: number;
  expectedBoth: number;
}

/** Layers come in their order, whatever the order of the masks. Throws `bad-mask` where the two cover different matrices, naming one. */
export function compareMasks(a: Masks, b: Masks, matrices: readonly (Block & Pick<MatrixInfo, 'name'>)[]): Comparison {
  const byName = new Map(matrices.map((info) => [info.name, info]));
  const stray = [...a.keys()].find((name) => !b.has(name)) ?? [...b.keys()].find((name) => !a.has(name));
  if (stray !== undefined) {
    throw new BenchError('bad-mask', `only one of the two masks covers ${shown(stray)}`, {
      hint: 'compare masks of one model that were made with the same targets',
    });
  }
  const all = zeros();
  const groups = {
    modules: new Map<string, Sums>(),
    layers: new Map<number, Sums>(),
    blocks: new Map<string, Sums>(),
  };
  for (const [name, { rows, columns, words }] of a) {
    const other = b.get(name)!;
    if (other.rows !== rows || other.columns !== columns) {
      throw new BenchError('bad-mask', `the masks of ${shown(name)} have different shapes`, {
        hint: 'compare masks of one model',
      });
    }
    const one = zeros();
    one.places = rows * columns;
    for (let i = 0; i < words.length; i++) {
      const [p, q] = [words[i]!, other.words[i]!];
      one.keptA += bitsOf(p);
      one.keptB += bitsOf(q);
      one.both += bitsOf(p & q);
      one.either += bitsOf(p | q);
    }
    one.expectedBoth = (one.keptA * one.keptB) / one.places;
    add(all, one);
    const info = byName.get(name);
    if (info === undefined) continue;
    add(of(groups.modules, info.module), one);
    add(of(groups.layers, info.layer), one);
    add(of(groups.blocks, `layer ${info.layer}, ${info.module}`), one);
  }
  return {
    all: overlap('all', all),
    modules: [...groups.modules].sort(([p], [q]) => (p < q ? -1 : 1)).map(([name, sums]) => overlap(name, sums)),
    layers: [...groups.layers].sort(([p], [q]) => p - q).map(([layer, sums]) => overlap(`layer ${layer}`, sums)),
    blocks: blocksOf(matrices).flatMap(({ layer, module }) => {
      const name = `layer ${layer}, ${module}`;
      const sums = groups.blocks.get(name);
      return sums === undefined ? [] : [{ ...overlap(name, sums), layer, module }];
    }),
  };
}

/** Each once, by layer and then by module. */
function blocksOf(matrices: readonly Block[]): readonly Block[] {
  const found = new Map(matrices.map(({ layer, module }) => [`${layer} ${module}`, { layer, module }]));
  return [...found.values()].sort((a, b) => a.layer - b.layer || (a.module < b.module ? -1 : 1));
}

function overlap(name: string, { places, keptA, keptB, both, either, expectedBoth }: Sums): Overlap {
  const jaccard = (shared: number) => (keptA + keptB === 0 ? 1 : shared / (keptA + keptB - shared));
  const share = (count: number) => (places === 0 ? 0 : count / places);
  return {
    name,
    places,
    keptA,
    keptB,
    jaccard: jaccard(both),
    differing: share(either - both),
    chance: { jaccard: jaccard(expectedBoth), differing: share(keptA + keptB - 2 * expectedBoth) },
  };
}

const zeros = (): Sums => ({ places: 0, keptA: 0, keptB: 0, both: 0, either: 0, expectedBoth: 0 });

function of<Name>(groups: Map<Name, Sums>, name: Name): Sums {
  const found = groups.get(name) ?? zeros();
  groups.set(name, found);
  return found;
}

function add(into: Sums, one: Sums): void {
  for (const field of ['places', 'keptA', 'keptB', 'both', 'either', 'expectedBoth'] as const)
    into[field] += one[field];
}
