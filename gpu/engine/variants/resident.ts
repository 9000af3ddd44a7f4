// Brings a variant to the device: the matrices of each layer, with the keep bits of their mask, or copied with the mask
// applied. The base weights do not change; another variant binds other buffers.

import { BenchError } from '../../../base/error.ts';
import { stackOf, TAPS, type Tap } from '../../../formats/checkpoint/matrices.ts';
import type { Parts } from '../../../formats/checkpoint/parts.ts';
import type { Spec } from '../../../formats/checkpoint/spec.ts';
import { BYTES } from '../../../formats/tensors/numbers.ts';
import { replay, zeroCounts } from '../../device/commands.ts';
import type { DeviceContext } from '../../device/context.ts';
import type { Memory, Pool } from '../../device/memory.ts';
import { expand, expandable } from '../../kernels/expand.ts';
import { gatherColumns } from '../../kernels/gather-columns.ts';
import { tilesFor } from '../../kernels/matmul-tiles.ts';
import { type DeviceMatrix, hasBlocks, matrixBytes } from '../../kernels/matrix.ts';
import type { Recorder } from '../../kernels/record.ts';
import { openSparse, sparseBytes } from '../../kernels/sparse-matrix.ts';
import type { Mask, Variant } from '../types.ts';
import type { DeviceLayer, DeviceWeights } from '../weights/upload.ts';
import { openTapAdapter } from './adapter.ts';
import { compactLayer, keptChannels } from './compact.ts';
import { keptColumns } from './kept-columns.ts';
import type { LayerUse, MatrixUse, Resident } from './resident-types.ts';
import { openSteer } from './steer.ts';

/** Most bytes of masked copies where the variant names no layout; a larger one reads its keep bits with the weights. */
const BAKE_BYTES = 256 * 2 ** 20;

/** The dense network. */
function denseResident(memory: Memory, weights: DeviceWeights, variant: Variant): Resident {
  const use = (layer: DeviceLayer, tap: Tap): MatrixUse => ({ w: layer[tap], mask: null });
  return {
    variant,
    layers: weights.layers.map((layer) => ofTaps((tap) => use(layer, tap))),
    scratch: null,
    steer: [],
    pool: memory.pool(),
  };
}

/**
 * Brings a variant to the device: its mask, its adapter, its vectors. Throws `gpu-memory` when it does not fit,
 * `bad-variant` for a layout that cannot be.
 */
export async function reside(
  on: DeviceContext,
  spec: Spec,
  parts: Parts,
  weights: DeviceWeights,
  variant: Variant,
): Promise<Resident> {
  const { adapter, steer } = variant;
  const resident = await masked(on, parts, denseResident(on.memory, weights, variant));
  try {
    const edits = steer === undefined ? [] : openSteer(on, resident.pool, spec, steer);
    if (adapter === undefined) return { ...resident, steer: edits };
    const layers = resident.layers.map((layer, index) =>
      ofTaps((tap): MatrixUse => {
        const update = openTapAdapter(on, resident.pool, parts, index, tap, adapter);
        return update === null ? layer[tap] : { ...layer[tap], adapter: update };
      }),
    );
    return { ...resident, layers, steer: edits };
  } catch (error) {
    resident.pool.dispose();
    throw error;
  }
}

/** The resident with its variant's mask. */
async function masked(on: DeviceContext, parts: Parts, dense: Resident): Promise<Resident> {
  const { variant, pool } = dense;
  const { mask, gamma = 0 } = variant;
  if (mask === undefined) return dense;
  try {
    const withBits = dense.layers.map((layer, index) =>
      ofTaps((tap): MatrixUse => {
        const bits = stackedWords(mask, parts, index, tap);
        return bits === null
          ? layer[tap]
          : { w: layer[tap].w, mask: { chunks: uploadMask(on, pool, layer[tap].w, bits, tap, parts, index), gamma } };
      }),
    );
    const uses = withBits.flatMap((layer) => TAPS.map((tap) => layer[tap])).filter(({ mask: bits }) => bits !== null);
    // An update is of the whole matrix: a matrix with one must keep all of its rows and columns.
    const structured = variant.adapter === undefined && isStructured(mask, parts);
    const layout = layoutOf(on, variant, uses, structured);
    if (layout !== 'masked') {
      const layers: LayerUse[] = [];
      for (const layer of withBits) {
        const baked = new Map<Tap, MatrixUse>();
        for (const tap of TAPS) baked.set(tap, await bake(on, pool, layer[tap]));
        layers.push(ofTaps((tap) => baked.get(tap)!));
      }
      return { ...dense, layers: layout === 'compact' ? await compacted(on, pool, layers, parts, mask) : layers };
    }
    return { ...dense, layers: withBits, scratch: scratchFor(on, pool, uses) };
  } catch (error) {
    pool.dispose();
    throw error;
  }
}

