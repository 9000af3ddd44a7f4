// What `bench try` runs on outside tests: the engine, the model's text side, the personas file, the terminal.

import { join, resolve } from 'node:path';
import type { Engine } from '../gpu/index.ts';
import { packageRoot } from '../harness/config/paths.ts';
import type { Persona } from '../harness/config/resolved.ts';
import type { LibraryPassage } from '../harness/datasets/passages.ts';
import type { ChatSettings, TextModel } from '../harness/text/index.ts';

/** The real services; the engine and the YAML reader are loaded when they are first needed. */
export function tryServices(): TryServices {
  return {
    bundledModels: join(packageRoot(), 'models'),
    fetchModel: async (name) => (await import('./pull.ts')).fetched(name, {}),
    async loadEngine(folder, device) {
      const [{ loadEngine }, { modelNotes }] = await Promise.all([
        import('../gpu/index.ts'),
        import('../formats/checkpoint/inspect.ts'),
      ]);
      for (const note of await modelNotes(folder)) process.stderr.write(`note: ${note}\n`);
      const engine = await loadEngine(folder, device === undefined ? {} : { device });
      const { name, software } = engine.device;
      return { engine, device: software ? `${name} (software)` : null };
    },
    async loadText(folder, vocab, chat) {
      const { loadText } = await import('../harness/text/index.ts');
      return loadText(folder, { vocab, chat });
    },
    async loadPersonas(file) {
      const { loadPersonas } = await import('../harness/config/index.ts');
      return loadPersonas(file === undefined ? join(packageRoot(), 'personas.yaml') : resolve(file));
    },
    async loadLibrary(file) {
      const { readPersonas } = await import('../harness/config/personas.ts');
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

/** A model on a device, as `try` needs it. `device`: its name, when it is worth saying (a software device). */
export interface TryEngine {
  readonly engine: Engine;
  readonly device: string | null;
}

/** What the verb does not do itself; tests put fakes in. */
export interface TryServices {
  readonly bundledModels: string; // folder
  fetchModel(name: string): Promise<string>; // of the hub; returns its folder
  loadEngine(folder: string, device: string | undefined): Promise<TryEngine>;
  loadText(folder: string, vocab: number, chat: ChatSettings): Promise<TextModel>;
  loadPersonas(file: string | undefined): Promise<readonly Persona[]>;
  loadLibrary?(file: string | undefined): Promise<readonly LibraryPassage[]>; // for methods that retrieve
  stdout(text: string): void;
  stderr(text: string): void;
  now(): number; // ms
}
