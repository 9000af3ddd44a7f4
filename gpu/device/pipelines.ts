// Compute pipelines, made once per shader text. Layouts are explicit, so that a wrong binding fails where it is made.

import { BenchError } from '../../base/error.ts';
import type { Gpu } from './device.ts';
import { type Constants, expand } from './templates.ts';

/** One letter per binding, in order: u = uniform, r = storage that is read, w = storage that is written. */
export type Bindings = string;

const TYPES: Readonly<Record<string, GPUBufferBindingType>> = { u: 'uniform', r: 'read-only-storage', w: 'storage' };

/** The compiled kernels of one device. Nothing is to be disposed: they are freed with the device. */
export class Pipelines {
  readonly #gpu: Gpu;
  readonly #pipelines = new Map<string, GPUComputePipeline>(); // by their text
  readonly #codes = new Map<string, string>(); // expanding a kernel takes half a millisecond, for every node of a pass
  readonly #layouts = new Map<Bindings, GPUBindGroupLayout>();

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  /** Compiled pipelines. */
  get count(): number {
    return this.#pipelines.size;
  }

  /** The bind group layout of `bindings`, made once. */
  layout(bindings: Bindings): GPUBindGroupLayout {
    let layout = this.#layouts.get(bindings);
    if (layout === undefined) {
      layout = this.#gpu.device.createBindGroupLayout({
        label: bindings,
        entries: [...bindings].map((letter, binding) => ({
          binding,
          visibility: GPUShaderStage.COMPUTE,
          buffer: { type: TYPES[letter]! },
        })),
      });
      this.#layouts.set(bindings, layout);
    }
    return layout;
  }

  /**
   * The pipeline of gpu/kernels/<name>.wgsl with `constants`. Throws `bad-kernel` with the line that does not compile.
   */
  async get(name: string, constants: Constants, bindings: Bindings): Promise<GPUComputePipeline> {
    const label = `${name} ${JSON.stringify(constants)}`;
    const code = this.#codes.get(label) ?? expand(`${name}.wgsl`, constants);
    this.#codes.set(label, code);
    const known = this.#pipelines.get(code);
    if (known !== undefined) return known;
    const { device } = this.#gpu;
    const layout = device.createPipelineLayout({ label, bindGroupLayouts: [this.layout(bindings)] });
    const pipeline = await this.#gpu
      .scope(`kernel ${label}`, () => {
        const module = device.createShaderModule({ label, code });
        return device.createComputePipeline({ label, layout, compute: { module, entryPoint: 'main' } });
      })
      .catch((error) => {
        throw located(error, label, code);
      });
    this.#pipelines.set(code, pipeline);
    return pipeline;
  }
}

/** A compile error with the expanded line that it is about; Dawn gives only the line's number. */
function located(error: unknown, label: string, code: string): unknown {
  const place = error instanceof BenchError ? /:(\d+):(\d+) error: (.*)/.exec(error.message) : null;
  if (place === null) return error;
  const [, line, column, message] = place;
  const text = code.split('\n')[Number(line) - 1] ?? '';
  return new BenchError('bad-kernel', `${message}\n${line!.padStart(5)} | ${text}`, {
    where: `kernel ${label}, expanded line ${line}:${column}`,
    cause: error,
  });
}
