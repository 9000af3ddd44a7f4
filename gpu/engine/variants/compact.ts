// A masked MLP without the channels that the mask removes whole: smaller matrices and bit-identical results, since
// those channels would have added zeros. A channel is removed when its whole column of `down` is.

import { BenchError } from '../../../base/error.ts';
import type { LayerParts } from '../../../formats/checkpoint/parts.ts';
import { BYTES } from '../../../formats/tensors/numbers.ts';
import { replay, zeroCounts } from '../../device/commands.ts';
import type { DeviceContext } from '../../device/context.ts';
import type { Pool } from '../../device/memory.ts';
import { compact } from '../../kernels/compact.ts';
import type { DeviceMatrix } from '../../kernels/matrix.ts';
import type { Recorder } from '../../kernels/record.ts';
import type { Mask } from '../types.ts';
import type { LayerUse } from './resident-types.ts';

/** Loads take four columns at once: the channels are filled up to a multiple with removed ones, whose weights are 0. */
const MULTIPLE = 4;

/**
 * Channels of a layer's MLP of which `down` keeps anything, ascending; null where all are kept or `down` is not masked.
 */
export function keptChannels(mask: Mask, layer: LayerParts): Uint32Array | null {
  const tensor = mask.tensors.get(layer.down.names[0]!);
  if (tensor === undefined) return null;
  const { rows, columns, words } = tensor;
  const perRow = Math.ceil(columns / 32);
  const any = new Uint32Array(perRow);
  for (let row = 0; row < rows; row++) for (let i = 0; i < perRow; i++) any[i]! |= words[row * perRow + i]!;
  const kept = (channel: number): boolean => ((any[channel >> 5]! >>> (channel & 31)) & 1) === 1;
  const channels = Array.from({ length: columns }, (_, channel) => channel);
  const chosen = channels.filter(kept);
  const short = (MULTIPLE - (chosen.length % MULTIPLE)) % MULTIPLE || (chosen.length === 0 ? MULTIPLE : 0);
  chosen.push(...channels.filter((channel) => !kept(channel)).slice(0, short));
  return chosen.length >= columns ? null : Uint32Array.from(chosen.sort((a, b) => a - b));
}

/**
 * The layer with an MLP of these channels alone; its matrices must be baked already. Throws `bad-variant` for chunked
 * ones.
 */
export async function compactLayer(
  on: DeviceContext,
  pool: Pool,
  use: LayerUse,
  channels: Uint32Array,
  gated: boolean,
): Promise<LayerUse> {
  const { up, down } = use;
  if (up.w.chunks.length > 1 || down.w.chunks.length > 1) {
    throw new BenchError(
      'bad-variant',
      `${up.w.label} is split across buffers; the layout 'compact' is not supported there`,
      {
        hint: "leave layout out, or set it to 'masked'",
      },
    );
  }
  const uniforms = on.memory.pool();
  try {
    const indices = (values: Uint32Array): GPUBuffer => {
      const buffer = uniforms.buffer('indices', values.byteLength);
      on.gpu.device.queue.writeBuffer(buffer, 0, values as Uint32Array<ArrayBuffer>);
      return buffer;
    };
    const all = (count: number): Uint32Array => Uint32Array.from({ length: count }, (_, i) => i);
    const ffn = down.w.columns;
    const rows = gated ? Uint32Array.from([...channels, ...channels.map((channel) => channel + ffn)]) : channels;
    const recorder: Recorder = { ...on, pool: uniforms, step: uniforms.buffer('step', 16, 'uniform') };
    const smaller = async (w: DeviceMatrix, of: Uint32Array, columns: Uint32Array): Promise<DeviceMatrix> => {
      const { format, buffer } = w.chunks[0]!;
      const bytes = of.length * columns.length * BYTES[format];
      on.memory.require(`${w.label} without its removed channels`, { weights: bytes });
      const y = pool.buffer(`compact ${w.label}`, bytes);
      const io = { w: buffer, rows: indices(of), columns: indices(columns), y };
      const shape = { width: w.columns, rows: of.length, columns: columns.length, format };
      const commands = [compact(recorder, io, shape)];
      let { bias } = w;
      if (bias !== null && of.length < w.rows) {
        const chosen = pool.buffer(`bias of ${w.label}`, 4 * of.length);
        const line = { w: bias, rows: indices(of), columns: indices(Uint32Array.of(0)), y: chosen };
        commands.push(compact(recorder, line, { width: 1, rows: of.length, columns: 1, format: 'f32' }));
        bias = chosen;
      }
      await replay(on.gpu, commands, { rows: 1, scored: 0 }, zeroCounts());
      const chunks = [{ first: 0, rows: of.length, buffer: y, format }];
      return { label: w.label, rows: of.length, columns: columns.length, chunks, bias };
    };
    return {
      ...use,
      up: { w: await smaller(up.w, rows, all(up.w.columns)), mask: null },
      down: { w: await smaller(down.w, all(down.w.rows), channels), mask: null },
    };
  } finally {
    uniforms.dispose();
  }
}
