// Where a run's time went, kernel by kernel (`--profile`): the share of the wall clock outside kernels, and the longest
// kernels next to the highest rates that the device reached.

import type { DevicePeaks, KernelRow, Profile, ProfileRow, RunResult } from '../harness/record/run-record.ts';
import { entryName, percent, short } from './format.ts';
import type { Section } from './sections.ts';

/** Rows of a table of kernels; run.json has all. */
const LONGEST = 8;
const NOTHING = '–';

/** Per model: the wall clock of each method and phase, and the longest kernels of all methods together by phase. */
export function profileSections(result: RunResult): readonly Section[] {
  const { profile, device } = result;
  if (profile === null) return [];
  const on = `${device.name}${device.software ? ' (software device)' : ''}`;
  return profile.peaks.flatMap((peaks) => {
    const rows = profile.rows.filter(({ model }) => model === peaks.model);
    const below = [
      `Peak, measured between the rounds of this job: ${short(peaks.gflops)} GFLOP/s of multiply-adds alone, ${short(peaks.gbPerSecond)} GB/s read. Cached reads may exceed the latter.`,
      'The ms of a short kernel are mostly those of its pass. FLOP are 2 per multiply-add; bytes count every operand once. run.json has every method, trace.json every dispatch.',
    ];
    return [
      wallSection(`Time outside kernels: ${peaks.model} on ${on}`, rows, profile),
      {
        title: `Longest kernels: ${peaks.model} on ${on}`,
        head: ['kernel', 'phase', 'calls', 'ms', '% of kernels', 'GFLOP/s', '% peak', 'GB/s', '% peak'],
        rows: phasesOf(rows).flatMap((phase) => kernelCells(rows, phase, peaks)),
        below,
      },
    ];
  });
}

function wallSection(title: string, rows: readonly ProfileRow[], { rounds, items, decodeTokens }: Profile): Section {
  return {
    title,
    head: ['method', 'phase', 'passes', 'wall', 'kernels', '% outside', 'plain wall', 'device', '% outside'],
    rows: rows.map((row) => [
      entryName(row),
      row.phase,
      String(row.passes),
      short(row.wallMs / row.passes),
      short(row.kernelMs / row.passes),
      percent(row.outside),
      short(row.plainMs / row.passes),
      ...(row.plainDeviceMs === null
        ? [NOTHING, NOTHING]
        : [short(row.plainDeviceMs / row.passes), percent(1 - row.plainDeviceMs / row.plainMs)]),
    ]),
    below: [
      `ms per pass, over ${rounds} rounds of at most ${items} items, ${decodeTokens} tokens decoded after the first. Profiling gives each dispatch a pass of its own, which takes longer; the other columns give the same work without profiling (plain), and the device’s share of it.`,
    ],
  };
}

function phasesOf(rows: readonly ProfileRow[]): readonly ProfileRow['phase'][] {
  return [...new Set(rows.map(({ phase }) => phase))];
}

function kernelCells(rows: readonly ProfileRow[], phase: ProfileRow['phase'], peaks: DevicePeaks): readonly string[][] {
  const merged = mergeKernels(rows.filter((row) => row.phase === phase));
  return merged
    .slice(0, LONGEST)
    .map(({ kernel, calls, ms, share, flops, gflops, gbPerSecond }) => [
      kernel,
      phase,
      String(calls),
      short(ms),
      percent(share),
      ...(flops === 0 || gflops === null ? [NOTHING, NOTHING] : [short(gflops), percent(gflops / peaks.gflops)]),
      ...(gbPerSecond === null ? [NOTHING, NOTHING] : [short(gbPerSecond), percent(gbPerSecond / peaks.gbPerSecond)]),
    ]);
}

/** The kernels of several rows as one list, the longest first. */
function mergeKernels(rows: readonly ProfileRow[]): readonly KernelRow[] {
  const all = rows.flatMap(({ kernels }) => kernels);
  const whole = all.reduce((sum, { ms }) => sum + ms, 0);
  const added = (a: number | null, b: number | null) => (a === null || b === null ? null : a + b);
  const perSecond = (count: number | null, ms: number) => (count === null || ms === 0 ? null : count / ms / 1e6);
  const sums = new Map<string, KernelRow>();
  for (const one of all) {
    const known = sums.get(one.kernel);
    if (known === undefined) sums.set(one.kernel, one);
    else {
      const { calls, ms } = { calls: known.calls + one.calls, ms: known.ms + one.ms };
      const [flops, bytes] = [added(known.flops, one.flops), added(known.bytes, one.bytes)];
      sums.set(one.kernel, { ...known, calls, ms, flops, bytes });
    }
  }
  return [...sums.values()]
    .map((row) => ({
      ...row,
      share: whole === 0 ? 0 : row.ms / whole,
      gflops: perSecond(row.flops, row.ms),
      gbPerSecond: perSecond(row.bytes, row.ms),
    }))
    .sort((a, b) => b.ms - a.ms);
}
