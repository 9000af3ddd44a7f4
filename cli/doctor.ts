// `bench doctor`: which device a run gets and why, whether it computes right, and what would make it faster.

import { wrap } from '../base/columns.ts';
import { jsonText } from '../base/printable.ts';
import type { DeviceReport } from '../gpu/doctor.ts';
import { typed } from './typed.ts';

const LABEL_WIDTH = 10;
const MIB = 2 ** 20;

/**
 * Examines the device and reports through `out`, a line at a time (with `json`: one document). Returns 0 when the
 * device agrees with the reference, else 2. Throws `no-device`.
 */
export async function runDoctor(
  options: { readonly json?: boolean; readonly device?: string },
  out: (line: string) => void,
): Promise<number> {
  const { inspectDevice } = await import('../gpu/doctor.ts');
  const report = await inspectDevice(options.device);
  const ok = report.check.passed;
  if (options.json === true) out(jsonText({ ok, ...report }).trimEnd());
  else for (const line of describe(report)) out(typed(line));
  return ok ? 0 : 2;
}

function describe({ testbed, fallback, features, absent, limits, check, advice }: DeviceReport): readonly string[] {
  const { m, k, n } = check.shape;
  const rows: readonly (readonly [label: string, text: string])[] = [
    [
      'verdict',
      `${check.passed ? 'agrees with the reference' : 'does NOT agree with the reference: no run may use it'}${testbed.software ? '; a software device: its timings say nothing about a GPU' : ''}`,
    ],
    ['device', testbed.name],
    ['driver', `${testbed.driver} ${testbed.driverVersion}, ${testbed.backend}, ${testbed.dawn}`],
    ['chosen', `${fallback.kind}: ${fallback.reason}`],
    ['machine', `${testbed.cpu}, ${testbed.os}, Node ${testbed.node}`],
    ['features', `${features.join(', ') || 'none'}${absent.length > 0 ? `; without ${absent.join(', ')}` : ''}`],
    [
      'limits',
      `binding ${Math.floor(limits.maxStorageBufferBindingSize / MIB)} MiB, ` +
        `buffer ${Math.floor(limits.maxBufferSize / MIB)} MiB, ` +
        `${limits.maxStorageBuffersPerShaderStage} storage buffers, offsets of ${limits.minStorageBufferOffsetAlignment} B, ` +
        `workgroup ${limits.maxComputeInvocationsPerWorkgroup} invocations and ` +
        `${Math.floor(limits.maxComputeWorkgroupStorageSize / 1024)} KiB`,
    ],
    [
      'check',
      `${check.kernel} [${m}, ${k}] x [${k}, ${n}] ${check.passed ? 'agrees' : 'DISAGREES'} with the f64 reference: ` +
        `NMSE ${check.nmse.toExponential(1)} (at most ${check.tolerance.toExponential(0)})`,
    ],
    [
      'speed',
      `${check.medianMs.toFixed(2)} ms, median of ${check.runs} (${check.gflops.toFixed(1)} GFLOP/s with the wait)`,
    ],
    ['faster', advice ?? 'this is a hardware device'],
  ];
  return rows.flatMap(([label, text]) =>
    text.split('\n').flatMap((line, i) => wrap(`${(i === 0 ? label : '').padEnd(LABEL_WIDTH)}${line}`, LABEL_WIDTH)),
  );
}
