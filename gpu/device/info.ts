// What the device is, as plain data, without loading a model: the device is opened, read and closed.

import { openGpu } from './device.ts';

/** A device as plain data, which may be stored. */
export interface DeviceDescription {
  readonly name: string;
  readonly software: boolean;
  readonly deviceClass: string; // results within one class are bit-identical
  readonly testbed: Readonly<Record<string, unknown>>;
  readonly timestamps: boolean;
}

/** Opens the device that `loadEngine` would, and closes it. Throws `no-device`. */
export async function describeDevice(options: { readonly device?: string } = {}): Promise<DeviceDescription> {
  const gpu = await openGpu(options);
  const { name, software, deviceClass, testbed, has } = gpu;
  await gpu.dispose();
  return { name, software, deviceClass, testbed: { ...testbed }, timestamps: has.timestamps };
}
