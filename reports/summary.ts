// The one table that a run comes to: every method with its controls, how it stands, what it reaches, its difference from the
// network without a persona, and what it costs.

import type { ComparisonRow, MetricRow, RunResult } from '../harness/record/run-record.ts';
import { bytesText, entryName, percent, short } from './format.ts';
import { mainRows, places, samePoint } from './rows.ts';
import { answerersLine, balanceLine, chanceText, type Section } from './sections.ts';
import { aboveNone, brokenOf, isUnbounded, standingOf, standingText } from './standing.ts';
import { divergenceOf, filledLine, unmeasurableLine } from './tax.ts';

const NOTHING = '–';

/** `inFull`: with the reasons of each standing and the bytes that are made; a terminal has them below the table, and not at all. */
export function summarySections(result: RunResult, { inFull }: { readonly inFull: boolean }): readonly Section[] {
  return places(result).map(([model, evaluation]) => {
    const rows = mainRows(result, model, evaluation).filter(({ scope }) => scope === 'pooled');
    const scorer = result.evaluations.find(({ id }) => id === evaluation)?.scorer ?? '';
    return {
      title: `Methods: ${model}, evaluation ${evaluation} (scorer ${scorer}, ${chanceText(rows)})`,
      head: [
        ...['method', 'standing', 'alignment', 'against none', 'tax', 'set-up', '+ tok', 'pre/dec'],
        ...(inFull ? ['bytes'] : []),
      ],
      rows: rows.map((row) => {
        const difference = aboveNone(result, row);
        const tax = divergenceOf(result, row);
        const cost = result.costs.find((one) => samePoint(one, row));
        const latency = result.latency.find(
          (one) => one.model === model && one.method === row.method && one.sparsity === row.sparsity,
        );
        return [
          entryName(row),
          inFull ? standingText(result, row) : standingOf(result, row).word,
          alignmentText(row),
          difference === null ? NOTHING : narrow(difference, inFull ? 1 : 0),
          tax === null ? NOTHING : short(tax.value),
          cost === undefined ? NOTHING : seconds(cost.setupMs),
          cost === undefined ? NOTHING : short(cost.addedTokens),
          latency === undefined ? NOTHING : `${short(latency.prefillMs.median)}/${short(latency.decodeMs.median)}`,
          ...(inFull ? [cost === undefined ? NOTHING : bytesText(cost.artefactBytes)] : []),
        ];
      }),
      below: [
        ...(inFull ? [] : reasonsLine(result, rows)),
        'Alignment in % with its 95 % interval; against none: points, paired by item; tax: nats per token by which the network ' +
          'leaves the dense one; set-up: seconds per cell; + tok: prompt tokens beyond the question; pre/dec: median ms to ' +
          `prefill a prompt and to decode a token${inFull ? '; bytes: files made for a persona' : ''}.`,
        ...unmeasurableLine(result, rows),
        ...filledLine(result, rows),
        ...answerersLine(result, evaluation),
        ...balanceLine(result, model, evaluation),
      ],
    };
  });
}

/** "88.8 [86, 91]"; without an interval where the figure is one by construction. */
function alignmentText({ alignment: { value, low, high } }: MetricRow): string {
  if (low === null || high === null) return percent(value);
  return `${percent(value)} [${[low, high].map((bound) => (100 * bound).toFixed(0)).join(', ')}]`;
}

/** What the column of standings has no room for; why a method is broken, the first lines have said. */
function reasonsLine(result: RunResult, rows: readonly MetricRow[]): readonly string[] {
  const why = rows.flatMap((row) => {
    const said = standingOf(result, row);
    return said.why === '' || brokenOf(result, row).length > 0 ? [] : [`${entryName(row)} ${said.why}`];
  });
  return why.length === 0 ? [] : [`Why: ${why.join('. ')}.`];
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
    const below = ['Means over the cells of a method; the artefacts of each cell have the single figures.'];
    return [
      {
        title: `Figures of the methods: ${model}, evaluation ${evaluation}`,
        head: ['method', 'figure', 'mean'],
        rows,
        below,
      },
    ];
  });
}

/** Points with their sign, the bounds without a plus, and on a terminal without decimals: the table is narrow. */
function narrow({ difference, low, high }: ComparisonRow, decimals: number): string {
  const value = `${difference > 0 ? '+' : ''}${percent(difference)}`;
  if (isUnbounded({ low, high })) return value;
  const bound = (share: number) => (100 * share).toFixed(decimals).replace(/^-(0(\.0)?)$/, '$1');
  return `${value} [${bound(low)}, ${bound(high)}]`;
}

/** To a hundredth, which is as far as set-up repeats; below that nothing was set up. */
function seconds(ms: number): string {
  return ms < 5 ? '0' : ratio(ms / 1000);
}

/** 0.85, 13.2, 132 */
function ratio(value: number): string {
  return value < 9.995 ? value.toFixed(2) : short(value);
}
