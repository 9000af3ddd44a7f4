// What `bench try` runs on outside tests: the engine, the model's text side, the personas file, the terminal.

import { join, resolve } from 'node:path';
import { packageRoot } from '../config/paths.ts';
import type { TryServices } from './try.ts';

/** The real services; the engine and the YAML reader are loaded when they are first needed. */
export function tryServices(): TryServices {
  return {
    bundledModels: join(packageRoot(), 'models'),
    fetchModel: async (name) => (await import('./pull.ts')).fetched(name, {}),
    async loadEngine(folder, adapter) {
      const { loadEngine } = await import('../../gpu/index.ts');
      const engine = await loadEngine(folder, adapter === undefined ? {} : { adapter });
      const { name, software } = engine.device;
      return { engine, device: software ? `${name} (software)` : null };
    },
    async loadText(folder, vocab) {
      const { loadText } = await import('../text/index.ts');
      return loadText(folder, { vocab });
    },
    async loadPersonas(file) {
      const { loadPersonas } = await import('../config/index.ts');
      return loadPersonas(file === undefined ? join(packageRoot(), 'personas.yaml') : resolve(file));
    },
    async loadLibrary(file) {
      const { readPersonas } = await import('../config/personas.ts');
      return (await readPersonas(file === undefined ? join(packageRoot(), 'personas.yaml') : resolve(file))).library;
    },
    stdout: (text) => {
      process.stdout.write(text);
    },
    stderr: (text) => {
      process.stderr.write(text);
    },
    now: () => performance.now(),
  };
}
