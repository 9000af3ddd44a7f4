// A whole session with the fake engine: a model folder of a few bytes, the real planner, runner and store.

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Suite } from '../../harness/config/resolved.ts';
import { EVALUATIONS } from '../../harness/evaluations/index.ts';
import type { DeviceInfo } from '../../harness/record/run-record.ts';
import type { RunEvent } from '../../harness/run/events.ts';
import type { Machine, SessionOptions } from '../../harness/run/ports.ts';
import { runSession, type SessionResult } from '../../harness/run/session.ts';
import { type Calls, DEVICE, fakeEvaluate, fakeLoad, fakeSuite, fakeText, METHODS } from './fake.ts';

/** A folder that passes for a model where nobody reads its weights. */
export function fakeModel(folder: string): string {
  const model = path.join(folder, 'model');
  mkdirSync(model, { recursive: true });
  writeFileSync(path.join(model, 'config.json'), '{"vocab_size": 256}\n');
  writeFileSync(path.join(model, 'model.safetensors'), 'not read by the fake engine');
  return model;
}

export interface FakeRun {
  readonly suite?: Partial<Suite>;
  readonly delayMs?: number;
  readonly device?: DeviceInfo;
  readonly options?: Partial<SessionOptions>;
  readonly machine?: Partial<Machine>;
}

export interface Ran extends SessionResult {
  readonly events: readonly RunEvent[];
  readonly calls: Calls;
  readonly opened: number; // devices opened without weights
}

/** Runs the fake suite in `base`; the model lies in it too, so that digests stay the same from run to run. */
export async function runFake(base: string, changes: FakeRun = {}): Promise<Ran> {
  const calls: Calls = { loads: 0, evaluations: 0 };
  const events: RunEvent[] = [];
  const device = changes.device ?? DEVICE;
  let opened = 0;
  const load = fakeLoad(calls, device);
  const path = fakeModel(base);
  const machine: Machine = {
    wantedDevice: undefined,
    device: async () => {
      opened++;
      return device;
    },
    load: ({ id }) => load(id),
    text: async () => fakeText(),
    kernels: async () => 'kernels-1',
    evaluate: fakeEvaluate(calls, changes.delayMs),
    ...changes.machine,
  };
  const session = await runSession({
    suite: fakeSuite({ models: [{ id: 'tiny', path, template: null }], ...changes.suite }),
    registry: changes.options?.registry ?? METHODS,
    kinds: changes.options?.kinds ?? EVALUATIONS,
    machine,
    base,
    command: ['bench', 'run', 'fake.yaml'],
    emit: (event) => {
      events.push(event);
      changes.options?.emit?.(event);
    },
    signal: changes.options?.signal ?? new AbortController().signal,
    fresh: changes.options?.fresh ?? false,
    failFast: changes.options?.failFast ?? false,
    profile: changes.options?.profile ?? false,
    ...(changes.options?.select ? { select: changes.options.select } : {}),
    ...(changes.options?.undecided ? { undecided: changes.options.undecided } : {}),
  });
  return { ...session, events, calls, opened };
}
