// Masks in files (docs/method.md#masks): safetensors with one U32 tensor per masked matrix, [rows, ceil(columns/32)].
// Rows are outputs, however the checkpoint stores the weight; bit b of word w = column 32 w + b, 1 = keep.

import { digestOf } from '../../base/digest.ts';
import { BenchError } from '../../base/error.ts';
import { isRecord, parseJson } from '../../base/json.ts';
import type { MatrixInfo } from '../../formats/checkpoint/matrices.ts';
import { shown } from '../../formats/safetensors/header.ts';
import { readTensors, writeTensors } from '../../formats/safetensors/tensor-file.ts';
import type { Mask, MaskTensor } from '../../gpu/index.ts';
import type { Masks } from './combine.ts';
import { keptOf, maskId } from './masks.ts';

const VERSION = '2'; // 1: no digest of header and bits
const CODE = 'bad-mask';
/** Of a text in the header; digests have 64. */
const MAX_TEXT = 200;
const CONTROL = /\p{Cc}/u;
const HINT = 'make the mask again with `bench mask make`';

/** What a mask was made from. Digests are hex sha256. */
export interface MaskHeader {
  readonly model: string; // of the weights
  readonly tokenizer: string;
  readonly persona: string | null;
  readonly opposite: string | null;
  readonly score: string;
  readonly parameters: Readonly<Record<string, unknown>>; // the other options of the method
  readonly statistic: string;
  readonly sparsity: number;
  readonly group: string;
  readonly tokens: string;
  readonly chat: boolean;
  readonly calibration: string | null; // all tokens that were counted
  readonly seed: number;
}

export interface MaskFile {
  readonly header: MaskHeader;
  readonly masks: Masks;
}

/** Writes the file whole or not at all; equal masks give equal bytes. Throws `unwritable`. */
export async function writeMaskFile(file: string, { header, masks }: MaskFile): Promise<void> {
  const names = [...masks.keys()].sort();
  const shapes = names.map((name) => {
    const { columns } = masks.get(name)!;
    return [name, { columns, kept: keptOf(new Map([[name, masks.get(name)!]])) }] as const;
  });
  const said = { header: JSON.stringify(header), tensors: JSON.stringify(Object.fromEntries(shapes)) };
  await writeTensors(file, {
    metadata: { format: 'persona-bench mask', version: VERSION, ...said, content: contentOf(said, masks) },
    tensors: new Map(
      names.map((name) => {
        const { rows, columns, words } = masks.get(name)!;
        return [name, { dtype: 'U32', shape: [rows, Math.ceil(columns / 32)], data: words }];
      }),
    ),
  });
}

/** Of what the header says and of every bit: a bit that moved within its row leaves all counts as they are. */
function contentOf({ header = '', tensors = '' }: Readonly<Record<string, string>>, masks: Masks): string {
  return digestOf([header, tensors, maskId(masks)]);
}

/** Reads a mask, and believes nothing in it before it is checked. Throws `bad-mask`. */
export async function readMaskFile(file: string): Promise<MaskFile> {
  const { metadata, tensors } = await readTensors(file, { dtype: 'U32', code: CODE, hint: HINT });
  const fail = (message: string): BenchError => new BenchError(CODE, message, { where: file, hint: HINT });
  if (metadata.format !== 'persona-bench mask') throw fail('this is a safetensors file, but no mask');
  if (metadata.version !== VERSION)
    throw fail(`version ${shown(metadata.version ?? '')} of the format is not known here`);
  const header = headerOf(parsed(metadata.header, fail), fail);
  const declared = parsed(metadata.tensors, fail);
  const masks = new Map<string, MaskTensor>();
  for (const [name, { shape, data }] of tensors) {
    const label = shown(name);
    const said = Object.hasOwn(declared, name) ? (declared[name] as { columns?: unknown; kept?: unknown }) : {};
    const { columns, kept } = said ?? {};
    const [rows, perRow] = shape;
    if (shape.length !== 2 || !isCount(columns) || columns === 0 || Math.ceil(columns / 32) !== perRow) {
      throw fail(`tensor ${label} has shape [${shape.join(', ')}], which does not fit its ${written(columns)} columns`);
    }
    const tensor = { rows: rows!, columns, words: data as Uint32Array };
    if (hasPadding(tensor)) throw fail(`tensor ${label} keeps columns beyond its ${columns}`);
    const found = keptOf(new Map([[name, tensor]]));
    if (found !== kept) throw fail(`tensor ${label} keeps ${found} places, and its header says ${written(kept)}`);
    masks.set(name, tensor);
  }
  const missing = Object.keys(declared).find((name) => !masks.has(name));
  if (missing !== undefined) throw fail(`tensor ${shown(missing)} is declared, but missing`);
  if (metadata.content !== contentOf(metadata, masks)) throw fail('its header or its bits are not what was written');
  return { header, masks };
}

