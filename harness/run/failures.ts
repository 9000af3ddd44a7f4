// What a cell that failed means for the cells after it: nothing, a fresh device, or the end of the run.

import { BenchError } from '../../base/error.ts';
import type { Cell } from '../plan/cell.ts';
import type { Failure } from '../record/cell-record.ts';
import type { DeviceInfo } from '../record/run-record.ts';
import { cellName } from './events.ts';

/** After one of these an engine is not asked again: it fails with the same error, or its device is gone. */
const DEVICE_CODES: readonly string[] = ['device-lost', 'gpu-internal', 'gpu-memory', 'gpu-validation'];
/** There is no device, or none that lasts for a cell. */
const LOSS_CODES: readonly string[] = ['device-lost', 'no-device'];
/** Losses of cells in a row after which the fault is not the cells'. */
const MAX_LOSSES = 3;

/** The device that a model was loaded on is not the one that the plan's keys were made for. */
export class DeviceChanged extends Error {
  readonly device: DeviceInfo;

  constructor(device: DeviceInfo) {
    super(`the device is ${device.deviceClass}`);
    this.device = device;
  }
}

/** What is recorded of a failed cell; what befalls a device says in which cell, since the message is read alone too. */
export function failureOf(error: unknown, cell: Cell): Failure {
  const within = `, in cell ${cellName(cell)}`;
  if (error instanceof DeviceChanged) {
    return {
      code: 'device-changed',
      message: `the system now gives another device, ${error.device.name}${within}`,
      hint: 'its results are not bit-comparable with those of this run; run again to compute all cells on it',
    };
  }
  if (!(error instanceof BenchError)) {
    return { code: 'internal', message: error instanceof Error ? error.message : String(error), hint: null };
  }
  const { code, where, hint } = error;
  const message = where === undefined || error.message.startsWith(where) ? error.message : `${where}: ${error.message}`;
  return { code, message: DEVICE_CODES.includes(code) ? message + within : message, hint: hint ?? null };
}

/** Follows a run's cells: `failed` says what to do next. */
export class DeviceHealth {
  private losses = 0;
  /** A device has failed since the run began, so that another may have taken its place. */
  reopened = false;

  worked(): void {
    this.losses = 0;
  }

  /** `stop`: why the run ends here. */
  failed({ code }: Failure): { readonly reopen: boolean; readonly stop: string | null } {
    const reopen = DEVICE_CODES.includes(code);
    this.reopened ||= reopen;
    this.losses = LOSS_CODES.includes(code) ? this.losses + 1 : 0;
    if (code === 'device-changed') return { reopen, stop: 'the device was lost, and the system now gives another' };
    const stop = this.losses >= MAX_LOSSES ? `${MAX_LOSSES} cells in a row lost the device or found none` : null;
    return { reopen, stop };
  }
}
