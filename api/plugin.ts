// A plugin: one JavaScript or TypeScript file with methods and evaluations of one's own, named on the command line alone. Its
// code enters the identity of its cells, so that edited code is never answered from the store.

import { statSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { codeDigest } from './code.ts';
import { BUNDLED, type Plugin, type Registry, registryOf } from './registry.ts';
import { badPlugin, requireEvaluation, requireMethod } from './shapes.ts';

const ENDINGS = ['.ts', '.mts', '.js', '.mjs'];
/** What a plugin may export. */
const EXPORTS = ['methods', 'evaluations'] as const;

/** What comes with the package and with plugin files. Throws `bad-plugin`. */
export async function registryFrom(files: readonly string[] = []): Promise<Registry> {
  if (files.length === 0) return BUNDLED;
  const plugins: (Plugin & { readonly where: string })[] = [];
  for (const file of files) plugins.push({ ...(await loadPlugin(file)), where: file });
  return registryOf(...plugins);
}

/**
 * Loads a plugin file and checks what it exports: `methods`, `evaluations` or both, as lists. The version of each is followed
 * by the digest of the file and of what it imports by relative paths. Throws `bad-plugin`, with the file as its place.
 */
export async function loadPlugin(file: string): Promise<Plugin> {
  const absolute = path.resolve(file);
  if (!ENDINGS.includes(path.extname(absolute))) {
    throw badPlugin('a plugin is a .ts, .mts, .js or .mjs file', 'write --plugin ./my-method.ts', file);
  }
  if (!statSync(absolute, { throwIfNoEntry: false })?.isFile()) {
    throw badPlugin('there is no such file', 'paths are relative to the working folder', file);
  }
  const digest = codeDigest(absolute);
  const module = await imported(absolute, file);
  if (!EXPORTS.some((name) => name in module)) {
    const found = Object.keys(module);
    const has = found.length === 0 ? 'nothing' : found.slice(0, 8).join(', ');
    throw badPlugin(`it exports neither methods nor evaluations; it exports ${has}`, HINT, file);
  }
  return {
    methods: exported(module, 'methods', file).map((value) => {
      const method = versioned(value, digest);
      requireMethod(method, file);
      return method;
    }),
    evaluations: exported(module, 'evaluations', file).map((value) => {
      const kind = versioned(value, digest);
      requireEvaluation(kind, file);
      return kind;
    }),
  };
}

const HINT = 'write: export const methods = [myMethod]; or: export const evaluations = [myEvaluation];';

function exported(module: Readonly<Record<string, unknown>>, name: string, file: string): readonly unknown[] {
  const list = module[name] ?? [];
  if (Array.isArray(list) && (list.length > 0 || !(name in module))) return list;
  throw badPlugin(`"${name}" is not a list with something in it`, HINT, file);
}

/**
 * The same with the digest after its version: the file's digest tells versions apart, a version of its own is for what the
 * file does not show. What is no object, or has no text as version, is left as it is for the check that follows.
 */
function versioned(value: unknown, digest: string): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { version = '' } = value as { readonly version?: unknown };
  if (typeof version !== 'string') return value;
  return Object.create(value, { version: { value: `${version.slice(0, 64)}+${digest}`, enumerable: true } });
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
    throw badPlugin(`it cannot be loaded: ${message}`, hintOf(code, message), file, error);
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