/** The mask as the engine takes it. */
export function maskOf({ masks }: MaskFile): Mask {
  return { id: maskId(masks), tensors: masks };
}

/** Throws `bad-mask` for a mask of other weights, another tokenizer, or matrices that the model does not have. */
export function requireMaskFits(
  { header, masks }: MaskFile,
  model: { readonly weights: string; readonly tokenizer: string | null; readonly matrices: readonly MatrixInfo[] },
  file: string,
): void {
  const fail = (message: string): BenchError =>
    new BenchError(CODE, message, { where: file, hint: 'make a mask for this model with `bench mask make`' });
  if (header.model !== model.weights) {
    throw fail(`the mask was made for weights ${header.model}, and these are ${model.weights}`);
  }
  if (model.tokenizer !== null && header.tokenizer !== model.tokenizer) {
    throw fail(`the mask was made with tokenizer ${header.tokenizer}, and this one is ${model.tokenizer}`);
  }
  const byName = new Map(model.matrices.map((info) => [info.name, info]));
  for (const [name, { rows, columns }] of masks) {
    const info = byName.get(name);
    if (info === undefined) throw fail(`the model has no matrix ${shown(name)}`);
    if (info.rows !== rows || info.columns !== columns) {
      throw fail(
        `the mask of ${shown(name)} is of ${rows} x ${columns}, and the matrix of ${info.rows} x ${info.columns}`,
      );
    }
  }
}

function headerOf(value: Readonly<Record<string, unknown>>, fail: (message: string) => BenchError): MaskHeader {
  const text = (name: string): boolean => isPlain(value[name]);
  const textOrNull = (name: string): boolean => value[name] === null || text(name);
  const wrong =
    ['model', 'tokenizer', 'score', 'statistic', 'group', 'tokens'].find((name) => !text(name)) ??
    ['persona', 'opposite', 'calibration'].find((name) => !textOrNull(name)) ??
    (isShare(value.sparsity) ? undefined : 'sparsity') ??
    (Number.isSafeInteger(value.seed) ? undefined : 'seed') ??
    (typeof value.chat === 'boolean' ? undefined : 'chat') ??
    (isRecord(value.parameters) && !CONTROL.test(JSON.stringify(value.parameters)) ? undefined : 'parameters');
  if (wrong !== undefined) throw fail(`its header has no valid "${wrong}"`);
  return value as unknown as MaskHeader;
}

function parsed(text: string | undefined, fail: (message: string) => BenchError): Readonly<Record<string, unknown>> {
  try {
    const value = parseJson(text ?? '');
    if (isRecord(value)) return value;
  } catch {
    // Said below.
  }
  throw fail('its metadata are not JSON as bench writes it');
}

/** A text that may go to a terminal. */
function isPlain(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TEXT && !CONTROL.test(value);
}

function isShare(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value < 1;
}

/** What a file says, whatever it is: String() would fail on an object with a toString of its own. */
function written(value: unknown): string {
  return String(JSON.stringify(value)).slice(0, 40);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function hasPadding({ rows, columns, words }: MaskTensor): boolean {
  const perRow = Math.ceil(columns / 32);
  if (columns % 32 === 0) return false;
  const beyond = ~(2 ** (columns % 32) - 1);
  for (let row = 0; row < rows; row++) if ((words[(row + 1) * perRow - 1]! & beyond) !== 0) return true;
  return false;
}
