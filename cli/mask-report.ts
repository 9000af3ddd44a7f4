// What `bench mask inspect` and `diff` print.

import { tableText, wrap } from '../base/columns.ts';
import type { Masks } from '../harness/subnetworks/combine.ts';
import type { Comparison, Overlap } from '../harness/subnetworks/compare.ts';
import type { MaskFile } from '../harness/subnetworks/mask-file.ts';
import { bytesOf, keptOf, maskId, placesOf } from '../harness/subnetworks/masks.ts';

/** Header, then the density of each layer, attention and MLP apart. */
export function inspectText(file: string, { header, masks }: MaskFile): string {
  const { parameters, ...rest } = header;
  const lines = [`${file}: mask ${maskId(masks).slice(0, 12)}, ${bytesOf(masks)} bytes of bits`, ''];
  for (const [name, value] of Object.entries(rest))
    lines.push(...wrap(`${name.padEnd(12)} ${value === null ? '-' : String(value)}`, 13));
  lines.push(...wrap(`${'parameters'.padEnd(12)} ${JSON.stringify(parameters)}`, 13), '');
  const rows: string[][] = [];
  const row = (name: string, some: Masks): void => {
    const part = (pattern: RegExp, is: boolean): Masks =>
      new Map([...some].filter(([one]) => pattern.test(one) === is));
    rows.push([
      name,
      String(some.size),
      String(placesOf(some)),
      String(keptOf(some)),
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
  const head = ['layer', 'matrices', 'weights', 'kept', 'density', 'attention', 'mlp'];
  return `${[...lines, tableText(head, rows)].join('\n')}\n`;
}

/** Jaccard and differing bits, with the values expected by chance, overall, by module and by layer. */
export function diffText(first: string, second: string, { all, modules, layers }: Comparison): string {
  const rows = [all, ...modules, ...layers].map(
    ({ name, places, keptA, keptB, jaccard, differing, chance }: Overlap) => [
      ...[name, String(places), String(keptA), String(keptB), jaccard.toFixed(4), chance.jaccard.toFixed(4)],
      ...[percent(differing), percent(chance.differing)],
    ],
  );
  const head = ['', 'weights', 'kept a', 'kept b', 'Jaccard', 'by chance', 'differing', 'by chance'];
  return `a  ${first}\nb  ${second}\n\n${tableText(head, rows)}\n`;
}

function density(masks: Masks): string {
  const places = placesOf(masks);
  return places === 0 ? '-' : (keptOf(masks) / places).toFixed(4);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
