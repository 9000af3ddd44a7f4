// The rules other than alignment, and the whole gate: rows matched with the blessed ones, every rule a verdict, and an exit code
// that is 0 only where all pass. What cannot be compared never passes.

import type { GateReport, Verdict } from '../record/verdicts.ts';
import { alignmentVerdicts, flipsOf, levelled, type Matched } from './alignment.ts';
import { floors, methodOf, orders, said, type Titles } from './levels.ts';
import { titlesOf } from './rows.ts';
import { timingVerdicts } from './timings.ts';
import type { Answer, Candidate, GateRow, Reference, Rules } from './types.ts';
import { notesOf } from './weaker.ts';

/**
 * Judges a run; pure. `strict`: what does not pass fails. `rows` of both sides are the gated ones and those that floors and
 * order name.
 */
export function gate(now: Candidate, then: Reference, rules: Rules, strict = false): GateReport {
  const verdicts: Verdict[] = [];
  const matched: Matched[] = [];
  const sameClass = now.deviceClass === then.deviceClass && now.kernels === then.kernels;
  const gated = (row: GateRow): boolean => rules.rows.includes(methodOf(row.name));
  const inWords = titlesOf(now.rows, then.rows);
  const titleOf: Titles = (row) => inWords(row.name, row);
  for (const name of rules.rows) {
    if (now.rows.some((row) => methodOf(row.name) === name)) continue;
    verdicts.push(said('rows', name, 'incomparable', 'the run has no such row'));
  }
  for (const row of now.rows.filter(gated)) {
    const other = then.rows.find((one) => sameRow(one, row, now.rows, then.rows));
    const reason = other === undefined ? 'the reference has no such row' : apart(row, other, now, then);
    if (reason !== null) verdicts.push(said('rows', titleOf(row), 'incomparable', reason));
    else matched.push({ title: titleOf(row), now: row, was: other! });
  }
  for (const row of then.rows.filter(gated)) {
    if (now.rows.some((one) => sameRow(row, one, then.rows, now.rows))) continue;
    if (!verdicts.some((one) => one.row === titleOf(row) || one.row === methodOf(row.name)))
      verdicts.push(said('rows', titleOf(row), 'incomparable', 'the run lacks a row that the reference has'));
  }
  verdicts.push(
    ...alignmentVerdicts(matched, rules.alignment, sameClass),
    ...matched.flatMap((pair) => identity(pair, sameClass, now.stored)),
    ...floors(now.rows, rules, titleOf),
    ...orders(now.rows, rules, titleOf),
    ...taxes(now.rows.filter(gated), matched, rules, titleOf),
    ...timingVerdicts(now.timed, now.rows.filter(gated), rules),
    ...matched.flatMap((pair) => counters(pair, rules, now.deviceClass === then.deviceClass)),
  );
  if (verdicts.length === 0) verdicts.push(said('rows', '', 'incomparable', 'the gate has no rule'));
  const inconclusive = strict ? 'fail' : rules.inconclusive;
  const notes = notesOf(now, then, rules);
  return { verdicts, notes, ...concluded(verdicts, now.complete, rules, strict), inconclusive };
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
  const settings = ({ evaluations }: Pick<Reference, 'evaluations'>) => {
    const found = evaluations.find(({ id }) => id === now.evaluation);
    return found && JSON.stringify([found.kind, found.scorer, found.settings]);
  };
  if (settings(run) === undefined) return 'its evaluation has no settings';
  if (settings(run) !== settings(reference)) return 'its evaluation has other settings';
  const broken = [...now.answers, ...was.answers].find(
    ({ aligned, p }) => !(aligned >= 0 && aligned <= 1 && p >= 0 && p <= 1),
  );
  if (broken !== undefined) return `item ${broken.item} has a figure that is not a number`;
  const before = new Map(was.answers.map((answer) => [answerKeyOf(answer), answer]));
  const after = new Set(now.answers.map(answerKeyOf));
  if (after.size < now.answers.length || before.size < was.answers.length) return 'it has a duplicate answer';
  for (const answer of now.answers) {
    const blessed = before.get(answerKeyOf(answer));
    if (blessed === undefined) return newIn(answer, was.answers);
    if (blessed.content !== answer.content) return `item ${answer.item} has other content`;
    if (blessed.trait !== answer.trait) return `item ${answer.item} is of another trait`;
  }
  return before.size === after.size ? null : 'the reference has items that the run lacks';
}

/** Why the reference lacks an answer: it has the item with other seeds only, or not at all. */
function newIn({ item, persona, wording, seed }: Answer, blessed: readonly Answer[]): string {
  const same = blessed.filter((one) => one.item === item && one.persona === persona && one.wording === wording);
  if (same.length === 0) return `item ${item} is new`;
  const seeds = [...new Set(same.map((one) => one.seed ?? 'none'))].join(', ');
  return `item ${item} was answered with seed ${seed ?? 'none'}, and in the reference with seed ${seeds}`;
}

