// Choosing a driver: by name, by what there is, and the bundled SwiftShader in the user's cache folder.

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { installHint, widenVectors } from '../../../gpu/device/driver.ts';
import { swiftShaderMissing, unpackSwiftShader } from '../../../gpu/device/swiftshader.ts';
import { runScript } from '../../support/node.ts';
import { suite } from '../../support/suite.ts';

const test = suite('driver');

const OPEN = (options: string, icd: string | undefined) => `
  ${icd === undefined ? '' : `process.env.VK_DRIVER_FILES = '${icd}';`}
  const { openGpu } = await import('./gpu/device/device.ts');
  try {
    const gpu = await openGpu(${options});
    console.log(JSON.stringify({ name: gpu.name, fallback: gpu.fallback, icd: process.env.VK_DRIVER_FILES ?? null }));
    await gpu.dispose();
  } catch (error) {
    console.log(JSON.stringify({ code: error.code, message: error.message, hint: error.hint, where: error.where }));
  }`;

/** `icd` is set by the child itself: a wrapper before Node may set its own. */
const open = async (options: string, env: NodeJS.ProcessEnv = {}, icd?: string) => {
  const ended = await runScript(OPEN(options, icd), { env });
  assert.is(ended.code, 0, ended.stderr);
  return { ...JSON.parse(ended.stdout), stderr: ended.stderr };
};

test('a name that matches nothing lists what there is', async () => {
  const got = await open(`{ device: 'no such device' }`);
  assert.is(got.code, 'no-device');
  assert.match(got.message, 'no such device');
  assert.match(got.hint, 'there is: ');
});

test('BENCH_DEVICE is asked where no option is given', async () => {
  const got = await open('', { BENCH_DEVICE: 'no such device' });
  assert.is(got.code, 'no-device');
  assert.match(got.message, 'no such device');
});

test('BENCH_ADAPTER, the former name, is refused unless BENCH_DEVICE is set too', async () => {
  const inner = OPEN('', undefined);
  const script = `delete process.env.BENCH_DEVICE; process.env.BENCH_ADAPTER = 'no such device'; ${inner}`;
  const got = JSON.parse((await runScript(script)).stdout);
  assert.is(got.code, 'usage');
  assert.match(got.message, 'BENCH_ADAPTER is no longer read');
  assert.is(got.hint, 'set BENCH_DEVICE=no such device in its place');
  const both = { BENCH_ADAPTER: 'no such device', BENCH_DEVICE: 'another' };
  assert.match((await open('', both)).message, 'no device\'s name contains "another"');
});

const missing = swiftShaderMissing();
const bundled = (title: string, handler: (cache: string) => Promise<void>) => {
  if (missing !== undefined) return test.skip(title, missing);
  test(title, async () => {
    const cache = mkdtempSync(join(tmpdir(), 'bench-cache-'));
    try {
      await handler(cache);
    } finally {
      rmSync(cache, { recursive: true, force: true });
    }
  });
};

bundled(
  'without a driver, SwiftShader is unpacked by two processes at once, and nothing is written to stderr',
  async (cache) => {
    const env = { XDG_CACHE_HOME: cache, BENCH_DEVICE: 'swiftshader' };
    const both = await Promise.all([open('', env), open('', env)]);
    for (const one of both) {
      assert.match(one.name, 'SwiftShader');
      assert.is(one.fallback.kind, 'swiftshader');
      assert.is(one.icd, process.env.VK_DRIVER_FILES ?? null, 'the environment is as it was');
      assert.is(one.stderr, '');
    }
    assert.is(readdirSync(join(cache, 'persona-bench')).length, 1, 'one copy, nothing left behind');
  },
);

bundled('a damaged copy is unpacked again, a whole one is kept', async (cache) => {
  const before = process.env.XDG_CACHE_HOME;
  process.env.XDG_CACHE_HOME = cache;
  try {
    const { entry, icd } = await unpackSwiftShader();
    const library = join(dirname(icd), 'libvk_swiftshader.so');
    const manifest = join(dirname(entry), 'manifest.json');
    const whole = readFileSync(library);
    const flipped = Buffer.from(whole);
    flipped[flipped.length >> 1] = (flipped[flipped.length >> 1] ?? 0) ^ 1;
    const born = statSync(library).ino;
    await unpackSwiftShader();
    assert.is(statSync(library).ino, born);
    for (const damage of [
      () => writeFileSync(library, flipped),
      () => truncateSync(library, 1000),
      () => rmSync(library),
      () => rmSync(manifest),
      () => writeFileSync(manifest, '{'),
      () => writeFileSync(manifest, 'null'),
      () => writeFileSync(manifest, '{}'),
    ]) {
      damage();
      assert.equal(await unpackSwiftShader(), { entry, icd, version: '147.0.0' });
      assert.ok(readFileSync(library).equals(whole));
    }
    assert.is(readdirSync(join(cache, 'persona-bench')).length, 1, 'nothing left behind');
  } finally {
    if (before === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = before;
  }
});

bundled('a cache folder that cannot be made is named, with what to do', async (cache) => {
  const file = join(cache, 'a-file');
  writeFileSync(file, '');
  const got = await open(`{ device: 'swiftshader' }`, { XDG_CACHE_HOME: file });
  assert.is(got.code, 'no-device');
  assert.match(got.where, file);
  assert.match(got.hint, 'XDG_CACHE_HOME');
});

if (process.platform === 'linux') {
  const nothing = '/nonexistent/icd.json';
  test('with no driver at all, the error says why and what to install', async () => {
    const got = await open(`{ device: 'system' }`, {}, nothing);
    assert.is(got.code, 'no-device');
    assert.match(got.message, 'no usable GPU');
    assert.is(got.hint, installHint());
    assert.match(got.hint, 'mesa-vulkan-drivers');
  });
  bundled('a system whose drivers offer no device falls back, and says so', async () => {
    const got = await open('', { BENCH_DEVICE: '' }, nothing);
    assert.is(got.fallback.kind, 'swiftshader');
    assert.match(got.fallback.reason, 'no device');
  });
}

test('lavapipe is asked for the width that the CPU has, unless the user says another', () => {
  const asked = (environment: NodeJS.ProcessEnv, flags: string): NodeJS.ProcessEnv => {
    widenVectors(environment, flags);
    return environment;
  };
  assert.equal(asked({}, 'flags: avx2 fma'), {});
  assert.equal(asked({ LP_NATIVE_VECTOR_WIDTH: '256' }, 'avx512f'), { LP_NATIVE_VECTOR_WIDTH: '256' });
  const { LP_NATIVE_VECTOR_WIDTH: width, MESA_SHADER_CACHE_DIR: folder } = asked({}, 'flags: avx2 avx512f avx512dq');
  assert.is(width, '512');
  assert.match(folder ?? '', /mesa-512$/, 'its shaders lie apart');
  assert.is(asked({ MESA_SHADER_CACHE_DIR: '/x' }, 'avx512f').MESA_SHADER_CACHE_DIR, '/x-512');
});

test.run();
