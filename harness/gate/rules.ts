// The rules beside alignment, and the whole gate: rows matched with the blessed ones, every rule a verdict, and an exit code
// that is 0 only where all pass. What cannot be compared never passes.

import type { GateReport, Verdict } from '../plan/verdicts.ts';
import { alignmentVerdicts, areTied, flipsOf, type Matched } from './alignment.ts';
import { type Timed, timingVerdicts } from './timings.ts';
import type { Answer, GateRow, Reference, Rules } from './types.ts';

/** What a gate reads of the run under test. */
export interface Candidate {
  readonly deviceClass: string;
  readonly kernels: string; // digest
  readonly complete: boolean; // every planned cell was answered
  readonly evaluations: Reference['evaluations'];
  readonly rows: readonly GateRow[];
  readonly timed: readonly Timed[];
}

/** Judges a run; pure. `strict`: what does not pass fails. `rows` of both sides are the gated ones and those that floors and order name. */
export function gate(now: Candidate, then: Reference, rules: Rules, strict = false): GateReport {
  const verdicts: Verdict[] = [];
  const matched: Matched[] = [];
  const sameClass = now.deviceClass === then.deviceClass && now.kernels === then.kernels;
  const gated = (row: GateRow): boolean => rules.rows.includes(methodOf(row.name));
  for (const name of rules.rows) {
    if (now.rows.some((row) => methodOf(row.name) === name)) continue;
    verdicts.push(said('rows', name, 'incomparable', 'the run has no such row'));
  }
  for (const row of now.rows.filter(gated)) {
    const other = then.rows.find((one) => sameRow(one, row, now.rows, then.rows));
    const reason = other === undefined ? 'the reference has no such row' : apart(row, other, now, then);
    if (reason !== null) verdicts.push(said('rows', row.name, 'incomparable', reason));
    else matched.push({ now: row, was: other! });
  }
  for (const row of then.rows.filter(gated)) {
    if (now.rows.some((one) => sameRow(row, one, then.rows, now.rows))) continue;
    if (!verdicts.some((one) => one.row === row.name || one.row === methodOf(row.name)))
      verdicts.push(said('rows', row.name, 'incomparable', 'the run lacks a row that the reference has'));
  }
  verdicts.push(
    ...alignmentVerdicts(matched, rules.alignment, sameClass),
    ...matched.flatMap((pair) => identity(pair, sameClass)),
    ...floors(now.rows, rules),
    ...orders(now.rows, rules),
    ...taxes(now.rows.filter(gated), matched, rules),
    ...timingVerdicts(now.timed, [...new Set(now.rows.filter(gated).map(({ name }) => name))], rules),
    ...matched.flatMap((pair) => counters(pair, rules, sameClass)),
  );
  if (verdicts.length === 0) verdicts.push(said('rows', '', 'incomparable', 'the gate has no rule'));
  return { verdicts, ...concluded(verdicts, now.complete, rules, strict) };
}

function concluded(
  verdicts: readonly Verdict[],
  complete: boolean,
  rules: Rules,
  strict: boolean,
): Pick<GateReport, 'outcome' | 'exitCode'> {
  const has = (outcome: Verdict['outcome']): boolean => verdicts.some((one) => one.outcome === outcome);
  if (has('fail')) return { outcome: 'fail', exitCode: 1 };
  if (!complete) return { outcome: 'incomparable', exitCode: 3 };
  if (has('incomparable')) return { outcome: 'incomparable', exitCode: 1 };
  if (has('inconclusive') && strict) return { outcome: 'inconclusive', exitCode: 1 };
  if (has('inconclusive')) return { outcome: 'inconclusive', exitCode: rules.inconclusive === 'warn' ? 0 : 4 };
  return { outcome: 'pass', exitCode: 0 };
}

/** Why two rows cannot be compared, or null. */
function apart(now: GateRow, was: GateRow, run: Candidate, reference: Reference): string | null {
  if (now.answers.length === 0 || was.answers.length === 0) return 'it has no items';
  const settings = (all: Reference['evaluations'], id: string) => JSON.stringify(all.find((one) => one.id === id));
  if (settings(run.evaluations, now.evaluation) !== settings(reference.evaluations, was.evaluation))
    return 'its evaluation has other settings';
  const broken = [...now.answers, ...was.answers].find(
    ({ aligned, p }) => !(aligned >= 0 && aligned <= 1 && p >= 0 && p <= 1),
  );
  if (broken !== undefined) return `item ${broken.item} has a figure that is no number`;
  const contents = new Map(was.answers.map((answer) => [keyOf(answer), answer.content]));
  const other = now.answers.find((answer) => contents.get(keyOf(answer)) !== answer.content);
  if (other !== undefined)
    return contents.has(keyOf(other)) ? `item ${other.item} has other content` : `item ${other.item} is new`;
  return contents.size === now.answers.length ? null : 'the reference has items that the run lacks';
}