/**
 * Equal cells must give equal answers, to the bit, on one class of devices with the same kernels. On another the effect
 * decides.
 */
function identity(pair: Matched, sameClass: boolean, stored: ReadonlySet<string>): readonly Verdict[] {
  const { title, now, was: blessed } = sameClass ? pair : levelled(pair);
  const before = new Map(blessed.answers.map((answer) => [answerKeyOf(answer), answer]));
  const same = now.answers.flatMap((answer) => {
    const was = before.get(answerKeyOf(answer))!;
    return was.cell === answer.cell ? [{ answer, was }] : [];
  });
  if (same.length === 0) return [];
  if (!sameClass) {
    const turned = same.filter(({ answer, was }) => answer.aligned !== was.aligned).length;
    const message = `${turned} of ${same.length} answers of unchanged cells changed on another device class or with other kernels, ties excluded: the alignment rule decides`;
    return [said('identity', title, 'pass', message)];
  }
  const differs = same.filter(
    ({ answer, was }) => answer.p !== was.p || answer.aligned !== was.aligned || answer.gap !== was.gap,
  ).length;
  if (differs === 0) {
    const kept = same.filter(({ answer }) => stored.has(answer.cell)).length;
    const from = kept === 0 ? '' : `, ${kept} of them read from the store`;
    return [said('identity', title, 'pass', `${same.length} answers of unchanged cells are bit-identical${from}`)];
  }
  const message = `${differs} of ${same.length} answers of unchanged cells differ: the results are not deterministic`;
  return [{ ...said('identity', title, 'fail', message), flips: flipsOf(now, blessed) }];
}

/** A prompt leaves the network as it is, and has no perplexity; what had one and has none now cannot be judged. */
function taxes(
  rows: readonly GateRow[],
  matched: readonly Matched[],
  { tax }: Rules,
  titleOf: Titles,
): readonly Verdict[] {
  const most = tax.perplexity;
  if (most === undefined) return [];
  const lost = matched.filter(({ now, was }) => now.perplexity === null && was.perplexity !== null);
  const measured = rows.filter(({ perplexity }) => perplexity !== null);
  if (lost.length === 0 && measured.length === 0) {
    return [said('tax', 'perplexity', 'incomparable', 'no gated row has one')];
  }
  return [
    ...lost.map(({ title }) =>
      said('tax', title, 'incomparable', 'its perplexity is missing, and the reference has one'),
    ),
    ...measured.map((row) => {
      const fits = row.perplexity! <= most;
      const text = `perplexity ${row.perplexity!.toFixed(2)} times the dense network's, and at most ${most} is allowed`;
      return said('tax', titleOf(row), fits ? 'pass' : 'fail', text);
    }),
  ];
}

/** What was asked of the model is the same everywhere; what an engine did for it, within a class of devices. */
const OF_THE_MODEL = ['tokens', 'flops', 'weightBytes'];

function counters({ title, now, was }: Matched, { counters: wanted }: Rules, sameDevice: boolean): readonly Verdict[] {
  const elsewhere = wanted.commands && !sameDevice;
  const left = elsewhere ? [said('counters', title, 'pass', 'these counters differ between device classes')] : [];
  if (!wanted.model && (!wanted.commands || elsewhere)) return left;
  const names = [...new Set([...Object.keys(was.counters), ...Object.keys(now.counters)])].filter((name) =>
    OF_THE_MODEL.includes(name) ? wanted.model : wanted.commands && sameDevice,
  );
  const unknown = names.filter((name) => !Object.hasOwn(was.counters, name));
  if (names.length === 0) return [...left, said('counters', title, 'incomparable', 'neither side has one')];
  if (unknown.length > 0)
    return [...left, said('counters', title, 'incomparable', `the reference has no ${unknown.join(', ')}`)];
  const changed = names.filter((name) => now.counters[name] !== was.counters[name]);
  const text = changed.map((name) => `${name} ${was.counters[name]} -> ${now.counters[name] ?? 'none'}`).join(', ');
  return changed.length === 0
    ? [...left, said('counters', title, 'pass', `${names.join(', ')} as blessed`)]
    : [...left, said('counters', title, 'fail', text)];
}

/** Rows match on name and evaluation; on the model only where a side has several. */
function sameRow(a: GateRow, b: GateRow, ofA: readonly GateRow[], ofB: readonly GateRow[]): boolean {
  const several = (rows: readonly GateRow[]): boolean => new Set(rows.map(({ model }) => model)).size > 1;
  const model = several(ofA) || several(ofB) ? a.model === b.model : true;
  return model && a.name === b.name && a.evaluation === b.evaluation;
}

function answerKeyOf({ item, persona, wording, seed }: Answer): string {
  return JSON.stringify([item, persona, wording, seed]);
}
