// Which driver Dawn runs on: the system's (hardware, or a CPU driver such as lavapipe), else the bundled SwiftShader.
// One Dawn instance per driver and toggle set lives as long as the process: Node crashes when one is collected.

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cacheFolder } from '../../base/cache-folder.ts';
import { BenchError } from '../../base/error.ts';
import { swiftShaderMissing, unpackSwiftShader } from './swiftshader.ts';

interface Dawn {
  create(options: string[]): GPU;
  readonly globals: Record<string, unknown>;
}

/** Which driver was taken and why. */
export interface Fallback {
  readonly kind: 'hardware' | 'system-software' | 'swiftshader';
  readonly reason: string;
}

/** WebGPU's adapter of the chosen device, and why it was chosen. */
export interface Chosen {
  readonly adapter: GPUAdapter;
  readonly fallback: Fallback;
  readonly bundled: string | undefined; // version of the package that SwiftShader came from
}

/** Mesa 25.2: from here on lavapipe's code is 2 to 4 times faster. */
const FAST_MESA = 25.02;

const instances = new Map<string, GPU>();

function retained(key: string, dawn: Dawn, options: readonly string[]): GPU {
  const name = [key, ...options].join(' ');
  let instance = instances.get(name);
  if (instance === undefined) {
    // Dawn brings GPUBufferUsage and its like; standard WebGPU code expects them to be global.
    Object.assign(globalThis, dawn.globals);
    instance = dawn.create([...options]);
    instances.set(name, instance);
  }
  return instance;
}

