// `runSuite` on a given machine: the session, then the folder of the run with its reports. Apart from `runSuite`, so that
// the declarations of the package do not reach into the runner.

import path from 'node:path';
import type { Suite } from '../harness/config/resolved.ts';
import type { Cell } from '../harness/plan/cell.ts';
import { select } from '../harness/plan/selection.ts';
import { packPrompts } from '../harness/record/prompts.ts';
import type { ItemRow, RunResult } from '../harness/record/run-record.ts';
import type { Machine, SessionOptions } from '../harness/run/ports.ts';
import type { Gated } from '../reports/gate-summary.ts';
import type { Extras } from '../reports/html/outcomes.ts';
import { BUNDLED } from './registry.ts';
import { type Blessed, DEFAULT_OUT, type RunSuiteOptions, type SuiteRun } from './run-options.ts';

/** Tests give a machine of their own. Throws as `runSuite`. */
export async function runOn(machine: Machine, suite: Suite, options: RunSuiteOptions): Promise<SuiteRun> {
  const [{ runSession }, { StatisticsFolder }] = await Promise.all([
    import('../harness/run/session.ts'),
    import('../harness/subnetworks/statistics-file.ts'),
  ]);
  const base = path.resolve(options.out ?? DEFAULT_OUT);
  const { registry = BUNDLED, filter = [], signal = new AbortController().signal, warn = () => {} } = options;
  const { against } = options;
  const looked = against === undefined ? null : await looksOf(against);
  const run = await runSession({
    suite,
    registry: registry.methods,
    kinds: registry.evaluations,
    machine,
    base,
    statistics: new StatisticsFolder(path.join(base, 'statistics'), warn),
    command: options.command ?? ['bench', 'run', path.relative(process.cwd(), suite.file)],
    emit: options.listener ?? (() => {}),
    signal,
    fresh: options.fresh === true,
    failFast: options.failFast === true,
    profile: options.profile === true,
    ...(looked !== null && { undecided: looked }),
    select: (cells: readonly Cell[]) => select(filter, cells),
  });
  const { result, rows: items, interrupted } = run;
  // A run that was stopped before any method was finished has no figures.
  if (interrupted && result.cells.length === 0) return { folder: null, result, files: [], items, interrupted };
  const [{ writeRunFolder }, { markdownReport }, { htmlReport }] = await Promise.all([
    import('../harness/store/run-folder.ts'),
    import('../reports/markdown.ts'),
    import('../reports/html/page.ts'),
  ]);
  const prompts = run.prompts();
  const before: Pick<Extras, 'before'> = options.against === undefined ? {} : await earlier(options.against, items());
  const gate =
    options.against === undefined || interrupted
      ? undefined
      : await judged(options.against, result, items(), before.before?.items ?? []);
  const reports = {
    'report.html': await htmlReport(result, { items, prompts, ...before, ...(gate !== undefined && { gate }) }),
    'report.md': markdownReport(result, gate),
    ...(result.profile !== null && {
      'trace.json': (await import('../reports/trace.ts')).chromeTrace(run.tracks, result.device),
    }),
  };
  const folder = writeRunFolder(base, result, items(), {
    ...reports,
    'prompts.json': JSON.stringify(packPrompts(prompts)),
  });
  const files = [...Object.keys(reports), 'run.json', 'items.jsonl'];
  return { folder, result, files, items, interrupted, ...(gate !== undefined && { gate }) };
}

/** Asks the gate after each look. */
async function looksOf({ name, reference }: Blessed): Promise<NonNullable<SessionOptions['undecided']>> {
  const { openRowsOf } = await import('../harness/gate/run-verdicts.ts');
  return (look, result, items) =>
    openRowsOf({ folder: name, result, items: [...items], prompts: () => new Map() }, reference, look);
}

/** What the gate says of the run, for its reports; nothing where its suite has no rules. */
async function judged(
  { name, reference }: Blessed,
  result: RunResult,
  rows: Iterable<ItemRow>,
  kept: Iterable<ItemRow>,
): Promise<Gated | undefined> {
  if (result.gate === null) return undefined;
  const [{ runVerdicts }, { changedAnswers }] = await Promise.all([
    import('../harness/gate/run-verdicts.ts'),
    import('../reports/changed.ts'),
  ]);
  const [items, before] = [[...rows], [...kept]];
  const read = { folder: name, result, items, prompts: () => new Map() };
  const changed = before.length === 0 ? {} : { changed: changedAnswers(name, items, before) };
  return { report: runVerdicts(read, reference, false), reference: name, ...changed };
}

/** The answers that a blessed run keeps of these items. */
async function earlier({ name, reference }: Blessed, rows: Iterable<ItemRow>): Promise<Pick<Extras, 'before'>> {
  const { recalled } = await import('../harness/gate/reference-answers.ts');
  const items = recalled(reference, rows);
  return items.length === 0 ? {} : { before: { name, items } };
}
