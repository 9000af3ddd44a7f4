// The one table that a run comes to: every method with its controls, what it reaches, what lies between it and the model
// that is told nothing, and what it costs.

import type { ComparisonRow, RunResult } from '../harness/plan/result.ts';
import { bytesText, entryName, percent, short } from './format.ts';
import type { Section } from './sections.ts';
import { mainRows, places, samePoint } from './verdict.ts';

const NOTHING = '–';

export function summarySections(result: RunResult): readonly Section[] {
  return places(result).map(([model, evaluation]) => {
    const rows = mainRows(result, model, evaluation).filter(({ scope }) => scope === 'pooled');
    return {
      title: `Methods: ${model}, evaluation ${evaluation}`,
      head: ['method', 'alignment', 'against none', 'ppl', 'set-up', '+ tok', 'pre/dec ms', 'bytes'],
      rows: rows.map((row) => {
        const { value, low, high } = row.alignment;
        const of = <T extends Parameters<typeof samePoint>[0]>(all: readonly T[]): T | undefined =>
          all.find((one) => samePoint(one, row));
        const difference = pooledDifferences(result).find((one) => samePoint(one, row));
        const perplexity = of(result.perplexities)?.relative ?? null;
        const cost = of(result.costs);
        const latency = result.latency.find(
          (one) => one.model === model && one.method === row.method && one.sparsity === row.sparsity,
        );
        const bounds = [low, high].map((bound) => (100 * bound).toFixed(0));
        return [
          entryName(row),
          `${percent(value)} [${bounds.join(', ')}]`,
          difference === undefined ? NOTHING : narrow(difference),
          perplexity === null ? NOTHING : perplexity.toFixed(2),
          cost === undefined ? NOTHING : seconds(cost.setupMs),
          cost === undefined ? NOTHING : short(cost.addedTokens),
          latency === undefined ? NOTHING : `${short(latency.prefillMs.median)}/${short(latency.decodeMs.median)}`,
          cost === undefined ? NOTHING : bytesText(cost.artefactBytes),
        ];
      }),
      below: [
        'Alignment in % with its 95 % interval; against none: points, paired by item (poles averaged); ppl: perplexity on ' +
          'neutral text over that of the dense network; set-up in seconds per cell; + tok: prompt tokens beyond the bare ' +
          'question; prefill of a prompt and decoding of a token; bytes of what is made for a persona. A prompt leaves the ' +
          'network as it is, and has no perplexity of its own.',
      ],
    };
  });
}

/** What methods say of themselves, such as recall, training seconds or the coefficient that was chosen. */
export function figureSections(result: RunResult): readonly Section[] {
  return places(result).flatMap(([model, evaluation]) => {
    const rows = result.costs
      .filter((row) => row.model === model && row.evaluation === evaluation)
      .flatMap((row) =>
        Object.entries(row.figures).map(([name, value], k) => [k === 0 ? entryName(row) : '', name, short(value)]),
      );
    if (rows.length === 0) return [];
    const below = ['Means over the cells of a method; the files beside each cell hold every one.'];
    return [
      {
        title: `What methods say: ${model}, evaluation ${evaluation}`,
        head: ['method', 'figure', 'mean'],
        rows,
        below,
      },
    ];
  });
}

/** Which methods lie above the model that is told nothing, which do not, and which lie below it; nothing without any. */
export function aboveNone(result: RunResult): readonly string[] {
  return places(result).flatMap(([model, evaluation]) => {
    const rows = pooledDifferences(result).filter((row) => row.model === model && row.evaluation === evaluation);
    if (rows.length === 0) return [];
    const groups: readonly (readonly [string, readonly ComparisonRow[]])[] = [
      ['above', rows.filter(({ low }) => low > 0)],
      ['NOT above', rows.filter(({ low, high }) => low <= 0 && high >= 0)],
      ['BELOW', rows.filter(({ high }) => high < 0)],
    ];
    const said = groups
      .filter(([, own]) => own.length > 0)
      .map(([how, own]) => `${how} ${rows[0]!.control}: ${own.map(entryName).join(', ')}`);
    const place = places(result).length > 1 ? ` (${model}, ${evaluation})` : '';
    return [`Paired by item, 95 %, ${said.join('; ')}${place}.`];
  });
}

/** Points with their sign, the bounds without a plus: the table is narrow. */
function narrow({ difference, low, high }: ComparisonRow): string {
  return `${difference > 0 ? '+' : ''}${percent(difference)} [${percent(low)}, ${percent(high)}]`;
}

/** Below a hundredth nothing was set up. */
function seconds(ms: number): string {
  return ms < 10 ? '0' : short(ms / 1000);
}

function pooledDifferences(result: RunResult): readonly ComparisonRow[] {
  return result.differences.filter(({ scope }) => scope === 'pooled');
}
