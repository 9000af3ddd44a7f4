// The options of the method `subnetwork` in a suite: their schema, what a schema cannot say of them, and which texts they
// ask for.

import type { FromSchema } from 'json-schema-to-ts';
import { BenchError } from '../../base/error.ts';
import { OPTIONS } from './options-schema.ts';

export { OPTIONS } from './options-schema.ts';
export type Options = FromSchema<typeof OPTIONS>;
export type GroupName = NonNullable<Options['group']>;

/** Which sets of texts must be run through the network. */
export interface Needs {
  readonly persona: boolean;
  readonly opposite: boolean;
  readonly generic: boolean;
}

/** `given` with the defaults of the schema; not checked. */
export function optionsOf(given: Readonly<Record<string, unknown>>): Options {
  let options = filled.get(given);
  if (options === undefined) {
    options = withDefaults(given);
    filled.set(given, options);
  }
  return options;
}

/** A plan reads those of an entry once per cell. */
const filled = new WeakMap<Readonly<Record<string, unknown>>, Options>();

function withDefaults(given: Readonly<Record<string, unknown>>): Options {
  const defaults = Object.entries(OPTIONS.properties).flatMap(([name, property]) =>
    'default' in property ? [[name, property.default] as const] : [],
  );
  return { ...Object.fromEntries(defaults), ...given } as Options;
}

/** The group by name; its default hangs on the score function. */
export const groupName = (options: Options): GroupName =>
  options.group ?? (options.score === 'sparse-diag' ? 'block' : 'row');

/** Whether the score function sets one persona against another, or (set-difference) against neutral text. */
const isContrastive = ({ score }: Options): boolean => score.startsWith('contrastive-') || score === 'set-difference';

/** Whether the score function looks at activations. */
export const isCalibrated = ({ score }: Options): boolean => score !== 'magnitude' && score !== 'random';

/** Whether every persona gets the same network. */
export const personaFree = (options: Options): boolean =>
  !isCalibrated(options) || (options.texts === 'generic' && !isContrastive(options));

/** Whether the mask is put together from the persona's and the opposite's. */
export const isBlended = ({ keep, toward }: Options): boolean => keep !== 'persona' || toward !== undefined;

/** Which texts the mask of `options` is made from: through its score function, `texts`, `keep` and `toward`. */
export function needs(options: Options): Needs {
  if (!isCalibrated(options)) return { persona: false, opposite: false, generic: false };
  const { score, texts } = options;
  const other = isContrastive(options) || isBlended(options);
  // Set-difference looks at what it removes, the other side, and at neutral text; where masks are mixed, at both sides.
  const own = score !== 'set-difference' || isBlended(options);
  const pooled = texts === 'shuffled';
  const swapped = texts === 'opposite';
  return {
    persona: pooled || (swapped ? other : own && texts === 'persona'),
    opposite: pooled || (swapped ? own : other),
    generic: score === 'set-difference' || texts === 'generic',
  };
}

const READ_BY: Readonly<Record<string, (options: Options) => boolean>> = {
  statistic: (options) => isCalibrated(options) && options.score !== 'sparse-diag',
  activation: ({ score }) => score === 'contrastive-wanda',
  tau: ({ score, activation }) => score === 'contrastive-wanda' && activation === 'softplus',
  epsilon: ({ score }) => score === 'contrastive-wanda',
  rule: ({ score }) => score === 'contrastive-sparse',
  damping: ({ score }) => score === 'sparse-diag',
  beta: ({ score }) => score === 'contrastive-ratio',
  utility: ({ score }) => score === 'set-difference',
  tokens: isCalibrated,
  chat: isCalibrated,
  samples: isCalibrated,
  length: isCalibrated,
  texts: isCalibrated,
  wording: ({ prompt }) => prompt === 'persona',
};

/** Options that were changed although nothing reads them: whoever wrote them takes them to do something. */
export function idle(options: Options): readonly string[] {
  const defaults: Readonly<Record<string, unknown>> = optionsOf({});
  const given: Readonly<Record<string, unknown>> = options;
  return Object.keys(READ_BY).filter((name) => given[name] !== defaults[name] && !READ_BY[name]!(options));
}

/** Throws `bad-options`, with the field, for what the schema cannot say. Idle options pass: controls inherit them. */
export function checkOptions(options: Options): void {
  const { score, rule, texts, keep, toward, sparsity, targets = {}, restore = {} } = options;
  const group = groupName(options);
  const { modules, layers, 'per-layer': perLayer } = targets;
  ordered('targets.layers', layers);
  ordered('restore.layers', restore.layers);
  if (perLayer !== undefined) {
    // Else it would fill the rows of all the suite's sparsities with one and the same network.
    if (sparsity === 'all' || sparsity.length !== 1)
      refuse('targets.per-layer', "it replaces the suite's sparsity", 'name one label in `sparsity`');
    if (group === 'global' || group === '2:4' || group === '4:8')
      refuse('targets.per-layer', `group ${group} has one sparsity for all layers`, 'choose another group');
  }
  if (group === 'channels' && modules?.includes('attention'))
    refuse('group', 'channels are those of the MLP', 'leave attention out of `targets.modules`, or choose row');
  if (group === 'heads' && modules?.includes('mlp'))
    refuse('group', 'heads are those of the attention', 'leave mlp out of `targets.modules`, or choose row');
  const ranks =
    score === 'set-difference'
      ? score
      : score === 'contrastive-sparse' && rule === 'code'
        ? `${score} by rule: code`
        : null;
  if (ranks !== null && (group === 'channels' || group === 'heads' || group === 'tiles'))
    refuse(
      'group',
      `${group} are kept by the sums of their weights' scores, and ${ranks} only says which weight goes first`,
      'choose row, block, layer or global, or another `score`',
    );
  if (score === 'set-difference' && texts === 'generic')
    refuse('texts', 'set-difference would contrast neutral text with itself', 'choose another `texts` or `score`');
  if (keep !== 'persona' && toward !== undefined)
    refuse('toward', `it does not go with keep: ${keep}`, 'leave one of the two out');
  if (isBlended(options) && personaFree(options)) {
    const field = toward === undefined ? 'keep' : 'toward';
    const why = isCalibrated(options) ? `texts: ${texts}` : `score: ${score}`;
    refuse(field, `with ${why} both personas have the same mask`, `leave \`${field}\` out`);
  }
}

function ordered(field: string, range: readonly number[] | undefined): void {
  const [first = 0, last = 0] = range ?? [];
  if (first > last) refuse(field, `the first layer, ${first}, comes after the last, ${last}`, 'swap them');
}

/** Throws `bad-options` for one field of the options. */
export function refuse(field: string, message: string, hint: string): never {
  throw new BenchError('bad-options', `${field}: ${message}`, { where: `options.${field}`, hint });
}
