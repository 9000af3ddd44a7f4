// Opens the device: every limit and useful feature that it has, what was taken and why, and how its errors end.

import { cpus, release, type } from 'node:os';
import { wantedDevice } from '../../base/device-name.ts';
import { BenchError } from '../../base/error.ts';
import type { Testbed } from './contract.ts';
import { chooseAdapter, type Fallback } from './driver.ts';
import { installed } from './swiftshader.ts';
import { tick, waitQuietly } from './wait.ts';

export type { Fallback } from './driver.ts';

/** An open device. Whoever opened it disposes it, once everything that was made on it is disposed. */
export interface Gpu {
  readonly device: GPUDevice;
  readonly limits: GPUSupportedLimits;
  readonly name: string;
  readonly software: boolean;
  readonly has: { readonly f16: boolean; readonly subgroups: boolean; readonly timestamps: boolean };
  readonly testbed: Testbed;
  readonly fallback: Fallback;
  /** Driver, its version and Dawn's: results within one class are bit-identical. */
  readonly deviceClass: string;
  /**
   * Runs `work` under error scopes, one scope at a time. Throws `gpu-validation`, `gpu-memory` or `gpu-internal`,
   * naming `label`.
   */
  scope<T>(label: string, work: () => T | Promise<T>): Promise<T>;
  /**
   * Waits for the device without spinning a core. Throws `device-lost`, or the device's first error outside a scope.
   */
  wait<T>(promise: Promise<T>): Promise<T>;
  /** Destroys the device and all of its buffers. */
  dispose(): Promise<void>;
}

/** A decode step on hardware ends within 2 ms, so it is polled eagerly; a software driver needs the core itself. */
const SPIN_MS = { hardware: 2, software: 0.3 } as const;

/** Without it timestamps come in steps of 65.5 us, longer than a small model's layer. */
const TOGGLES = ['disable-dawn-features=timestamp_quantization'] as const;

const FEATURES = ['timestamp-query', 'subgroups', 'shader-f16'] as const;

const SCOPES = [
  { filter: 'validation', code: 'gpu-validation', what: 'the device refused' },
  { filter: 'out-of-memory', code: 'gpu-memory', what: 'the device ran out of memory in' },
  { filter: 'internal', code: 'gpu-internal', what: 'the driver failed in' },
] as const;

