// The matrix product with its epilogues: bias, activation, gated activation, residual, mask.

import { BYTES } from '../../formats/tensors/numbers.ts';
import type { Format } from '../../formats/tensors/tensor.ts';
import type { Accounting, Command, Grid, Step } from '../device/commands.ts';
import type { Constants } from '../device/templates.ts';
import { ACTIVATION, type Activation } from './activation.ts';
import { type Tile, tileConstants, tileFor, tileSpan, tilesFor } from './matmul-tiles.ts';
import type { DeviceMask, DeviceMatrix } from './matrix.ts';
import { loads, type Recorder, type Rows, record } from './record.ts';

/** The epilogue of a product, over which rows it runs, and what is forced for a test or a benchmark. */
export interface MatmulOptions {
  readonly residual?: boolean; // y += instead of y =
  readonly base?: GPUBuffer; // y = base +, for a product without a mask
  readonly activation?: Activation;
  readonly gated?: boolean; // w: [gate; up], y = act(x gate) * (x up)
  readonly over?: Rows;
  readonly mask?: DeviceMask | undefined; // of w
  readonly tile?: Tile; // how a benchmark or a test forces one
  readonly scalar?: boolean; // single loads where vector loads are possible: the naive kernel of the benchmark
}

/**
 * y[M, N] = epilogue(x[M, K] w[N, K]^T + bias[N]), in f32. One command per chunk of w; it writes the chunk's columns of
 * y. A gated w is [2N, K]. Every tile gives the same bits.
 */
export function matmul(
  on: Recorder,
  io: { x: GPUBuffer; w: DeviceMatrix; y: GPUBuffer },
  options: MatmulOptions = {},
): readonly Command[] {
  const { w } = io;
  const { residual = false, base, activation, gated = false, over = 'rows', mask, scalar = false } = options;
  const table = tilesFor(on.gpu);
  const tile = (m: number): Tile => options.tile ?? tileFor(table, m);
  const aligned = w.columns % 4 === 0 && !scalar;
  const k4 = aligned ? w.columns / 4 : w.columns;
  const factors = gated ? 2 : 1;
  const bias = w.bias ?? on.pool.buffer(`${w.label} no bias`, 16);
  const made = new Map<Format, Map<Tile, Constants>>();
  const constants =
    (format: Format) =>
    (step: Step): Constants => {
      const chosen = tile(step[over]);
      const known = made.get(format) ?? new Map<Tile, Constants>();
      made.set(format, known);
      let found = known.get(chosen);
      if (found === undefined) {
        found = {
          ...loads(format, aligned),
          ...tileConstants(chosen, k4, factors),
          ROWS: over,
          BIAS: w.bias !== null,
          RESIDUAL: residual,
          BASE: base !== undefined,
          GATED: gated,
          ...masking(mask, aligned),
          ACTIVATE: activation !== undefined,
          ...(activation && { [ACTIVATION[activation]]: true }),
        };
        known.set(chosen, found);
      }
      return found;
    };
  const grid =
    (n: number): Grid =>
    (step) => {
      const span = tileSpan(tile(step[over]), factors);
      return [Math.ceil(n / span.columns), Math.ceil(step[over] / span.rows)];
    };
  const account =
    (rows: number, format: Format): Accounting =>
    (step) => {
      const m = step[over];
      const perY = residual || base !== undefined ? 2 : 1;
      const held = rows * (w.columns * BYTES[format] + (w.bias ? 4 : 0) + (mask ? 4 * Math.ceil(w.columns / 32) : 0));
      return { flops: 2 * m * rows * w.columns, bytes: held + 4 * m * (w.columns + (perY * rows) / factors) };
    };
  return w.chunks.map(({ buffer, first, rows, format }, chunk) =>
    record(on, {
      kernel: 'matmul',
      label: `matmul ${w.label}`,
      constants: constants(format),
      bindings: mask || base ? 'uurrrwr' : 'uurrrw',
      shape: [rows / factors, k4, first, w.rows / factors, ...(mask ? [Math.ceil(w.columns / 32)] : [])],
      floats: mask ? [mask.gamma] : [],
      buffers: [io.x, buffer, bias, io.y, ...(mask ? [mask.chunks[chunk]!] : base ? [base] : [])],
      grid: grid(rows / factors),
      account: account(rows, format),
    }),
  );
}

/** Constants of _mask.wgsl. */
function masking(mask: DeviceMask | undefined, aligned: boolean): Constants {
  if (mask === undefined) return {};
  return { MASKED: true, MASK: 6, SOFT: mask.gamma !== 0, PER_WORD: aligned ? 8 : 32 };
}
