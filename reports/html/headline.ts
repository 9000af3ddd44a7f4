// The first words of the page: what won, by how much and at what cost, and what did not beat its controls.

import { counted } from '../../base/words.ts';
import type { MetricRow, RunResult } from '../../harness/record/run-record.ts';
import { boundsOf, bytesText, entryName, percent, shareText, short } from '../format.ts';
import { against } from '../sections.ts';
import { mainRows, places, samePoint } from '../verdict.ts';

export interface Headline {
  readonly title: string;
  readonly sentences: readonly string[];
}

/** The title speaks of the first model and evaluation; of every further one, a sentence does. */
export function headlineOf(result: RunResult): Headline {
  const [first, ...others] = places(result).map(([model, evaluation]) => ranked(result, model, evaluation));
  const best = first?.[0];
  if (first === undefined || best === undefined) {
    const failed = result.cells.every(({ status }) => status === 'errored');
    return {
      title: failed ? 'Nothing was measured: every cell failed' : 'Only controls were measured',
      sentences: [],
    };
  }
  return {
    title: titleOf(result, first),
    sentences: [
      costSentence(result, best),
      ...networkSentence(result, first),
      ...lostSentence(result, first),
      ...others.flatMap((rows) => elsewhere(result, rows)),
    ]
      .filter((sentence) => sentence !== '')
      .map(whole),
  };
}

function ranked(result: RunResult, model: string, evaluation: string): readonly MetricRow[] {
  return mainRows(result, model, evaluation)
    .filter((row) => row.scope === 'pooled' && !row.control)
    .sort((a, b) => b.alignment.value - a.alignment.value);
}

const isJudged = (result: RunResult, row: MetricRow): boolean => !against(result, row).startsWith('not compared');
const isAbove = (result: RunResult, row: MetricRow): boolean => against(result, row).startsWith('above');

function titleOf(result: RunResult, rows: readonly MetricRow[]): string {
  const [best, second] = rows as [MetricRow, MetricRow | undefined];
  const reached = `${percent(best.alignment.value)} % of answers are the persona’s${gain(result, best)}`;
  if (!rows.some((row) => isAbove(result, row))) return 'No method kept to its persona better than its controls';
  if (!isAbove(result, best)) return `${entryName(best)} scores highest but does not beat its controls: ${reached}`;
  if (second !== undefined && boundsOf(second.alignment).high >= boundsOf(best.alignment).low) {
    return `${entryName(best)} leads, ${entryName(second)} is within its interval: ${reached}`;
  }
  return `${entryName(best)} keeps to its persona best: ${reached}`;
}

function gain(result: RunResult, row: MetricRow): string {
  const found = result.differences.find((one) => one.scope === 'pooled' && samePoint(one, row));
  if (found === undefined) return '';
  const { difference, control } = found;
  return `, ${percent(Math.abs(difference))} points ${difference < 0 ? 'below' : 'above'} ${control}`;
}

function costSentence(result: RunResult, row: MetricRow): string {
  const cost = result.costs.find((one) => samePoint(one, row));
  const relative = result.perplexities.find((one) => samePoint(one, row))?.relative ?? null;
  if (cost === undefined) return '';
  const parts = [
    // Below that nothing was set up.
    `${cost.setupMs < 5 ? '0' : (cost.setupMs / 1000).toFixed(2)} s of set-up per persona`,
    `${Math.round(cost.addedTokens)} added prompt tokens`,
    cost.artefactBytes === 0 ? 'no file of its own' : `${bytesText(cost.artefactBytes)} of its own`,
    ...(relative === null ? [] : [`${short(relative)} times the perplexity on neutral text`]),
  ];
  return `${entryName(row)} costs ${listed(parts)}.`;
}

/** The best of those with controls of their own, with the ones that beat it. */
function networkSentence(result: RunResult, rows: readonly MetricRow[]): readonly string[] {
  const best = rows.find((row) => result.verdicts.some((one) => one.scope === 'pooled' && samePoint(one, row)));
  const top = rows[0];
  if (best === undefined || top === undefined) return [];
  const controls = result.comparisons.filter((row) => row.scope === 'pooled' && samePoint(row, best));
  const lost = controls.filter(({ beats }) => !beats).map(({ control }) => control);
  const judged =
    lost.length === 0
      ? `beats every one of its ${controls.length} controls`
      : `does not beat ${listed(lost)} of its ${counted(controls.length, 'control')}`;
  const higher = rows.filter((row) => boundsOf(row.alignment).low > boundsOf(best.alignment).high).map(entryName);
  const beside =
    higher.length === 0 ? '' : `; ${listed(higher)} ${higher.length === 1 ? 'lies' : 'lie'} clearly above it`;
  if (best === top) return [`It is a subnetwork, and ${judged}.`];
  return [`The best subnetwork, ${entryName(best)}, reaches ${shareText(best.alignment)} and ${judged}${beside}.`];
}

function lostSentence(result: RunResult, rows: readonly MetricRow[]): readonly string[] {
  const judged = rows.filter((row) => isJudged(result, row));
  const lost = judged.filter((row) => !isAbove(result, row)).map(entryName);
  if (lost.length === 0 && judged.length < rows.length) return [];
  return lost.length === 0 ? ['Every method beats its controls.'] : [`Not above their controls: ${listed(lost)}.`];
}

function elsewhere(result: RunResult, rows: readonly MetricRow[]): readonly string[] {
  const best = rows[0];
  if (best === undefined) return [];
  const lost = rows.filter((row) => !isAbove(result, row)).map(entryName);
  const where = `In ${best.evaluation} (${best.model})`;
  if (lost.length === rows.length) {
    return [
      `${where} no method is above its controls; ${entryName(best)} comes first with ${shareText(best.alignment)}.`,
    ];
  }
  const rest = lost.length === 0 ? 'every method is above its controls' : `not above their controls: ${listed(lost)}`;
  return [`${where} ${entryName(best)} comes first with ${shareText(best.alignment)}; ${rest}.`];
}

function listed(names: readonly string[]): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** Keeps a figure, its unit and its interval on one line. */
function whole(sentence: string): string {
  return sentence.replace(/(\d) %/g, '$1\u00a0%').replace(/% \[([\d.]+), ([\d.]+)\]/g, '%\u00a0[$1,\u00a0$2]');
}
