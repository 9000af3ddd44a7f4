// What an adapter of PEFT may have besides updates of the matrices in layers: updates of the output head or the embedding,
// and whole weights that were trained or saved along. None of it is applied here, and each is named as what it is.

import { BenchError } from '../../base/error.ts';
import { FAMILIES } from '../../formats/checkpoint/families.ts';
import { shown } from '../../formats/safetensors/header.ts';

/** Names in a message; a hostile file may hold any number. */
const MAX_NAMED = 4;
const UPDATE = /\.lora_[AB](?:\.[\w-]+)?\.weight$|\.lora_embedding_[AB](?:\.[\w-]+)?(?:\.weight)?$/;
const WHOLE = /(?:\.base_layer|\.modules_to_save(?:\.[\w-]+)?)?\.(?:weight|bias)$/;
const TOKENS = /\.(?:token_adapter\.)?trainable_tokens_[\w.]+$/;
const MAGNITUDE = /\.lora_magnitude_vector(?:\.[\w-]+)?(?:\.weight)?$/;

/**
 * Why `names`, the tensors of the file that belong to no matrix of the model, cannot be applied, with the modules by name.
 * `root`: what PEFT puts before a module's name.
 */
export function unapplied(names: readonly string[], root: string, family: string, file: string): BenchError {
  const fail = (message: string, hint: string): BenchError =>
    new BenchError('bad-adapter', message, { where: file, hint });
  const known = FAMILIES[family]?.names;
  const partOf = (module: string): string | null => {
    if (known === undefined) return null;
    if (module === known.head) return 'the output head';
    if (module === known.prefix + known.embedding || module === known.embedding) return 'the embedding';
    return null;
  };
  const modules = new Map<string, { readonly what: 'updates' | 'has full weights of'; readonly part: string | null }>();
  for (const name of names) {
    const bare = name.startsWith(root) ? name.slice(root.length) : name;
    const update = [UPDATE, TOKENS, MAGNITUDE].find((pattern) => pattern.test(bare));
    const module = bare.replace(update ?? WHOLE, '');
    const part = partOf(module);
    // An update of a module that this model lacks says that the model is another one.
    if (module === bare || (update !== undefined && part === null)) {
      return fail(
        `tensor ${shown(name)} updates nothing that this model has`,
        'the adapter was trained for another model: name that one',
      );
    }
    modules.set(module, { what: update === undefined ? 'has full weights of' : 'updates', part });
  }
  const told = (['updates', 'has full weights of'] as const).flatMap((what) => {
    const own = [...modules].filter(([, entry]) => entry.what === what);
    if (own.length === 0) return [];
    const list = own
      .slice(0, MAX_NAMED)
      .map(([module, { part }]) => `${shown(module)}${part === null ? '' : ` (${part})`}`);
    const more = own.length > MAX_NAMED ? ` and ${own.length - MAX_NAMED} more` : '';
    return [`${what} ${list.join(', ')}${more}`];
  });
  return fail(
    `it ${told.join(' and ')}, and only low-rank updates of the matrices in layers are applied here`,
    'merge the adapter into its base model with PEFT (merge_and_unload), save that, and name it as the model',
  );
}
