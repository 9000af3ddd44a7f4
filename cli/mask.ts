// `bench mask make|inspect|diff|bake`: a mask from a model and a persona or any texts, and what there is to do with one.

import { resolve } from 'node:path';
import { BenchError } from '../base/error.ts';
import { jsonText } from '../base/printable.ts';
import { shellWord } from '../base/words.ts';
import { compareMasks } from '../harness/subnetworks/compare.ts';
import { type MaskFile, type MaskHeader, readMaskFile, writeMaskFile } from '../harness/subnetworks/mask-file.ts';
import { keptOf, maskId, placesOf } from '../harness/subnetworks/masks.ts';
import { type Written, writtenText } from './closing-message.ts';
import { chatOf } from './flags.ts';
import { optionsFor, textsFor } from './mask-inputs.ts';
import { diffText, inspectText } from './mask-report.ts';
import { modelFolder, unpackedNote, usage, withModel } from './open-model.ts';
import type { BakeOptions, MaskMakeOptions } from './options.ts';
import { requireFits } from './variant-flags.ts';

type Out = Pick<NodeJS.WriteStream, 'write'>;

/** Makes a mask and writes it to `--out`. Throws BenchError before anything is written. */
export async function maskMake(options: MaskMakeOptions, stdout: Out = process.stdout): Promise<number> {
  const { sparsity, out, seed = 0 } = options;
  if (sparsity === undefined || !(sparsity >= 0 && sparsity < 1)) {
    throw usage('a mask needs a sparsity from 0 to below 1', 'add --sparsity 0.5');
  }
  if (out === undefined) throw usage('a mask needs an output file', 'add --out mask.safetensors');
  const method = optionsFor(options);
  const texts = await textsFor(options, method);
  return withModel(options, chatOf(options, method.chat), async ({ engine, text }) => {
    if (text === null) throw usage('the model has no tokenizer', 'add tokenizer.json to its folder');
    const [{ makeMask }, { groupName }] = await Promise.all([
      import('../harness/subnetworks/make.ts'),
      import('../harness/subnetworks/options.ts'),
    ]);
    const start = performance.now();
    const made = await makeMask({
      engine,
      text,
      statistics: { of: async (_, make) => ({ sums: await make(), spentMs: 0, reused: false }) },
      options: method,
      sparsity,
      seed,
      ...texts.sources,
    });
    const { score, statistic, tokens, chat, sparsity: _, ...parameters } = method;
    const header: MaskHeader = {
      model: engine.weightsDigest,
      tokenizer: text.tokenizerDigest,
      persona: texts.persona,
      opposite: texts.opposite,
      score,
      parameters: JSON.parse(JSON.stringify(parameters)),
      statistic,
      sparsity,
      group: groupName(method),
      tokens,
      chat,
      calibration: made.calibration,
      seed,
    };
    const file = resolve(out);
    await writeMaskFile(file, { header, masks: made.masks });
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    const filled = made.filled === 0 ? '' : `, ${share(made.filled, made.kept)} of them filled by Wanda's score`;
    const places = placesOf(made.masks);
    const end: Written = {
      said: `${made.kept} of ${places} weights kept${filled}; ${made.samples} texts, ${seconds} s`,
      figures: { id: maskId(made.masks), kept: made.kept, places, filled: made.filled, samples: made.samples },
      written: [out],
      next: `bench mask inspect ${shellWord(out)}`,
    };
    stdout.write(writtenText(end, options.json === true));
    return 0;
  });
}

/** Shows the header and the density of each layer. */
export async function maskInspect(
  file: string,
  { model, json = false, device }: { readonly model?: string; readonly json?: boolean; readonly device?: string },
  stdout: Out = process.stdout,
): Promise<number> {
  const mask = await readMaskFile(resolve(file));
  if (model !== undefined) {
    await withModel({ model, ...(device !== undefined && { device }) }, chatOf({}, false), async (loaded) => {
      requireFits(mask, loaded, file);
      return 0;
    });
  }
  const { header, masks } = mask;
  if (json) {
    const tensors = [...masks].map(([name, tensor]) => {
      const places = tensor.rows * tensor.columns;
      return { name, rows: tensor.rows, columns: tensor.columns, density: keptOf(new Map([[name, tensor]])) / places };
    });
    stdout.write(jsonText({ id: maskId(masks), header, tensors }));
  } else stdout.write(inspectText(file, mask));
  return 0;
}

/** Shows how much two masks share, and how much is expected by chance. */
export async function maskDiff(
  first: string,
  second: string,
  { json = false }: { readonly json?: boolean },
  stdout: Out = process.stdout,
): Promise<number> {
  const [a, b] = [await readMaskFile(resolve(first)), await readMaskFile(resolve(second))];
  if (a.header.model !== b.header.model) {
    throw new BenchError(
      'bad-mask',
      `the masks were made for different weights: ${a.header.model} and ${b.header.model}`,
      {
        where: second,
        hint: 'compare masks of one model',
      },
    );
  }
  const comparison = compareMasks(a.masks, b.masks, namedInfos(a));
  stdout.write(json ? jsonText(comparison) : diffText(first, second, comparison));
  return 0;
}

/** Writes a checkpoint in Hugging Face layout with the mask applied. */
export async function maskBake(file: string, options: BakeOptions, stdout: Out = process.stdout): Promise<number> {
  const { out } = options;
  if (out === undefined) throw usage('a checkpoint needs an output folder', 'add --out FOLDER');
  const mask = await readMaskFile(resolve(file));
  const folder = await modelFolder(options.model);
  const { bakeCheckpoint } = await import('../harness/subnetworks/bake.ts');
  await bakeCheckpoint(folder, mask, resolve(out), { gamma: options.gamma ?? 0, file });
  const next = `bench try "How was your week?" --model ${shellWord(out)}`;
  stdout.write(writtenText({ said: await unpackedNote(folder), written: [out], next }, options.json === true));
  return 0;
}

/** Modules and layers as the names of the weights tell them: a mask knows no model. */
function namedInfos({ masks }: MaskFile): Parameters<typeof compareMasks>[2] {
  return [...masks].map(([name, { rows, columns }]) => {
    const layer = Number(/\.(\d+)\./.exec(name)?.[1] ?? 0);
    const module = /\bmlp\b/.test(name) ? ('mlp' as const) : ('attention' as const);
    return { name, layer, module, role: 'o', tap: 'o', rows, columns };
  });
}

function share(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(1)} %`;
}
