// What a cell keeps of its mask, so that the masks of a run can be laid side by side: all of it where it is small, else as
// many rows of each matrix, evenly spaced. Rows are alike where each keeps its own share: overlaps follow without bias.

import { BenchError } from '../../base/error.ts';
import { parseJson } from '../../base/json.ts';
import type { MatrixInfo } from '../../formats/checkpoint/matrices.ts';
import { readTensors, tensorBytes } from '../../formats/safetensors/tensor-file.ts';
import type { MaskTensor } from '../../gpu/index.ts';
import type { Masks } from './combine.ts';

export const SKETCH = 'mask-sketch.safetensors';
const FORMAT = 'persona-bench mask sketch';
const CODE = 'bad-sketch';
const HINT = 'run the suite again with --fresh';
/** Of a sketch: the whole mask of a model of eight million weights. */
const MOST_BYTES = 2 ** 20;

/** Where a matrix stands in the network. */
type MatrixShape = Pick<MatrixInfo, 'name' | 'layer' | 'module'> & { readonly columns: number };

export interface Sketch {
  readonly masks: Masks;
  readonly matrices: readonly MatrixShape[];
  readonly places: number; // of the whole mask
}

/** The file's bytes. */
export function sketchBytes(masks: Masks, matrices: readonly MatrixInfo[]): Uint8Array {
  const whole = [...masks.values()].reduce((sum, { words }) => sum + words.byteLength, 0);
  const share = Math.min(1, MOST_BYTES / Math.max(1, whole));
  const places = matrices.flatMap(({ name, layer, module, columns }): readonly MatrixShape[] =>
    masks.has(name) ? [{ name, layer, module, columns }] : [],
  );
  const total = [...masks.values()].reduce((sum, { rows, columns }) => sum + rows * columns, 0);
  return tensorBytes({
    metadata: { format: FORMAT, matrices: JSON.stringify(places), places: String(total) },
    tensors: new Map(
      places.map(({ name }) => {
        const { rows, words } = masks.get(name)!;
        const perRow = words.length / rows;
        const kept = Math.max(1, Math.floor(share * rows));
        const data = new Uint32Array(kept * perRow);
        for (let k = 0; k < kept; k++) {
          const row = Math.floor((k * rows) / kept);
          data.set(words.subarray(row * perRow, (row + 1) * perRow), k * perRow);
        }
        return [name, { dtype: 'U32' as const, shape: [kept, perRow], data }];
      }),
    ),
  });
}

/** Throws `bad-sketch` with the place for what is none. */
export async function readSketch(file: string): Promise<Sketch> {
  const { metadata, tensors } = await readTensors(file, { dtype: 'U32', code: CODE, hint: HINT });
  const fail = (message: string): BenchError => new BenchError(CODE, message, { where: file, hint: HINT });
  if (metadata.format !== FORMAT) throw fail('this is not a sketch of a mask');
  let matrices: unknown;
  try {
    matrices = parseJson(metadata.matrices ?? '');
  } catch {
    throw fail('its matrices are not JSON');
  }
  const places = Number(metadata.places);
  if (!Array.isArray(matrices) || !matrices.every(isPlace) || !Number.isSafeInteger(places) || places < 0) {
    throw fail('it does not say where its matrices are');
  }
  const masks = new Map<string, MaskTensor>();
  for (const { name, columns } of matrices as readonly MatrixShape[]) {
    const tensor = tensors.get(name);
    if (tensor?.shape.length !== 2 || tensor.shape[1] !== Math.ceil(columns / 32)) {
      throw fail('a matrix is missing, or has another shape than it says');
    }
    masks.set(name, { rows: tensor.shape[0]!, columns, words: tensor.data as Uint32Array });
  }
  return { masks, matrices: matrices as readonly MatrixShape[], places };
}

function isPlace(value: unknown): value is MatrixShape {
  const { name, layer, module, columns } = (value ?? {}) as Partial<MatrixShape>;
  return (
    typeof name === 'string' &&
    Number.isSafeInteger(layer) &&
    (module === 'attention' || module === 'mlp') &&
    Number.isSafeInteger(columns) &&
    (columns as number) > 0
  );
}
