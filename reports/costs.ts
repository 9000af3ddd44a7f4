// What holding a persona costs in time, by the wall clock and by the device's own: in full, and without what the first
// table has said.

import type { LatencyRow, RunResult } from '../harness/record/run-record.ts';
import { entryName, medianText, megabytes, percentileText, short } from './format.ts';
import type { Section } from './sections.ts';

type Column = readonly [head: string, text: (row: LatencyRow) => string];

const METHOD: Column = ['method', entryName];
const FIRST_TOKEN: Column = ['1st token ms', (row) => medianText(row.firstTokenMs)];
const THROUGHPUT: readonly Column[] = [
  ['scoring tok/s', (row) => short(row.scoringTokensPerSecond.median)],
  ['peak MB', (row) => megabytes(row.peakBytes)],
];
const IN_FULL: readonly Column[] = [
  METHOD,
  ['set-up ms', (row) => short(row.setupMs)],
  ['+ tokens', (row) => short(row.addedTokens)],
  ['prefill ms', (row) => medianText(row.prefillMs)],
  FIRST_TOKEN,
  ['decode ms', (row) => medianText(row.decodeMs)],
  ...THROUGHPUT,
];
/** The first table has set-up and added tokens. */
const BELOW: readonly Column[] = IN_FULL.filter(([head]) => head !== 'set-up ms' && head !== '+ tokens');

/** Per model that was timed. */
export function costSections(result: RunResult): readonly Section[] {
  return sectionsOf(result, IN_FULL);
}

/** The same below the first table. */
export function timingSections(result: RunResult): readonly Section[] {
  return sectionsOf(result, BELOW);
}

function sectionsOf(result: RunResult, columns: readonly Column[]): readonly Section[] {
  const { name, software } = result.device;
  return [...new Set(result.latency.map(({ model }) => model))].flatMap((model) => {
    const rows = result.latency.filter((row) => row.model === model);
    const first = rows[0] as LatencyRow;
    const cost: Section = {
      title: `Cost: ${model} on ${name}${software ? ' (software)' : ''}`,
      head: columns.map(([head]) => head),
      rows: rows.map((row) => columns.map(([, text]) => text(row))),
      below: [
        `Wall clock, median ± median absolute deviation, methods interleaved; prefill ${percentileText('p95', first.prefillMs)}, decode ${percentileText('p99', first.decodeMs)}.`,
        ...(rows.some(({ fromStore }) => fromStore) ? [`Timed at ${first.measuredAt} on this testbed.`] : []),
      ],
    };
    const timed = rows.flatMap((row) =>
      row.gpu === null ? [] : [[entryName(row), medianText(row.gpu.prefillMs), medianText(row.gpu.decodeMs)]],
    );
    if (timed.length === 0) return [cost];
    const below = ['By the device’s timestamps: without encoding, waiting and reading back.'];
    return [
      cost,
      { title: `On the device alone: ${model}`, head: ['method', 'prefill ms', 'decode ms'], rows: timed, below },
    ];
  });
}
