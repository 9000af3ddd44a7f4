// What a row's network may cost besides its alignment: how far it may depart from the dense network, and that it still speaks.

import type { Interval3 } from '../record/run-record.ts';
import type { Verdict } from '../record/verdicts.ts';
import type { Matched } from './alignment.ts';
import { said, type Titles } from './levels.ts';
import type { GateRow, Rules } from './types.ts';

/**
 * A test of each part of a row's divergence, on neutral prompts and on the dense network's own answers: above the limit
 * where a 95 % interval over texts lies above it, within where it lies below, else open. A row fails by either part, each at
 * 2.5 %, and passes by both. A prompt leaves the network as it is and has no divergence; what had one and has none now
 * cannot be judged.
 */
export function taxes(
  rows: readonly GateRow[],
  matched: readonly Matched[],
  { tax }: Rules,
  titleOf: Titles,
): readonly Verdict[] {
  const most = tax.divergence;
  if (most === undefined) return [];
  const lost = matched.filter(({ now, was }) => now.divergence === null && was.divergence !== null);
  const measured = rows.flatMap(({ divergence, ...row }) => (divergence === null ? [] : [{ ...row, divergence }]));
  if (lost.length === 0 && measured.length === 0) {
    return [said('tax', 'divergence', 'incomparable', 'no gated row has one: its network is the dense one')];
  }
  return [
    ...lost.map(({ title }) =>
      said('tax', title, 'incomparable', 'its divergence is missing, and the reference has one'),
    ),
    ...measured.map((row) => {
      const parts = (['prompts', 'answers'] as const).flatMap((name) => {
        const part = row.divergence[name];
        return part === null ? [] : [{ name, part }];
      });
      const figures = parts.map(({ name, part }) => `${nats(part)} on ${name}`).join(', ');
      const text = `${figures}: nats per token from the dense network, and at most ${most} is allowed`;
      return said(
        'tax',
        titleOf(row),
        outcomeOf(
          parts.map(({ part }) => part),
          most,
        ),
        text,
      );
    }),
  ];
}

function outcomeOf(parts: readonly Interval3[], most: number): Verdict['outcome'] {
  if (parts.length === 0) return 'incomparable';
  if (parts.some(({ low, value }) => (low ?? value) > most)) return 'fail';
  return parts.every(({ high, value }) => (high ?? value) <= most) ? 'pass' : 'inconclusive';
}

function nats({ value, low, high }: Interval3): string {
  const interval = low === null || high === null ? '' : ` [${low.toFixed(3)}, ${high.toFixed(3)}]`;
  return `${value.toFixed(3)}${interval}`;
}

/** A gated row that no longer speaks fails, whatever it answers; no rule turns that off. */
export function fluencies(rows: readonly GateRow[], titleOf: Titles): readonly Verdict[] {
  return rows
    .filter(({ broken }) => broken.length > 0)
    .map((row) => said('fluency', titleOf(row), 'fail', `it is broken: ${row.broken.join('; ')}`));
}
