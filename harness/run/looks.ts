// Between two looks of a gate: the run so far as the gate reads it, and the cells of the rows that it leaves open.

import { itemRows, runResult } from '../analysis/run-record.ts';
import type { Cell } from '../plan/cell.ts';
import type { ModelDigests } from '../plan/identity.ts';
import { entryName } from '../record/row-name.ts';
import type { DeviceInfo } from '../record/run-record.ts';
import type { GoesOn, SessionOptions } from './ports.ts';
import { provenanceOf } from './provenance.ts';

const keyOf = (name: string, model: string, evaluation: string): string => JSON.stringify([name, model, evaluation]);

interface Planned {
  readonly cells: readonly Cell[];
  readonly digests: ReadonlyMap<string, ModelDigests>;
  readonly kernels: string;
}

/** Which cells of later looks go on, by the gate of the session; nothing where it has none, or the plan has one look. */
export function goesOnBy(
  { suite, kinds, command, undecided }: SessionOptions,
  { cells, digests, kernels }: Planned,
  device: DeviceInfo,
): GoesOn | undefined {
  if (undecided === undefined || cells.every(({ look }) => look === 1)) return undefined;
  const started = { startedAt: new Date(), startMs: performance.now() };
  const provenance = provenanceOf(suite, kinds, cells, digests, kernels, command);
  return async (look, results) => {
    const plan = results.map(({ cell }) => cell);
    const untimed = { latency: [], atlas: [], profile: null, notes: [] };
    const soFar = runResult({ suite, kinds, plan, results, provenance, device, ...untimed, ...started });
    const open = undecided(look, soFar, itemRows(suite, results));
    const keys = new Set(open.map(({ name, model, evaluation }) => keyOf(name, model, evaluation)));
    return (cell) => keys.has(keyOf(entryName(cell), cell.model, cell.evaluation.id));
  };
}
