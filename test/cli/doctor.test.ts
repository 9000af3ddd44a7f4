// `bench doctor` tells the truth: with a device, without one, for people and as JSON.

import * as assert from 'uvu/assert';
import { BenchError } from '../../base/error.ts';
import { runDoctor } from '../../cli/doctor.ts';
import { openGpu } from '../../gpu/device/device.ts';
import { installHint, speedHint } from '../../gpu/device/driver.ts';
import { checkKernels, type DeviceReport, normalisedError } from '../../gpu/doctor.ts';
import { runScript } from '../support/node.ts';
import { suite } from '../support/suite.ts';

const test = suite('doctor');

const doctor = async (options: Parameters<typeof runDoctor>[0]) => {
  const lines: string[] = [];
  const code = await runDoctor(options, (line) => lines.push(line));
  return { code, text: lines.join('\n') };
};

test('reports the device that a run would get, as a person reads it', async () => {
  const gpu = await openGpu();
  await gpu.dispose();
  const { code, text } = await doctor({});
  assert.is(code, 0);
  for (const part of [gpu.name, gpu.testbed.driverVersion, gpu.fallback.reason, 'agrees', 'GFLOP/s', 'webgpu 0.6']) {
    assert.match(text, part);
  }
  assert.is(/shader-f16/.test(text.replace(/without.*/, '')), gpu.has.f16);
  if (gpu.fallback.kind === 'swiftshader') assert.match(text, 'mesa-vulkan-drivers');
});

test('reports the same as one JSON document', async () => {
  const { code, text } = await doctor({ json: true });
  const report: DeviceReport & { ok: boolean } = JSON.parse(text);
  assert.is(code, 0);
  assert.is(report.ok, true);
  assert.ok(report.check.nmse > 0 && report.check.nmse <= report.check.tolerance, `${report.check.nmse}`);
  assert.ok(report.check.medianMs > 0 && report.check.gflops > 0);
  assert.is(report.advice === null, !report.testbed.software);
});

test('a name that matches nothing is no-device, with what there is', async () => {
  const refused = await doctor({ device: 'no such device' }).catch((error: unknown) => error);
  assert.instance(refused, BenchError);
  const { code, message, hint } = refused as BenchError;
  assert.is(code, 'no-device');
  assert.match(`${message} ${hint}`, 'no such device');
  assert.match(`${message} ${hint}`, 'there is: ');
});

test('a device that computes wrong is exit code 2', async () => {
  const gpu = await openGpu();
  // A driver that loses a dispatch: the result stays 0.
  const wrong = { ...gpu, device: withoutDispatch(gpu.device) };
  const check = await checkKernels(wrong);
  await gpu.dispose();
  assert.is(check.passed, false);
  assert.ok(Math.abs(check.nmse - 1) < 1e-9, `${check.nmse}`);
});

function withoutDispatch(device: GPUDevice): GPUDevice {
  const pretend = <T extends object>(inner: T, replaced: Record<string, unknown>): T =>
    new Proxy(inner, {
      get: (target, name) => {
        if (typeof name === 'string' && name in replaced) return replaced[name];
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  const noDispatch = (pass: GPUComputePassEncoder) => pretend(pass, { dispatchWorkgroups: () => {} });
  return pretend(device, {
    createCommandEncoder: (descriptor: GPUCommandEncoderDescriptor) => {
      const encoder = device.createCommandEncoder(descriptor);
      return pretend(encoder, {
        beginComputePass: (options: GPUComputePassDescriptor) => noDispatch(encoder.beginComputePass(options)),
      });
    },
  });
}

test('the error measure cannot be fooled by NaN or a missing tail', () => {
  assert.is(normalisedError([1, 2], [1, 2]), 0);
  assert.ok(!(normalisedError([Number.NaN, 2], [1, 2]) <= 1e-10));
  assert.is(normalisedError([1], [1, 2]), 0.8);
});

test('advice fits the driver', () => {
  assert.is(speedHint('hardware', 'NVIDIA', '570.1'), null);
  assert.is(speedHint('swiftshader', 'SwiftShader driver', '5.0.0'), installHint());
  assert.is(speedHint('system-software', 'llvmpipe: Mesa', '25.0.7-2'), installHint());
  for (const version of ['25.2.8', '26.1.6-1~bpo13+1']) {
    assert.is(speedHint('system-software', 'llvmpipe: Mesa', version), 'a GPU with its driver');
  }
});

if (process.platform === 'linux') {
  test('with no driver at all it says why and what to install, and ends with 2', async () => {
    const ended = await runScript(`
      process.env.VK_DRIVER_FILES = '/nonexistent/icd.json';
      process.argv = ['node', 'doctor', '--device', 'system'];
      await import('./cli/main.ts');`);
    assert.is(ended.code, 2, ended.stderr);
    assert.match(ended.stderr, 'error: no usable GPU');
    assert.match(ended.stderr, installHint());
  });
}

test.run();