/** Dawn's first line, and the labels of the kernels and buffers that the lines below it name. */
function describe(message: string): string {
  const first = message.split('\n', 1)[0] ?? message;
  const labels = [...message.matchAll(/\[(\w+?)(?:Descriptor)? ""?([^"\]]+)""?\]/g)]
    .filter((match) => match[1] !== 'Device' && !first.includes(`"${match[2]}"`))
    .map((match) => `${match[1]} "${match[2]}"`);
  return labels.length === 0 ? first : `${first} (${[...new Set(labels)].join(', ')})`;
}

function failure(label: string, error: GPUError): BenchError {
  const name = error.constructor.name;
  const scope = SCOPES[name === 'GPUOutOfMemoryError' ? 1 : name === 'GPUInternalError' ? 2 : 0];
  return new BenchError(scope.code, `${scope.what} ${label}: ${describe(error.message)}`, {
    ...(scope.code === 'gpu-memory' && { hint: 'use a smaller model, or shorter prompts' }),
    cause: error,
  });
}

function allLimits(limits: GPUSupportedLimits): Record<string, number> {
  const all: Record<string, number> = {};
  for (const name in limits) {
    const value = limits[name as keyof GPUSupportedLimits];
    if (typeof value === 'number') all[name] = value;
  }
  return all;
}

function makeTestbed(info: GPUAdapterInfo, bundled: string | undefined): Testbed {
  const version = /\d+(?:\.\d+)+[^\s,)]*/.exec(info.description)?.[0] ?? 'unknown';
  const driver = info.description.split(version, 1)[0]?.replace(/[\s:(]+$/, '') || info.vendor;
  const platformBackend = process.platform === 'darwin' ? 'metal' : process.platform === 'win32' ? 'd3d12' : 'vulkan';
  const device = info.device.replace(/-+$/, '');
  return {
    name: `${device || info.vendor} (${info.description})`,
    vendor: info.vendor,
    architecture: info.architecture,
    device,
    description: info.description,
    backend: process.env.DAWNNODE_BACKEND ?? platformBackend,
    driver,
    driverVersion: bundled === undefined ? version : `${version} (@sparticuz/chromium ${bundled})`,
    dawn: `webgpu ${installed('webgpu')?.version ?? 'unknown'}`,
    toggles: TOGGLES,
    software: info.isFallbackAdapter,
    cpu: cpus()[0]?.model ?? 'unknown',
    os: `${type()} ${release()} ${process.arch}`,
    node: process.version,
  };
}

/** The first error outside any scope, or the loss of the device; from then on nothing that the device says counts. */
interface Health {
  broken(): BenchError | undefined;
  /** Dawn never frees a device that has a listener. */
  unlisten(): void;
}

function watch(device: GPUDevice): Health {
  let broken: BenchError | undefined;
  const onError = (event: GPUUncapturedErrorEvent): void => {
    event.preventDefault();
    broken ??= failure('a command', event.error);
  };
  device.addEventListener('uncapturederror', onError);
  device.lost.then((info) => {
    broken ??= new BenchError('device-lost', `the device was lost (${info.reason}): ${info.message}`, {
      hint: 'what is stored is valid; run the same command again to continue',
    });
  });
  return { broken: () => broken, unlisten: () => device.removeEventListener('uncapturederror', onError) };
}

/** `Gpu.wait` for a device. */
function waitOn({ broken }: Health, spinMs: number): Gpu['wait'] {
  return async (promise) => {
    try {
      const value = await waitQuietly(promise, spinMs, broken);
      const error = broken();
      if (error !== undefined) throw error;
      return value;
    } catch (error) {
      // A loss rejects what is pending first, and is reported one tick later.
      await tick();
      throw broken() ?? error;
    }
  };
}

/** `Gpu.scope` for a device. */
function scopeOn(device: GPUDevice, wait: Gpu['wait']): Gpu['scope'] {
  return async <T>(label: string, work: () => T | Promise<T>): Promise<T> => {
    for (const { filter } of SCOPES) device.pushErrorScope(filter);
    let value: T | undefined;
    let thrown: unknown;
    try {
      const made = work();
      value = made instanceof Promise ? await made : made;
    } catch (error) {
      thrown = error ?? new Error('unknown failure');
    }
    const caught = await wait(Promise.all(SCOPES.map(() => device.popErrorScope())));
    const error = caught.find((one) => one !== null);
    // A BenchError of the work says more than the device does; any other may follow from the device's error.
    if (thrown instanceof BenchError) throw thrown;
    if (error) throw failure(label, error);
    if (thrown !== undefined) throw thrown;
    return value as T;
  };
}

/**
 * The WebGPU device of an adapter, with all of its limits and the features that the engine uses. Throws `no-device`.
 */
async function requestDevice(adapter: GPUAdapter, name: string): Promise<GPUDevice> {
  return adapter
    .requestDevice({
      label: 'bench',
      requiredLimits: allLimits(adapter.limits),
      requiredFeatures: FEATURES.filter((feature) => adapter.features.has(feature)),
    })
    .catch((cause: Error) => {
      throw new BenchError('no-device', `${name} cannot be opened: ${cause.message}`, {
        hint: 'run `bench doctor --device swiftshader` to see whether the bundled CPU driver works',
        cause,
      });
    });
}

/**
 * Opens a device. `device` (else the environment's BENCH_DEVICE): `swiftshader`, `system`, or part of a device's name.
 * The caller disposes it. Throws `no-device` with what to install, or `usage` for BENCH_ADAPTER.
 */
export async function openGpu(options: { readonly device?: string } = {}): Promise<Gpu> {
  const { adapter, fallback, bundled } = await chooseAdapter(wantedDevice(options.device), TOGGLES);
  const testbed = makeTestbed(adapter.info, bundled);
  const device = await requestDevice(adapter, testbed.name);
  const health = watch(device);
  const wait = waitOn(health, testbed.software ? SPIN_MS.software : SPIN_MS.hardware);
  let disposed: Promise<void> | undefined;
  const dispose = (): Promise<void> => {
    disposed ??= (async () => {
      device.destroy();
      await tick();
      health.unlisten();
    })();
    return disposed;
  };
  return {
    device,
    limits: device.limits,
    name: testbed.name,
    software: testbed.software,
    has: {
      f16: device.features.has('shader-f16'),
      subgroups: device.features.has('subgroups'),
      timestamps: device.features.has('timestamp-query'),
    },
    testbed,
    fallback,
    deviceClass: `${testbed.device}/${testbed.driver} ${testbed.driverVersion}/${testbed.backend}/${testbed.dawn}`,
    scope: scopeOn(device, wait),
    wait,
    dispose,
  };
}
