// The masks of personas in a line each: how much opposites share, and others, and what chance gives.

import type { AtlasRow, RunResult, Shared } from '../harness/record/run-record.ts';
import { entryName, percent } from './format.ts';
import type { Section } from './sections.ts';

const NOTHING = '–';

/** What an overlap of opposites does not show. */
export const CONTRASTED =
  'Opposites below chance are no finding where a score sets one persona’s texts against the other’s, as contrastive scores do: ' +
  'the two masks then prefer different weights by construction.';

export function atlasSections({ atlas }: RunResult): readonly Section[] {
  if (atlas.length === 0) return [];
  return [
    {
      title: 'Masks of personas: weights that both keep, of those that either keeps',
      head: ['method', 'model', 'opposites', 'other pairs', 'by chance', 'least alike', 'most alike'],
      rows: atlas.map((row) => {
        const sorted = [...row.pairs].sort((a, b) => a.jaccard - b.jaccard);
        return [
          entryName(row),
          row.model,
          meanText(row.pairs.filter(({ opposites }) => opposites)),
          meanText(row.pairs.filter(({ opposites }) => !opposites)),
          percent(row.pairs.reduce((sum, { chance }) => sum + chance, 0) / row.pairs.length),
          nameText(sorted[0]),
          nameText(sorted.at(-1)),
        ];
      }),
      below: [
        'Jaccard, %; chance: independent masks that keep as many weights of each matrix. report.html has layers and modules.',
        CONTRASTED,
      ],
    },
  ];
}

function meanText(pairs: readonly Shared[]): string {
  if (pairs.length === 0) return NOTHING;
  return percent(pairs.reduce((sum, { jaccard }) => sum + jaccard, 0) / pairs.length);
}

function nameText(pair: AtlasRow['pairs'][number] | undefined): string {
  return pair === undefined ? NOTHING : `${pair.a} and ${pair.b} ${percent(pair.jaccard)}`;
}
