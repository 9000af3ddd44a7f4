// What `bench mask inspect` and `diff` print.

import Table from 'cli-table3';
import type { Masks } from '../subnetworks/combine.ts';
import type { Comparison, Overlap } from '../subnetworks/compare.ts';
import type { MaskFile } from '../subnetworks/mask-file.ts';
import { bytesOf, keptOf, maskId, placesOf } from '../subnetworks/masks.ts';

/** Header, then the density of each layer, attention and MLP apart. */
export function inspectText(file: string, { header, masks }: MaskFile): string {
  const { parameters, ...rest } = header;
  const lines = [`${file}: mask ${maskId(masks).slice(0, 12)}, ${bytesOf(masks)} bytes of bits`, ''];
  for (const [name, value] of Object.entries(rest))
    lines.push(`${name.padEnd(12)} ${value === null ? '-' : String(value)}`);
  lines.push(`${'parameters'.padEnd(12)} ${JSON.stringify(parameters)}`, '');
  const table = bare(['layer', 'matrices', 'weights', 'kept', 'density', 'attention', 'mlp']);
  const row = (name: string, some: Masks): void => {
    const part = (pattern: RegExp, is: boolean): Masks =>
      new Map([...some].filter(([one]) => pattern.test(one) === is));
    table.push([
      name,
      some.size,
      placesOf(some),
      keptOf(some),
      density(some),
      density(part(/\bmlp\b/, false)),
      density(part(/\bmlp\b/, true)),
    ]);
  };
  const layers = new Map<number, Map<string, Masks extends ReadonlyMap<string, infer T> ? T : never>>();
  for (const [name, tensor] of masks) {
    const layer = Number(/\.(\d+)\./.exec(name)?.[1] ?? 0);
    const held = layers.get(layer) ?? new Map();
    layers.set(layer, held.set(name, tensor));
  }
  for (const [layer, some] of [...layers].sort(([a], [b]) => a - b)) row(String(layer), some);
  row('all', masks);
  return `${[...lines, trimmed(table)].join('\n')}\n`;
}

/** Jaccard and differing bits beside what chance gives, overall, by module and by layer. */
export function diffText(first: string, second: string, { all, modules, layers }: Comparison): string {
  const table = bare(['', 'weights', 'kept a', 'kept b', 'Jaccard', 'by chance', 'differing', 'by chance']);
  const row = ({ name, places, keptA, keptB, jaccard, differing, chance }: Overlap): void => {
    table.push([
      name,
      places,
      keptA,
      keptB,
      jaccard.toFixed(4),
      chance.jaccard.toFixed(4),
      percent(differing),
      percent(chance.differing),
    ]);
  };
  for (const one of [all, ...modules, ...layers]) row(one);
  return `a  ${first}\nb  ${second}\n\n${trimmed(table)}\n`;
}

function density(masks: Masks): string {
  const places = placesOf(masks);
  return places === 0 ? '-' : (keptOf(masks) / places).toFixed(4);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

function bare(head: string[]): Table.Table {
  return new Table({
    head,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    chars: Object.fromEntries(
      [
        ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
        ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'],
      ].map((name) => [name, '']),
    ),
  });
}

function trimmed(table: Table.Table): string {
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
