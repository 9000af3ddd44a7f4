// A variant on the device: what each layer of a pass reads of it.

import type { Tap } from '../../../formats/checkpoint/matrices.ts';
import type { Pool } from '../../device/memory.ts';
import type { DeviceMask, DeviceMatrix } from '../../kernels/matrix.ts';
import type { SparseMatrix } from '../../kernels/sparse-matrix.ts';
import type { Variant } from '../types.ts';

/** A matrix as a variant has it. */
export interface MatrixUse {
  readonly w: DeviceMatrix;
  readonly mask: DeviceMask | null;
  readonly adapter?: TapAdapter;
  readonly sparse?: SparseMatrix; // in place of w, where each block of rows keeps few columns
}

/** The matrices of a layer as a variant has them. */
export type LayerUse = Readonly<Record<Tap, MatrixUse>>;

/** A variant on the device. */
export interface Resident {
  readonly variant: Variant;
  readonly layers: readonly LayerUse[];
  readonly scratch: GPUBuffer | null; // for masks that are expanded step by step
  readonly steer: readonly SteerUse[];
  readonly pool: Pool; // owns all that it adds to the base weights
}

/** The updates of one tap: down to `rank` (of all tensors stacked there) and up again, the scale in B. */
export interface TapAdapter {
  readonly rank: number;
  readonly a: DeviceMatrix; // [rank, in]
  readonly b: DeviceMatrix; // [out, rank]
}

/** An edit on the device. A projection's vector has norm 1. */
export interface SteerUse {
  readonly layer: number;
  readonly project: boolean;
  readonly scale: number;
  readonly v: GPUBuffer; // [hidden]
}
