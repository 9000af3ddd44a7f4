// What a method takes from its network: the divergence from the dense network on text that has no persona.

import type { Interval3, MethodPoint, RunResult, TaxRow } from '../harness/record/run-record.ts';
import { entryName, percent, shareText, short } from './format.ts';
import { places, samePoint } from './rows.ts';
import type { Section } from './sections.ts';

const NOTHING = '–';
/** A mask that was filled more than this is hardly its score's choice. */
const MOST_FILLED = 0.2;

function taxOf(result: RunResult, row: MethodPoint): TaxRow | null {
  // Of the same network, an evaluation's row is another's too.
  const other = (one: TaxRow) => samePoint({ ...one, evaluation: row.evaluation }, row);
  return result.taxes.find((one) => samePoint(one, row)) ?? result.taxes.find(other) ?? null;
}

/** Nats per token by which its predictions leave the dense network's: on that network's own answers, else on prompts. */
export function divergenceOf(result: RunResult, row: MethodPoint): Interval3 | null {
  const found = taxOf(result, row)?.divergence;
  return found?.answers ?? found?.prompts ?? null;
}

/** Share of a mask's kept weights that its score did not choose; null of what is no mask. */
function filledOf(result: RunResult, row: MethodPoint): number | null {
  return result.costs.find((one) => samePoint(one, row))?.figures.filled ?? null;
}

/** Of every network that was measured: how far it is from the dense one, and how much of its answers is left. */
export function taxSections(result: RunResult): readonly Section[] {
  return places(result).flatMap(([model, evaluation]) => {
    const rows = result.taxes.filter((row) => row.model === model && row.evaluation === evaluation);
    if (rows.length === 0) return [];
    const filled = rows.some((row) => filledOf(result, row) !== null);
    return [
      {
        title: `Tax: ${model}, evaluation ${evaluation}`,
        head: [
          ...['method', 'KL on answers [95 %]', 'KL on prompts [95 %]', 'nats per byte [95 %]', 'over dense [95 %]'],
          'same answer as dense [95 %]',
          ...(filled ? ['filled, %'] : []),
        ],
        rows: rows.map((row) => {
          const agreement = result.agreements.find((one) => samePoint(one, row));
          const share = filledOf(result, row);
          return [
            entryName(row),
            intervalText(row.divergence.answers),
            intervalText(row.divergence.prompts),
            row.measurable ? intervalText(row.natsPerByte) : 'not measurable',
            row.measurable ? intervalText(row.excess) : NOTHING,
            agreement === undefined ? NOTHING : shareText(agreement),
            ...(filled ? [share === null ? NOTHING : percent(share)] : []),
          ];
        }),
        below: [basisText(rows), ...unmeasurableLine(result, rows), ...filledLine(result, rows)],
      },
    ];
  });
}

/** "0.214 [0.181, 0.249]" */
function intervalText(figure: Interval3 | null): string {
  if (figure === null) return NOTHING;
  const { value, low, high } = figure;
  return low === null || high === null ? short(value) : `${short(value)} [${short(low)}, ${short(high)}]`;
}

function basisText(rows: readonly TaxRow[]): string {
  const { texts = 0, tokens = 0 } = rows[0] ?? {};
  return (
    `KL: nats per token from the dense network’s predictions to the method’s, without a persona prompt; nats per byte: of ${tokens} ` +
    `tokens of neutral text (${texts} texts) that no method was calibrated on. Intervals are over texts.`
  );
}

/** Of the methods of a place: what cannot be said of their losses on neutral text, and why. */
export function unmeasurableLine(result: RunResult, rows: readonly MethodPoint[]): readonly string[] {
  const why = new Set(
    rows.flatMap((row) => {
      const tax = taxOf(result, row);
      return tax === null || tax.measurable || tax.why === null ? [] : [tax.why];
    }),
  );
  return [...why].map((reason) => `Nats per byte are not measurable: ${reason}.`);
}

/** Of the methods of a place: masks whose score left more than a fifth of the places open. */
export function filledLine(result: RunResult, rows: readonly MethodPoint[]): readonly string[] {
  const most = rows.flatMap((row) => {
    const share = filledOf(result, row);
    return share === null || share <= MOST_FILLED ? [] : [`${entryName(row)} ${percent(share)} %`];
  });
  if (most.length === 0) return [];
  return [
    `Warning: more than ${100 * MOST_FILLED} % of the kept weights are filled in, since the score chose too few: ${most.join(', ')}.`,
  ];
}
