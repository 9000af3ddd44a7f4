// The last resort on Linux x64: SwiftShader from the optional npm package @sparticuz/chromium, unpacked once into the
// user's cache folder. Dawn looks for the Vulkan loader next to its own binary, so a copy of that binary goes there
// too.

import { createHash } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { access, copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { brotliDecompress } from 'node:zlib';
import { cacheFolder } from '../../base/cache-folder.ts';
import { BenchError } from '../../base/error.ts';
import { readTar } from './tar.ts';

const require = createRequire(import.meta.url);

/** The archive unpacks to 15 MB; what claims to be larger than this is not that archive. */
const MAX_UNPACKED_BYTES = 64 * 2 ** 20;

const FROM_ARCHIVE = ['libvk_swiftshader.so', 'libvulkan.so.1', 'vk_swiftshader_icd.json'] as const;
const BINARY_FOLDER = join('dist', 'linux-x64');
const FROM_WEBGPU = ['index.js', 'package.json', join(BINARY_FOLDER, 'dawn.node')] as const;

type Manifest = Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;

/** A copy of the `webgpu` package that runs on SwiftShader when VK_DRIVER_FILES is `icd`. */
export interface SwiftShader {
  readonly entry: string; // its index.js
  readonly icd: string;
  readonly version: string; // of the package it came from
}

/** Folder and version of an installed package, or undefined where it is not installed. */
export function installed(name: string): { readonly folder: string; readonly version: string } | undefined {
  try {
    let folder = dirname(require.resolve(name));
    while (!existsSync(join(folder, 'package.json')) || require(join(folder, 'package.json')).name !== name) {
      if (folder === dirname(folder)) return undefined;
      folder = dirname(folder);
    }
    return { folder, version: require(join(folder, 'package.json')).version };
  } catch {
    return undefined;
  }
}

async function digest(file: string): Promise<{ bytes: number; sha256: string }> {
  const data = await readFile(file);
  return { bytes: data.length, sha256: createHash('sha256').update(data).digest('hex') };
}

async function isWhole(folder: string): Promise<boolean> {
  try {
    const manifest: Manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'));
    const names = [...FROM_WEBGPU, ...FROM_ARCHIVE.map((name) => join(BINARY_FOLDER, name))];
    const found = await Promise.all(names.map((name) => digest(join(folder, name))));
    return names.every((name, index) => {
      const entry = manifest[name];
      return entry?.bytes === found[index]?.bytes && entry?.sha256 === found[index]?.sha256;
    });
  } catch {
    return false;
  }
}

async function unpackInto(folder: string, chromium: string, webgpu: string): Promise<void> {
  const source = join(chromium, 'bin', 'swiftshader.tar.br');
  const packed = await readFile(source);
  const archive = await new Promise<Buffer>((resolve, reject) => {
    brotliDecompress(packed, { maxOutputLength: MAX_UNPACKED_BYTES }, (error, data) =>
      error === null ? resolve(data) : reject(new BenchError('bad-archive', error.message, { where: source })),
    );
  });
  const files = readTar(archive, source);
  await mkdir(join(folder, BINARY_FOLDER), { recursive: true });
  for (const name of FROM_ARCHIVE) {
    const data = files.get(name);
    if (data === undefined) throw new BenchError('bad-archive', `${name} is missing`, { where: source });
    await writeFile(join(folder, BINARY_FOLDER, name), data);
  }
  for (const name of FROM_WEBGPU) await copyFile(join(webgpu, name), join(folder, name));
  const manifest: Record<string, { bytes: number; sha256: string }> = {};
  for (const name of [...FROM_WEBGPU, ...FROM_ARCHIVE.map((file) => join(BINARY_FOLDER, file))]) {
    manifest[name] = await digest(join(folder, name));
  }
  await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Why SwiftShader cannot be had here, or undefined when it can. */
export function swiftShaderMissing(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'the bundled SwiftShader is for Linux on x64 only';
  if (installed('@sparticuz/chromium') === undefined) {
    return 'the optional npm package @sparticuz/chromium, which brings SwiftShader, is not installed';
  }
  return undefined;
}

/**
 * Renames `fresh` to `folder`. Another process may have finished first: its copy is as good as ours and may be in use,
 * so that what stands there is moved away only when it is damaged.
 */
async function place(fresh: string, folder: string): Promise<void> {
  try {
    await rename(fresh, folder);
  } catch (error) {
    if (await isWhole(folder)) return;
    if (!existsSync(folder)) throw error;
    const damaged = `${fresh}-damaged`;
    await rename(folder, damaged);
    await rename(fresh, folder).catch(async (again) => {
      if (!(await isWhole(folder))) throw again;
    });
    await rm(damaged, { recursive: true, force: true });
  }
}

/**
 * Unpacks SwiftShader into the cache folder, or finds it there; every file is checked by size and sha256, and a
 * damaged copy is replaced. Safe when several processes do it at once. Throws `no-device` when it cannot.
 */
export async function unpackSwiftShader(): Promise<SwiftShader> {
  const missing = swiftShaderMissing();
  const chromium = installed('@sparticuz/chromium');
  const webgpu = installed('webgpu');
  if (missing !== undefined || chromium === undefined || webgpu === undefined) {
    throw new BenchError('no-device', missing ?? 'the npm package webgpu is not installed', { hint: 'run npm ci' });
  }
  const cache = cacheFolder();
  const folder = join(cache, `swiftshader-${chromium.version}-webgpu-${webgpu.version}`);
  const result = {
    entry: join(folder, 'index.js'),
    icd: join(folder, BINARY_FOLDER, 'vk_swiftshader_icd.json'),
    version: chromium.version,
  };
  if (await isWhole(folder)) return result;
  let fresh: string | undefined;
  try {
    await mkdir(cache, { recursive: true });
    await access(cache, constants.W_OK);
    fresh = await mkdtemp(join(cache, 'unpacking-'));
    await unpackInto(fresh, chromium.folder, webgpu.folder);
    await place(fresh, folder);
  } catch (error) {
    if (error instanceof BenchError) throw error;
    throw new BenchError('no-device', `SwiftShader cannot be unpacked: ${(error as Error).message}`, {
      where: folder,
      hint: 'set XDG_CACHE_HOME to a folder that can be written and has 40 MB free',
      cause: error,
    });
  } finally {
    if (fresh !== undefined) await rm(fresh, { recursive: true, force: true });
  }
  return result;
}
