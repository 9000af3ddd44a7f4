// What methods write on open questions: how it reads to the dense model (a proxy), how varied and how long it is.

import type { RunResult } from '../harness/record/run-record.ts';
import { entryName, percent, shareText, short } from './format.ts';
import type { Section } from './sections.ts';
import { mainRows, places, samePoint } from './verdict.ts';

const NOTHING = '–';

export function textSections(result: RunResult): readonly Section[] {
  return places(result).flatMap(([model, evaluation]) => {
    const rows = result.texts.filter(
      (row) => row.model === model && row.evaluation === evaluation && row.persona === null,
    );
    if (rows.length === 0) return [];
    const metrics = mainRows(result, model, evaluation).filter(({ scope }) => scope === 'pooled');
    const judged = rows.some(({ marks }) => marks !== null);
    return [
      {
        title: `Texts: ${model}, evaluation ${evaluation} (a proxy)`,
        head: [
          'method',
          'read as the persona',
          'nats/token',
          'distinct 1/2',
          'tokens',
          'ended',
          ...(judged ? ['judge'] : []),
        ],
        rows: rows.map((row) => {
          const alignment = metrics.find((metric) => samePoint(metric, row))?.alignment;
          const { logOdds, marks } = row;
          return [
            entryName(row),
            alignment === undefined ? NOTHING : shareText(alignment),
            logOdds === null ? NOTHING : `${logOdds > 0 ? '+' : ''}${logOdds.toFixed(3)}`,
            `${row.distinct1.toFixed(2)} / ${row.distinct2.toFixed(2)}`,
            short(row.tokens),
            `${percent(row.ended)} %`,
            ...(judged ? [marks === null ? NOTHING : `${percent(marks)} %`] : []),
          ];
        }),
        below: [
          'A proxy: the dense model reads each text under the prompts of both poles, so that a method which says the ' +
            "prompt's own words is read as its persona. Nats/token: log-odds for the persona told; distinct: words and " +
            'pairs of words that are new, within a cell; ended: before the most tokens.',
        ],
      },
    ];
  });
}