/** Equal cells must give equal answers, to the bit, on one class of devices with the same kernels. On another the effect decides. */
function identity({ now, was: blessed }: Matched, sameClass: boolean): readonly Verdict[] {
  const before = new Map(blessed.answers.map((answer) => [keyOf(answer), answer]));
  const same = now.answers.flatMap((answer) => {
    const was = before.get(keyOf(answer))!;
    return was.cell === answer.cell ? [{ answer, was }] : [];
  });
  if (same.length === 0) return [];
  if (!sameClass) {
    const turned = same.filter(({ answer, was }) => answer.aligned !== was.aligned && !areTied(answer, was)).length;
    const message = `${turned} of ${same.length} answers of unchanged cells turned on another class of devices, ties apart: the alignment rule decides`;
    return [said('identity', now.name, 'pass', message)];
  }
  const differs = same.filter(({ answer, was }) => answer.p !== was.p || answer.aligned !== was.aligned).length;
  if (differs === 0) {
    return [said('identity', now.name, 'pass', `${same.length} answers of unchanged cells are equal to the bit`)];
  }
  const message = `${differs} of ${same.length} answers of unchanged cells differ: the results are not deterministic`;
  return [{ ...said('identity', now.name, 'fail', message), flips: flipsOf(now, blessed) }];
}

export function alignmentOf({ answers }: GateRow): number {
  return answers.reduce((sum, { aligned }) => sum + aligned, 0) / answers.length;
}

function floors(rows: readonly GateRow[], rules: Rules): readonly Verdict[] {
  return Object.entries(rules.floors).flatMap(([name, least]) => {
    const own = rows.filter((row) => row.name === name || methodOf(row.name) === name);
    if (own.length === 0) return [said('floor', name, 'incomparable', 'the run has no such row')];
    return own.map((row) => {
      const reached = alignmentOf(row);
      const text = `${percent(reached)} %, and at least ${percent(least)} % is wanted`;
      return said('floor', row.name, reached >= least ? 'pass' : 'fail', text);
    });
  });
}

function orders(rows: readonly GateRow[], rules: Rules): readonly Verdict[] {
  return rules.order.map((rule) => {
    const [, left, sign, right] = /^(.+?)\s*(>=|>)\s*(.+)$/.exec(rule) ?? [];
    const [a, b] = [left, right].map((name) => rows.find((row) => row.name === name || methodOf(row.name) === name));
    if (a === undefined || b === undefined || a.answers.length === 0 || b.answers.length === 0)
      return said('order', rule, 'incomparable', 'the run lacks one of its rows');
    const [x, y] = [alignmentOf(a), alignmentOf(b)];
    const holds = sign === '>' ? x > y : x >= y;
    return said('order', rule, holds ? 'pass' : 'fail', `${percent(x)} % against ${percent(y)} %`);
  });
}

/** A prompt leaves the network as it is, and has no perplexity; what had one and has none now cannot be judged. */
function taxes(rows: readonly GateRow[], matched: readonly Matched[], { tax }: Rules): readonly Verdict[] {
  const most = tax.perplexity;
  if (most === undefined) return [];
  const lost = matched.filter(({ now, was }) => now.perplexity === null && was.perplexity !== null);
  const measured = rows.filter(({ perplexity }) => perplexity !== null);
  if (lost.length === 0 && measured.length === 0) {
    return [said('tax', 'perplexity', 'incomparable', 'no gated row has one')];
  }
  return [
    ...lost.map(({ now }) =>
      said('tax', now.name, 'incomparable', 'its perplexity is missing, and the reference has one'),
    ),
    ...measured.map((row) => {
      const fits = row.perplexity! <= most;
      const text = `perplexity ${row.perplexity!.toFixed(2)} times the dense network's, and at most ${most} is allowed`;
      return said('tax', row.name, fits ? 'pass' : 'fail', text);
    }),
  ];
}

/** What was asked of the model is the same everywhere; what an engine did for it, within a class of devices. */
const OF_THE_MODEL = ['tokens', 'flops', 'weightBytes'];

function counters({ now, was }: Matched, rules: Rules, sameClass: boolean): readonly Verdict[] {
  const names = Object.keys(was.counters).filter((name) =>
    OF_THE_MODEL.includes(name) ? rules.counters.model : rules.counters.plan && sameClass,
  );
  if (names.length === 0) {
    const wanted = rules.counters.model || (rules.counters.plan && sameClass);
    return wanted ? [said('counters', now.name, 'incomparable', 'the reference has none')] : [];
  }
  const changed = names.filter((name) => now.counters[name] !== was.counters[name]);
  const text = changed.map((name) => `${name} ${was.counters[name]} -> ${now.counters[name]}`).join(', ');
  return changed.length === 0
    ? [said('counters', now.name, 'pass', `${names.join(', ')} as blessed`)]
    : [said('counters', now.name, 'fail', text)];
}

/** The method's id of a row's name. */
export function methodOf(name: string): string {
  return name.split(' at ', 1)[0]!;
}

/** Rows match on name and evaluation; on the model only where a side has several. */
function sameRow(a: GateRow, b: GateRow, ofA: readonly GateRow[], ofB: readonly GateRow[]): boolean {
  const several = (rows: readonly GateRow[]): boolean => new Set(rows.map(({ model }) => model)).size > 1;
  const model = several(ofA) || several(ofB) ? a.model === b.model : true;
  return model && a.name === b.name && a.evaluation === b.evaluation;
}

function keyOf({ item, persona, wording, seed }: Answer): string {
  return JSON.stringify([item, persona, wording, seed]);
}

function said(rule: Verdict['rule'], row: string, outcome: Verdict['outcome'], message: string): Verdict {
  return { rule, row, outcome, message, flips: [] };
}

function percent(value: number): string {
  return (100 * value).toFixed(1);
}
