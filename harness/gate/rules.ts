// The rules other than alignment, and the whole gate: rows matched with the blessed ones, every rule a verdict, and an exit code
// that is 0 only where all pass. What cannot be compared never passes.

import type { GateReport, Verdict } from '../record/verdicts.ts';
import { alignmentVerdicts, levelled, type Matched } from './alignment.ts';
import { flipsOf } from './flips.ts';
import { floors, orders, said } from './levels.ts';
import { answerKeyOf } from './looks.ts';
import { alignmentRule, isGated, matching } from './matching.ts';
import { fluencies, taxes } from './taxes.ts';
import { timingVerdicts } from './timings.ts';
import type { Candidate, Reference, Rules } from './types.ts';
import { notesOf } from './weaker.ts';

/**
 * Judges a run; pure. `strict`: what does not pass fails. `rows` of both sides are the gated ones and those that floors and
 * order name.
 */
export function gate(now: Candidate, then: Reference, rules: Rules, strict = false): GateReport {
  const { matched, missing, sameClass, titleOf } = matching(now, then, rules);
  const gated = now.rows.filter((row) => isGated(row, rules));
  const verdicts = [...missing];
  verdicts.push(
    ...alignmentVerdicts(matched, alignmentRule(rules), sameClass),
    ...matched.flatMap((pair) => identity(pair, sameClass, now.stored)),
    ...floors(now.rows, rules, titleOf),
    ...orders(now.rows, rules, titleOf),
    ...taxes(gated, matched, rules, titleOf),
    ...fluencies(gated, titleOf),
    ...timingVerdicts(now.timed, gated, rules),
    ...matched.flatMap((pair) => counters(pair, rules, then.rules.looks, now.deviceClass === then.deviceClass)),
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

/** What was asked of the model is the same everywhere; what an engine did for it, within a class of devices. */
const OF_THE_MODEL = ['tokens', 'flops', 'weightBytes'];

function counters(
  { title, now, was }: Matched,
  { counters: wanted, looks }: Rules,
  blessedLooks: Rules['looks'],
  sameDevice: boolean,
): readonly Verdict[] {
  const elsewhere = wanted.commands && !sameDevice;
  const left = elsewhere ? [said('counters', title, 'pass', 'these counters differ between device classes')] : [];
  if (!wanted.model && (!wanted.commands || elsewhere)) return left;
  // They are of the first look alone, which every run asks in full.
  if (looks?.[0] !== blessedLooks?.[0])
    return [...left, said('counters', title, 'incomparable', 'the first look is another than when it was blessed')];
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