function ofTaps<T>(make: (tap: Tap) => T): Readonly<Record<Tap, T>> {
  return { qkv: make('qkv'), o: make('o'), up: make('up'), down: make('down') };
}

function layoutOf(
  { gpu }: DeviceContext,
  { id, layout, adapter, gamma = 0 }: Variant,
  uses: readonly MatrixUse[],
  structured: boolean, // whole channels, or columns of blocks of rows, are removed
): NonNullable<Variant['layout']> {
  if (layout === 'masked') return 'masked';
  const can = uses.every(({ w, mask }) => expandable(w, mask!));
  if (layout !== undefined && !can) {
    throw new BenchError('bad-variant', `${id}: ${notBaked(uses, gamma)} cannot be baked`, {
      hint: "leave layout out, or set it to 'masked'",
    });
  }
  if (layout === 'compact' && (gamma !== 0 || adapter !== undefined)) {
    const why = gamma === 0 ? 'an adapter updates whole matrices' : 'a soft mask removes nothing';
    throw new BenchError('bad-variant', `${id}: ${why}, so nothing can be left out`, {
      hint: "leave layout out, or set it to 'masked'",
    });
  }
  if (layout !== undefined) return layout;
  const bytes = uses.reduce((sum, { w }) => sum + matrixBytes(w), 0);
  if (!can || gamma !== 0 || bytes > BAKE_BYTES) return can && gpu.software && bytes <= BAKE_BYTES ? 'baked' : 'masked';
  // Whole channels are left out on every device; elsewhere only a CPU gains by a copy.
  if (structured && uses.every(({ w }) => w.chunks.length === 1)) return 'compact';
  return gpu.software ? 'baked' : 'masked';
}

/** What keeps a masked copy from being made in the bits of the weights. */
function notBaked(uses: readonly MatrixUse[], gamma: number): string {
  if (uses.some(({ w }) => hasBlocks(w))) return 'a mask over quantised weights';
  return gamma === 0 ? 'a matrix whose columns are not a multiple of four' : 'a soft mask over 16-bit weights';
}

/** Whether the mask removes whole channels, or whole columns of blocks of rows, of any layer. */
function isStructured(mask: Mask, parts: Parts): boolean {
  return parts.layers.some((layer, index) => {
    if (keptChannels(mask, layer) !== null) return true;
    return TAPS.some((tap) => {
      const stack = stackedWords(mask, parts, index, tap);
      const factors = tap === 'up' && layer.gate !== null ? 2 : 1;
      return stack !== null && keptColumns(stack, layer[tap].columns, factors) !== null;
    });
  });
}

/** Mask words of all that is stacked at a tap, in the order of the stack; whole where the mask names none of it. */
function stackedWords(
  mask: Mask,
  parts: Parts,
  layer: number,
  tap: Tap,
): readonly { readonly rows: number; readonly words: Uint32Array }[] | null {
  const stack = stackOf(parts.layers[layer]!, tap);
  if (!stack.some(({ name }) => mask.tensors.has(name))) return null;
  const { columns } = parts.layers[layer]![tap];
  return stack.map(({ name, rows }) => ({
    rows,
    words: mask.tensors.get(name)?.words ?? new Uint32Array(rows * Math.ceil(columns / 32)).fill(0xffffffff),
  }));
}

/** One buffer of mask words per chunk; a chunk of a gated matrix has the same run of rows of both factors. */
function uploadMask(
  { gpu }: DeviceContext,
  pool: Pool,
  w: DeviceMatrix,
  stack: readonly { readonly rows: number; readonly words: Uint32Array }[],
  tap: Tap,
  parts: Parts,
  layer: number,
): readonly GPUBuffer[] {
  const perRow = Math.ceil(w.columns / 32);
  const factors = tap === 'up' && parts.layers[layer]!.gate !== null ? stack.map((one) => [one]) : [stack];
  return w.chunks.map(({ first, rows }) => {
    const buffer = pool.buffer(`mask of ${w.label}`, 4 * rows * perRow);
    let at = 0;
    for (const factor of factors) {
      let start = 0;
      for (const one of factor) {
        const from = Math.max(first, start);
        const to = Math.min(first + rows / factors.length, start + one.rows);
        start += one.rows;
        if (from >= to) continue;
        const words = one.words.subarray((from - (start - one.rows)) * perRow, (to - (start - one.rows)) * perRow);
        gpu.device.queue.writeBuffer(buffer, 4 * at, words as Uint32Array<ArrayBuffer>);
        at += words.length;
      }
    }
    return buffer;
  });
}

