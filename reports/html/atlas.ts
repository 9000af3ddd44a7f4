// The mask atlas: how much the masks of two personas share beyond chance, pair by pair and by place in the network.

import type { AtlasRow, RunResult, Shared } from '../../harness/record/run-record.ts';
import { CONTRASTED } from '../atlas.ts';
import { entryName, percent, short } from '../format.ts';
import { html } from './markup.ts';
import { type Cell, type Part, placed, table, tinted } from './parts.ts';

const NOTHING: Cell = { text: '–', kind: 'number' };

export function atlasPart(result: RunResult): Part | null {
  if (result.atlas.length === 0) return null;
  // What the tuning split chose stands open, the others unfold.
  const chosen = ({ method, sparsity }: AtlasRow) =>
    result.headlines.some((one) => one.method === method && one.sparsity === sparsity);
  const atlas = [...result.atlas.filter(chosen), ...result.atlas.filter((row) => !chosen(row))];
  return {
    id: 'atlas',
    title: 'Mask atlas',
    lead:
      'Weights that two masks both keep, of those that either keeps (Jaccard), less the share expected of independent masks with as many weights in every matrix: in points, 0 is chance. ' +
      CONTRASTED,
    body: atlas.map((row, k) => {
      const most = Math.max(0.001, ...excesses(row).map(Math.abs));
      const seen = row.seen < row.places ? `; estimated from ${percent(row.seen / row.places)} % of the weights` : '';
      const note = html`<p class="note">${short(row.places)} weights per mask${seen}. Chance alone: ${chances(row)} % Jaccard.</p>`;
      return placed(k, `${entryName(row)} on ${row.model}`, html`${pairs(row, most)}${blocks(row, most)}${note}`);
    }),
  };
}

function pairs(row: AtlasRow, most: number) {
  const found = new Map(
    row.pairs.flatMap((pair) => [[`${pair.a} ${pair.b}`, pair] as const, [`${pair.b} ${pair.a}`, pair] as const]),
  );
  return table({
    caption: `${entryName(row)}: overlap of two personas’ masks beyond chance, points; opposites are underlined`,
    head: ['persona', ...row.personas],
    rows: row.personas.map((a) => [
      { text: a, kind: 'name' as const },
      ...row.personas.map((b): Cell => {
        const pair = found.get(`${a} ${b}`);
        return pair === undefined ? NOTHING : cellOf(pair, most, pair.opposites);
      }),
    ]),
  });
}

function blocks(row: AtlasRow, most: number) {
  const modules = [...new Set(row.blocks.map(({ module }) => module))];
  const layers = [...new Set(row.blocks.map(({ layer }) => layer))];
  const sides = [
    ['opposites', 'opposites'],
    ['others', 'other pairs'],
  ] as const;
  const at = (layer: number, module: string) => row.blocks.find((one) => one.layer === layer && one.module === module);
  return table({
    caption: `${entryName(row)}: the same by layer and module, mean over pairs`,
    head: ['layer', ...modules.flatMap((module) => sides.map(([, name]) => `${module}, ${name}`))],
    rows: layers.map((layer) => [
      { text: String(layer), kind: 'name' as const },
      ...modules.flatMap((module) =>
        sides.map(([side]): Cell => {
          const shared = at(layer, module)?.[side] ?? null;
          return shared === null ? NOTHING : cellOf(shared, most);
        }),
      ),
    ]),
  });
}

const excess = ({ jaccard, chance }: Shared): number => jaccard - chance;

function excesses({ pairs: all, blocks: places }: AtlasRow): readonly number[] {
  return [
    ...all.map(excess),
    ...places.flatMap(({ opposites, others }) =>
      [opposites, others].flatMap((one) => (one === null ? [] : excess(one))),
    ),
  ];
}

function cellOf(shared: Shared, most: number, marked = false): Cell {
  const value = excess(shared);
  const text = `${value > 0 ? '+' : ''}${percent(value)}`;
  return tinted(value, most, marked ? html`<u>${text}</u>` : text);
}

function chances({ pairs: all }: AtlasRow): string {
  const values = all.map(({ chance }) => percent(chance));
  const [low, high] = [
    values.reduce((a, b) => (Number(b) < Number(a) ? b : a)),
    values.reduce((a, b) => (Number(b) > Number(a) ? b : a)),
  ];
  return low === high ? low : `${low} to ${high}`;
}
