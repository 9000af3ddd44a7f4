// A model folder looked at as far as that goes without a device: config.json and the headers of the weights.

import { FAMILIES } from './families.ts';
import { headNotes, settleHead } from './head.ts';
import { refuseLeftovers } from './leftovers.ts';
import type { MatrixInfo } from './matrices.ts';
import { matricesOf } from './matrices.ts';
import { openCheckpoint } from './open.ts';
import { resolveTensors } from './parts.ts';
import { loadSpec } from './read-spec.ts';
import type { Spec } from './spec.ts';

/** What the model is. Throws what loading it would throw, but for what only a device can say. */
export async function inspectModel(folder: string): Promise<Spec> {
  const spec = await loadSpec(folder);
  const checkpoint = await openCheckpoint(folder);
  try {
    refuseLeftovers(spec, resolveTensors(spec, checkpoint), checkpoint);
  } finally {
    await checkpoint.close();
  }
  return spec;
}

/** What a user should know of how a model's files are read, in sentences; nothing of most. Throws as `inspectModel`. */
export async function modelNotes(folder: string): Promise<readonly string[]> {
  const spec = await loadSpec(folder);
  const checkpoint = await openCheckpoint(folder);
  try {
    return headNotes(await settleHead(resolveTensors(spec, checkpoint)));
  } finally {
    await checkpoint.close();
  }
}

/** The matrices of a model, the digest of its weight files, its family, and whether that stores matrices as [columns, rows]. */
export async function inspectWeights(folder: string): Promise<{
  readonly matrices: readonly MatrixInfo[];
  readonly digest: string;
  readonly transposed: boolean;
  readonly family: string;
}> {
  const spec = await loadSpec(folder);
  const checkpoint = await openCheckpoint(folder);
  try {
    const matrices = matricesOf(resolveTensors(spec, checkpoint));
    return {
      matrices,
      digest: await checkpoint.digest(),
      transposed: FAMILIES[spec.family]?.names.transposed === true,
      family: spec.family,
    };
  } finally {
    await checkpoint.close();
  }
}
