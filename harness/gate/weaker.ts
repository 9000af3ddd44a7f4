// What makes a pass say less than it did when the reference was blessed. The rules are the run's own, and a change that needs
// a wider margin can bring it along: nothing of this turns a gate red, but all of it is said.

import type { Candidate, Reference, Rules } from './types.ts';

/** One line for each rule of `now` that is weaker than in `was`. */
function weakerRules(was: Rules, now: Rules): readonly string[] {
  const raised = (
    name: string,
    before: number | undefined,
    after: number | undefined,
    unit = 'times',
  ): readonly string[] => {
    if (before === undefined || (after !== undefined && after <= before)) return [];
    return [
      after === undefined
        ? `${name}: its limit of ${before} ${unit} is gone`
        : `${name}: ${before} -> ${after} ${unit}`,
    ];
  };
  const { alignment } = now;
  const alpha = alignment.alpha < was.alignment.alpha ? 'a drop is found less often' : 'a row passes sooner';
  return [
    ...was.rows.filter((row) => !now.rows.includes(row)).map((row) => `rows: ${row} is not gated any more`),
    ...(alignment.margin > was.alignment.margin
      ? [`alignment.margin: ${was.alignment.margin} -> ${alignment.margin}`]
      : []),
    ...(alignment.alpha === was.alignment.alpha
      ? []
      : [`alignment.alpha: ${was.alignment.alpha} -> ${alignment.alpha}: ${alpha}`]),
    ...(was.looks === undefined || JSON.stringify(was.looks) === JSON.stringify(now.looks)
      ? []
      : [`looks: ${was.looks.join(', ')} -> ${now.looks?.join(', ') ?? 'one'}: other items decide first`]),
    ...Object.entries(was.floors).flatMap(([row, least]) => {
      const after = Object.hasOwn(now.floors, row) ? now.floors[row]! : null;
      if (after !== null && after >= least) return [];
      return [`floors: ${row} ${least} -> ${after ?? 'none'}`];
    }),
    ...was.order.filter((rule) => !implied(rule, now.order)).map((rule) => `order: "${rule}" is gone`),
    ...raised('tax.divergence', was.tax.divergence, now.tax.divergence, 'nats'),
    ...raised('timings.prefill', was.timings.prefill, now.timings.prefill),
    ...raised('timings.decode', was.timings.decode, now.timings.decode),
    ...(was.timings.against !== now.timings.against && (was.timings.prefill ?? was.timings.decode) !== undefined
      ? [`timings.against: ${was.timings.against} -> ${now.timings.against}`]
      : []),
    ...(['model', 'commands'] as const)
      .filter((kind) => was.counters[kind] && !now.counters[kind])
      .map((kind) => `counters.${kind}: true -> false`),
    ...(was.inconclusive === 'fail' && now.inconclusive === 'warn' ? ['inconclusive: fail -> warn'] : []),
  ];
}

/** `a > b` holds where it still stands, however it is spaced; `a >= b` also where `a > b` stands. */
function implied(rule: string, rules: readonly string[]): boolean {
  const plain = (text: string): string => text.replace(/\s*(>=?)\s*/, ' $1 ').trim();
  const kept = rules.map(plain);
  return kept.includes(plain(rule)) || kept.includes(plain(rule).replace(' >= ', ' > '));
}

/** Flags of a command that leave a part of its suite out, with their values. */
export function narrowedBy(command: readonly string[]): readonly string[] {
  return command.flatMap((word, k) => {
    const [flag = '', value] = word.split(/=(.*)/s, 2);
    if (flag !== '--limit' && flag !== '--filter') return [];
    return [`${flag} ${value ?? command[k + 1] ?? ''}`.trim()];
  });
}

/** Everything else that a reader of the verdicts must know. */
export function notesOf(now: Candidate, then: Reference, rules: Rules): readonly string[] {
  const weaker = weakerRules(then.rules, rules);
  const apart = [
    ...(now.deviceClass === then.deviceClass ? [] : [`on ${then.deviceClass}, and the run on ${now.deviceClass}`]),
    ...(now.kernels === then.kernels ? [] : ['with other kernels']),
  ];
  return [
    ...weaker.map((line) => `weaker than when the reference was blessed: ${line}`),
    ...(apart.length === 0
      ? []
      : [
          `the reference was made ${apart.join(', and ')}: unchanged cells are compared by the margin only, not answer by answer`,
        ]),
    ...(then.narrowed.length === 0
      ? []
      : [`the reference covers only a part of its suite: ${then.narrowed.join(', ')}`]),
    ...(now.narrowed.length === 0 ? [] : [`the run covers only a part of its suite: ${now.narrowed.join(', ')}`]),
  ];
}
