// The one table that a run comes to: every method with its controls, what it reaches, its difference from the model
// that is told nothing, and what it costs.

import type { ComparisonRow, RunResult } from '../harness/record/run-record.ts';
import { bytesText, entryName, percent, short } from './format.ts';
import { answerersLine, balanceLine, chanceText, type Section } from './sections.ts';
import { mainRows, places, samePoint } from './verdict.ts';

const NOTHING = '–';

export function summarySections(result: RunResult): readonly Section[] {
  return places(result).map(([model, evaluation]) => {
    const rows = mainRows(result, model, evaluation).filter(({ scope }) => scope === 'pooled');
    const scorer = result.evaluations.find(({ id }) => id === evaluation)?.scorer ?? '';
    return {
      title: `Methods: ${model}, evaluation ${evaluation} (scorer ${scorer}, ${chanceText(rows)})`,
      head: ['method', 'alignment', 'against none', 'ppl', 'set-up', '+ tok', 'pre/dec', 'bytes'],
      rows: rows.map((row) => {
        const { value, low, high } = row.alignment;
        const of = <T extends RowPoint>(all: readonly T[]): T | undefined => all.find((one) => samePoint(one, row));
        const difference = pooledDifferences(result).find((one) => samePoint(one, row));
        const perplexity = of(result.perplexities)?.relative ?? null;
        const cost = of(result.costs);
        const latency = result.latency.find(
          (one) => one.model === model && one.method === row.method && one.sparsity === row.sparsity,
        );
        const bounds = [low, high].flatMap((bound) => (bound === null ? [] : (100 * bound).toFixed(0)));
        return [
          entryName(row),
          `${percent(value)}${bounds.length === 0 ? '' : ` [${bounds.join(', ')}]`}`,
          difference === undefined ? NOTHING : narrow(difference),
          perplexity === null ? NOTHING : ratio(perplexity),
          cost === undefined ? NOTHING : seconds(cost.setupMs),
          cost === undefined ? NOTHING : short(cost.addedTokens),
          latency === undefined ? NOTHING : `${short(latency.prefillMs.median)}/${short(latency.decodeMs.median)}`,
          cost === undefined ? NOTHING : bytesText(cost.artefactBytes),
        ];
      }),
      below: [
        'Alignment in % with its 95 % interval; against none: points, paired by item (poles averaged); ppl: perplexity on ' +
          'neutral text over that of the dense network, which a prompt does not change; set-up: seconds per cell; + tok: ' +
          'prompt tokens beyond the question; pre/dec: median ms to prefill a prompt and to decode a token; bytes: files ' +
          'made for a persona.',
        ...answerersLine(result, evaluation),
        ...balanceLine(result, model, evaluation),
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

/** Which methods lie above the model without a persona, which do not, and which lie below it; nothing without any. */
export function aboveNone(result: RunResult): readonly string[] {
  return places(result).flatMap(([model, evaluation]) => {
    const rows = pooledDifferences(result).filter((row) => row.model === model && row.evaluation === evaluation);
    if (rows.length === 0) return [];
    const none = rows[0]!.control;
    const groups: readonly (readonly [string, readonly ComparisonRow[]])[] = [
      ['above', rows.filter(({ low }) => low > 0)],
      ['NOT above', rows.filter(({ low, high }) => low <= 0 && high >= 0)],
      ['BELOW', rows.filter(({ high }) => high < 0)],
    ];
    const said = groups
      .map(([how, own]) => [how, own.filter((row) => !isControl(result, row))] as const)
      .filter(([, own]) => own.length > 0)
      .map(([how, own]) => `${how} ${none}: ${own.map((row) => nameOf(result, row)).join(', ')}`);
    const place = places(result).length > 1 ? ` (${model}, ${evaluation})` : '';
    const wanting = isWhole(result, { model, evaluation, method: none, sparsity: null })
      ? ''
      : ` (${none} is incomplete)`;
    return [`Paired by item, 95 %${wanting}, ${[...said, ...controlsText(result, rows)].join('; ')}${place}.`];
  });
}

/** No control should lie above: those that do are named. */
function controlsText(result: RunResult, rows: readonly ComparisonRow[]): readonly string[] {
  const controls = rows.filter((row) => isControl(result, row));
  const above = controls.filter(({ low }) => low > 0);
  if (controls.length === 0) return [];
  if (above.length > 0) return [`controls that are also ABOVE: ${above.map((row) => nameOf(result, row)).join(', ')}`];
  return [controls.length === 1 ? 'the one control is not above' : `none of ${controls.length} controls is above`];
}

type RowPoint = Parameters<typeof samePoint>[0];

function isControl(result: RunResult, row: RowPoint): boolean {
  return result.metrics.some((one) => one.control && samePoint(one, row));
}

/** A method of which cells failed is compared on what is left of it. */
function nameOf(result: RunResult, row: ComparisonRow): string {
  return `${entryName(row)}${isWhole(result, row) ? '' : ' (incomplete)'}`;
}

function isWhole(result: RunResult, row: RowPoint): boolean {
  return !result.cells.some((cell) => cell.status === 'errored' && cell.split === 'evaluation' && samePoint(cell, row));
}

/** Points with their sign, the bounds without a plus: the table is narrow. */
function narrow({ difference, low, high }: ComparisonRow): string {
  return `${difference > 0 ? '+' : ''}${percent(difference)} [${percent(low)}, ${percent(high)}]`;
}

/** To a hundredth, which is as far as set-up repeats; below that nothing was set up. */
function seconds(ms: number): string {
  return ms < 5 ? '0' : ratio(ms / 1000);
}

/** 0.85, 13.2, 132 */
function ratio(value: number): string {
  return value < 9.995 ? value.toFixed(2) : short(value);
}

function pooledDifferences(result: RunResult): readonly ComparisonRow[] {
  return result.differences.filter(({ scope }) => scope === 'pooled');
}
