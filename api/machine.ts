// The real machine of a session: engine and tokenizer, each loaded when it is first needed.

import { wantedDevice } from '../base/device-name.ts';
import { BenchError } from '../base/error.ts';
import { inspectModel, modelNotes } from '../formats/checkpoint/inspect.ts';
import type { Machine } from '../harness/run/ports.ts';
import { CHAT_DEFAULTS } from '../harness/text/settings.ts';

/**
 * `named`: what --device says. Nothing of the GPU is loaded before a device or a model is asked for. Throws `usage` for
 * BENCH_ADAPTER in the environment.
 */
export function machineOf(named: string | undefined): Machine {
  const device = wantedDevice(named);
  const wish = device === undefined ? {} : { device };
  return {
    wantedDevice: device,
    device: async () => (await import('../gpu/device/info.ts')).describeDevice(wish),
    load: async ({ path }, known) => {
      const { loadEngine } = await import('../gpu/index.ts');
      const engine = await loadEngine(path, known === undefined ? wish : { ...wish, weights: known });
      if (known !== undefined && engine.weightsDigest !== known.sha256) {
        await engine.dispose();
        throw new BenchError('model-changed', 'the weights changed after the run was planned', {
          where: path,
          hint: 'run again when no other program writes to the folder',
        });
      }
      const { name, software, deviceClass, testbed, timestamps } = engine.device;
      return { engine, device: { name, software, deviceClass, testbed: { ...testbed }, timestamps } };
    },
    text: async ({ path, template, chat = CHAT_DEFAULTS }) => {
      const { loadText } = await import('../harness/text/index.ts');
      return loadText(path, { template, chat, vocab: (await inspectModel(path)).vocab });
    },
    notes: ({ path }) => modelNotes(path),
    kernels: async () => (await import('../gpu/index.ts')).kernelsDigest(),
  };
}
