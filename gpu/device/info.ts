// What the device is, as plain data, without loading a model: opened, asked, closed.

import { openGpu } from './device.ts';

export interface DeviceDescription {
  readonly name: string;
  readonly software: boolean;
  readonly deviceClass: string; // results within one class are equal to the bit
  readonly testbed: Readonly<Record<string, unknown>>;
  readonly timestamps: boolean;
}

/** Opens the device that `loadEngine` would, and closes it. Throws BenchError `no-device`. */
export async function describeDevice(options: { readonly device?: string } = {}): Promise<DeviceDescription> {
  const gpu = await openGpu(options);
  const { name, software, deviceClass, testbed, has } = gpu;
  await gpu.dispose();
  return { name, software, deviceClass, testbed: { ...testbed }, timestamps: has.timestamps };
}
