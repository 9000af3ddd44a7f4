// A plugin: one JavaScript or TypeScript file with methods of one's own, named on the command line alone. Its code enters
// the identity of its cells, so that edited code is never answered from the store.

import { statSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { BenchError } from '../base/error.ts';
import { codeDigest } from './code.ts';
import { BUNDLED, type OwnMethod, type Plugin, type Registry, registryOf, requireMethod } from './registry.ts';

const ENDINGS = ['.ts', '.mts', '.js', '.mjs'];
/** What a plugin may export. */
const EXPORTS = ['methods'] as const;

/** The bundled methods with those of plugin files. Throws `bad-plugin`. */
export async function registryFrom(files: readonly string[] = []): Promise<Registry> {
  if (files.length === 0) return BUNDLED;
  const plugins: (Plugin & { readonly where: string })[] = [];
  for (const file of files) plugins.push({ ...(await loadPlugin(file)), where: file });
  return registryOf(...plugins);
}

/**
 * Loads a plugin file and checks what it exports: `methods`, a list. The version of each method is followed by the digest
 * of the file and of what it imports from beside it. Throws `bad-plugin`, with the file as its place.
 */
export async function loadPlugin(file: string): Promise<Plugin> {
  const absolute = path.resolve(file);
  if (!ENDINGS.includes(path.extname(absolute))) {
    throw refused(file, 'a plugin is a .ts, .mts, .js or .mjs file', 'write --plugin ./my-method.ts');
  }
  if (!statSync(absolute, { throwIfNoEntry: false })?.isFile()) {
    throw refused(file, 'there is no such file', 'paths are relative to the working folder');
  }
  const digest = codeDigest(absolute);
  const module = await imported(absolute, file);
  if (!EXPORTS.some((name) => name in module)) {
    const found = Object.keys(module);
    const has = found.length === 0 ? 'nothing' : found.slice(0, 8).join(', ');
    throw refused(file, `it exports no methods; it exports ${has}`, 'write: export const methods = [myMethod];');
  }
  const { methods } = module;
  if (!Array.isArray(methods) || methods.length === 0) {
    throw refused(file, '"methods" is not a list with a method in it', 'write: export const methods = [myMethod];');
  }
  return {
    methods: methods.map((method: unknown) => {
      // The file's digest tells versions apart; a version string of its own is for what the file does not show.
      const { version = '' } = (method ?? {}) as Partial<OwnMethod>;
      if (typeof method !== 'object' || method === null || typeof version !== 'string') {
        requireMethod(method, file);
      }
      const own = Object.create(method as object, {
        version: { value: `${version.slice(0, 64)}+${digest}`, enumerable: true },
      }) as unknown;
      requireMethod(own, file);
      return own;
    }),
  };
}

/** Node's own import where it reads the file, and jiti for TypeScript on a Node that does not strip types. */
async function imported(absolute: string, file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    try {
      return await import(pathToFileURL(absolute).href);
    } catch (error) {
      if ((error as NodeJS.ErrnoException | null)?.code !== 'ERR_UNKNOWN_FILE_EXTENSION') throw error;
      const { createJiti } = await import('jiti');
      return await createJiti(import.meta.url, { fsCache: false, interopDefault: false }).import(absolute);
    }
  } catch (error) {
    const { code, message = String(error) } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
    throw refused(file, `it cannot be loaded: ${message}`, hintOf(code, message), error);
  }
}

function hintOf(code: string | undefined, message: string): string {
  if (!/persona-bench/.test(message) || !/^(?:ERR_)?(?:MODULE_NOT_FOUND|PACKAGE_PATH_NOT_EXPORTED)$/.test(code ?? '')) {
    return 'correct the code of the plugin; BENCH_DEBUG=1 prints where it threw';
  }
  return code === 'ERR_PACKAGE_PATH_NOT_EXPORTED'
    ? 'import from persona-bench, persona-bench/method or persona-bench/engine'
    : 'install persona-bench where the plugin is: npm install --save-dev persona-bench';
}

function refused(where: string, message: string, hint: string, cause?: unknown): BenchError {
  return new BenchError('bad-plugin', message, { where, hint, cause });
}
