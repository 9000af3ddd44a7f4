// The name of the device that the user wants: of an option, else of the environment.

import { BenchError } from './error.ts';

/**
 * What --device says, else BENCH_DEVICE: `swiftshader`, `system`, or part of a device's name; undefined for the best
 * there is. Throws `usage` where only BENCH_ADAPTER is set, the variable's name before 0.1.0.
 */
export function wantedDevice(
  option: string | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): string | undefined {
  if (option) return option;
  const { BENCH_DEVICE: device, BENCH_ADAPTER: former } = environment;
  if (device === undefined && former) {
    throw new BenchError('usage', 'the environment variable BENCH_ADAPTER is no longer read', {
      hint: `set BENCH_DEVICE=${former} in its place`,
    });
  }
  return device || undefined;
}