const LIBRARY_FOLDERS = ['/usr/lib', '/lib', '/usr/lib64', '/lib64', '/usr/local/lib'].flatMap((folder) => [
  folder,
  join(folder, process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu'),
]);

/**
 * Why the system has no Vulkan driver, or undefined when it may have one (always, outside Linux). Asked first because
 * Dawn writes to stderr when it finds no loader or no driver.
 */
function systemDriverMissing(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  if (process.env.VK_DRIVER_FILES || process.env.VK_ICD_FILENAMES || process.env.DAWNNODE_BACKEND) return undefined;
  const library = 'libvulkan.so.1';
  const folders = [...(process.env.LD_LIBRARY_PATH ?? '').split(delimiter).filter(Boolean), ...LIBRARY_FOLDERS];
  if (!folders.some((folder) => existsSync(join(folder, library)))) {
    let listed = '';
    try {
      listed = execFileSync('ldconfig', ['-p'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    } catch {
      // No ldconfig on this system: the folders above were all there was to ask.
    }
    if (!listed.includes(library)) return `no Vulkan loader (${library}) on this system`;
  }
  const data = [
    ...(process.env.XDG_DATA_DIRS || '/usr/local/share:/usr/share').split(delimiter),
    ...(process.env.XDG_CONFIG_DIRS || '/etc/xdg').split(delimiter),
    process.env.XDG_DATA_HOME || join(homedir(), '.local', 'share'),
    process.env.XDG_CONFIG_HOME || join(homedir(), '.config'),
    '/usr/local/etc',
    '/etc',
  ];
  const hasDriver = data.some((folder) => {
    try {
      return readdirSync(join(folder, 'vulkan', 'icd.d')).some((name) => name.endsWith('.json'));
    } catch {
      return false;
    }
  });
  return hasDriver ? undefined : 'a Vulkan loader but no Vulkan driver on this system';
}

/** What to install to get a driver, or a faster one, on this platform. */
export function installHint(): string {
  if (process.platform === 'darwin') return 'Metal needs macOS on a Mac with a GPU; virtual machines often have none';
  if (process.platform === 'win32') return 'install the GPU vendor’s driver (Direct3D 12)';
  const install = 'apt-get install -y --no-install-recommends';
  return [
    'install the driver of your GPU, or the CPU driver lavapipe from Mesa 25.2 or later (5 to 10 times faster than SwiftShader):',
    `  Ubuntu 24.04: ${install} mesa-vulkan-drivers`,
    `  Debian 13: add the suite trixie-backports to apt's sources, then ${install} -t trixie-backports mesa-vulkan-drivers`,
    `  Debian 12: add the suite bookworm-backports, then ${install} -t bookworm-backports mesa-vulkan-drivers (Mesa 25.0.7: slower)`,
  ].join('\n');
}

/** What would make this driver faster, or null on hardware. `version` is the driver's. */
export function speedHint(kind: Fallback['kind'], driver: string, version: string): string | null {
  if (kind === 'hardware') return null;
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  if (!driver.startsWith('llvmpipe') || major + minor / 100 < FAST_MESA) return installHint();
  return 'a GPU with its driver';
}

/**
 * lavapipe uses half the width of AVX-512 unless the environment says otherwise (1.6 times as fast on persona-nano;
 * docs/measurements.md). Its compiled shaders do not say for which width they are, so those of the two must not share a
 * folder.
 */
export function widenVectors(environment: NodeJS.ProcessEnv, cpu: string): boolean {
  if (environment.LP_NATIVE_VECTOR_WIDTH !== undefined || !/\bavx512f\b/.test(cpu)) return false;
  const shaders = environment.MESA_SHADER_CACHE_DIR;
  environment.LP_NATIVE_VECTOR_WIDTH = '512';
  environment.MESA_SHADER_CACHE_DIR = shaders === undefined ? join(cacheFolder(), 'mesa-512') : `${shaders}-512`;
  return true;
}

function cpuFlags(): string {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return '';
  }
}

async function systemAdapter(options: readonly string[]): Promise<GPUAdapter | null> {
  const { LP_NATIVE_VECTOR_WIDTH, MESA_SHADER_CACHE_DIR } = process.env;
  // Mesa reads both while it looks for devices; they are put back, since the environment says which device a run gets.
  const widened = widenVectors(process.env, cpuFlags());
  try {
    // Mesa makes the last folder of the path only; without one, shaders are compiled again each time.
    if (widened) await mkdir(process.env.MESA_SHADER_CACHE_DIR ?? '', { recursive: true }).catch(() => undefined);
    const instance = retained('system', (await import('webgpu')) as unknown as Dawn, options);
    return await instance.requestAdapter({ powerPreference: 'high-performance' });
  } finally {
    if (widened) {
      putBack('LP_NATIVE_VECTOR_WIDTH', LP_NATIVE_VECTOR_WIDTH);
      putBack('MESA_SHADER_CACHE_DIR', MESA_SHADER_CACHE_DIR);
    }
  }
}

function putBack(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

let bundling: Promise<unknown> = Promise.resolve();

/** One at a time: each sets the environment for its search and puts it back. */
function bundledAdapter(options: readonly string[]): Promise<{ adapter: GPUAdapter | null; version: string }> {
  const found = bundling.then(() => findBundled(options));
  bundling = found.catch(() => undefined);
  return found;
}

async function findBundled(options: readonly string[]): Promise<{ adapter: GPUAdapter | null; version: string }> {
  const { entry, icd, version } = await unpackSwiftShader();
  const dawn: Dawn = await import(pathToFileURL(entry).href).catch((error: Error) => {
    throw noDevice(`Dawn cannot be loaded: ${error.message}`, error);
  });
  // The loader reads the variable while it looks for adapters; children of this process choose for themselves.
  const before = process.env.VK_DRIVER_FILES;
  process.env.VK_DRIVER_FILES = icd;
  try {
    const adapter = await retained('swiftshader', dawn, options).requestAdapter();
    return { adapter, version };
  } finally {
    putBack('VK_DRIVER_FILES', before);
  }
}

/**
 * WebGPU's adapter of the device to open. `wish`: `swiftshader` (only the bundled driver), `system` (never the bundled
 * one), part of a device's name, or undefined for the best there is. Throws `no-device` with what there is or what to
 * install.
 */
export async function chooseAdapter(wish: string | undefined, options: readonly string[]): Promise<Chosen> {
  let reason = 'chosen by name';
  if (wish !== 'swiftshader') {
    const named = wish !== undefined && wish !== 'system';
    reason = systemDriverMissing() ?? '';
    if (reason === '') {
      reason = 'the system’s drivers offer no device that Dawn accepts (Mesa before 25.0.7 is too old)';
      const adapter = await systemAdapter(named ? [...options, `adapter=${wish}`] : options).catch((error: Error) => {
        if (!named) {
          reason = `Dawn cannot use the system’s drivers: ${error.message}`;
          return null;
        }
        const there = [...error.message.matchAll(/name: '([^']*)'/g)].map((match) => match[1]);
        throw new BenchError('no-device', `no device's name contains "${wish}"`, {
          hint: `there is: ${[...there, ...(swiftShaderMissing() === undefined ? ['swiftshader'] : [])].join(', ') || 'none'}`,
          cause: error,
        });
      });
      if (adapter !== null) {
        const software = adapter.info.isFallbackAdapter;
        const why = software ? 'no hardware device; the system has a CPU driver' : 'a hardware device';
        const kind = software ? 'system-software' : 'hardware';
        return {
          adapter,
          fallback: { kind, reason: named ? `chosen by the name "${wish}"` : why },
          bundled: undefined,
        };
      }
    }
    if (named) {
      const there = swiftShaderMissing() === undefined ? 'swiftshader' : 'none';
      throw new BenchError('no-device', `no device's name contains "${wish}": ${reason}`, {
        hint: `there is: ${there}\n${installHint()}`,
      });
    }
    const missing = wish === 'system' ? 'SwiftShader was ruled out by the name "system"' : swiftShaderMissing();
    if (missing !== undefined) throw noDevice(`${reason}; ${missing}`);
  }
  const { adapter, version } = await bundledAdapter(options);
  if (adapter === null) throw noDevice(`${reason}; SwiftShader was unpacked but offers no device`);
  return { adapter, fallback: { kind: 'swiftshader', reason }, bundled: version };
}

function noDevice(reason: string, cause?: unknown): BenchError {
  return new BenchError('no-device', `no usable GPU: ${reason}`, { hint: installHint(), cause });
}