/** Baked layers without what their masks remove whole: channels of the MLP, else columns of blocks of rows. */
async function compacted(
  on: DeviceContext,
  pool: Pool,
  layers: readonly LayerUse[],
  parts: Parts,
  mask: Mask,
): Promise<readonly LayerUse[]> {
  const out: LayerUse[] = [];
  for (const [index, layer] of layers.entries()) {
    const { gate } = parts.layers[index]!;
    const channels = keptChannels(mask, parts.layers[index]!);
    const smaller = channels === null ? layer : await compactLayer(on, pool, layer, channels, gate !== null);
    const taps = channels === null ? TAPS : (['qkv', 'o'] as const);
    const uses = new Map<Tap, MatrixUse>(TAPS.map((tap) => [tap, smaller[tap]]));
    for (const tap of taps) {
      const stack = stackedWords(mask, parts, index, tap);
      const factors = tap === 'up' && gate !== null ? 2 : 1;
      const keep = stack && keptColumns(stack, layer[tap].w.columns, factors);
      if (keep !== null && layer[tap].w.chunks.length === 1)
        uses.set(tap, await sparse(on, pool, layer[tap], factors, keep));
    }
    out.push(ofTaps((tap) => uses.get(tap)!));
  }
  return out;
}

/** The baked matrix as blocks of rows with the columns that they keep. */
async function sparse(
  on: DeviceContext,
  pool: Pool,
  use: MatrixUse,
  factors: 1 | 2,
  keep: readonly Uint32Array[],
): Promise<MatrixUse> {
  on.memory.require(`the kept columns of ${use.w.label}`, { weights: sparseBytes(keep) });
  const uniforms = on.memory.pool();
  const recorder: Recorder = { ...on, pool: uniforms, step: uniforms.buffer('step', 16, 'uniform') };
  try {
    const matrix = openSparse({ gpu: on.gpu, pool }, use.w, factors, keep);
    await replay(on.gpu, [gatherColumns(recorder, use.w, matrix)], { rows: 1, scored: 0 }, zeroCounts());
    return { ...use, sparse: matrix };
  } finally {
    uniforms.dispose();
  }
}

/** A copy of the matrix as its mask leaves it. */
async function bake(on: DeviceContext, pool: Pool, use: MatrixUse): Promise<MatrixUse> {
  const { w, mask } = use;
  if (mask === null) return use;
  on.memory.require(`a masked copy of ${w.label}`, { weights: matrixBytes(w) });
  const uniforms = on.memory.pool();
  const recorder: Recorder = { ...on, pool: uniforms, step: uniforms.buffer('step', 16, 'uniform') };
  try {
    const chunks = w.chunks.map((chunk) => ({
      ...chunk,
      buffer: pool.buffer(`masked ${w.label}`, chunk.rows * w.columns * BYTES[chunk.format]),
    }));
    const commands = chunks.map(({ buffer }, chunk) => expand(recorder, { w, mask, chunk, y: buffer }));
    await replay(on.gpu, commands, { rows: 1, scored: 0 }, zeroCounts());
    return { w: { ...w, chunks }, mask: null };
  } finally {
    uniforms.dispose();
  }
}

/** Room for the largest chunk that is expanded, where the device's tile table has it. */
function scratchFor({ gpu }: DeviceContext, pool: Pool, uses: readonly MatrixUse[]): GPUBuffer | null {
  if (tilesFor(gpu).expandFrom === Infinity) return null;
  const sizes = uses
    .filter(({ w, mask }) => expandable(w, mask!))
    .flatMap(({ w }) => w.chunks.map(({ rows, format }) => rows * w.columns * BYTES[format]));
  return sizes.length === 0 ? null : pool.buffer('scratch of masked matrices', Math.max(...sizes));
}
