// adapter_config.json of PEFT's LoRA (github.com/huggingface/peft, "LoraConfig"): what of it the engine applies, and how
// ours is written. A setting that is not known here is refused unless it is off: it could change what is applied.

import { BenchError } from '../../base/error.ts';

/** More than any update of a weight matrix has use for. */
const MAX_RANK = 4096;

export interface PeftScale {
  readonly rank: number;
  readonly alpha: number; // as in alpha / rank, whatever rule the file follows
}

/** Where the update comes from, for whom it was made, or how it was trained: none of it changes what is applied. */
const IDLE = [
  'auto_mapping',
  'base_model_name_or_path',
  'corda_config',
  'ensure_weight_tying',
  'eva_config',
  'exclude_modules',
  'fan_in_fan_out',
  'inference_mode',
  'layers_pattern',
  'layers_to_transform',
  'loftq_config',
  'lora_dropout',
  'megatron_core',
  'peft_version',
  'qalora_group_size',
  'revision',
  'runtime_config',
  'target_modules',
  'task_type',
] as const;
/** Checked one by one below. */
const READ = ['peft_type', 'r', 'lora_alpha', 'use_rslora', 'bias', 'init_lora_weights'] as const;
/** Ways to start that leave the base weights as they are; others take something off them first. */
const STARTS: readonly unknown[] = [undefined, null, true, false, 'gaussian', 'eva', 'orthogonal'];

/** Rank and alpha of a config. Throws `bad-adapter` with the field for what the engine does not apply. */
export function readPeftConfig(value: unknown, file: string): PeftScale {
  const fail = (message: string, hint: string): BenchError =>
    new BenchError('bad-adapter', message, { where: file, hint });
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw fail('it is not a JSON object', 'give the folder that PEFT saved');
  }
  const config = value as Readonly<Record<string, unknown>>;
  const { peft_type: type, r, lora_alpha: alpha, use_rslora: rooted = false, bias, init_lora_weights: start } = config;
  if (type !== 'LORA') throw fail(`peft_type is ${told(type)}`, 'only LoRA adapters are applied');
  if (!Number.isInteger(r) || (r as number) < 1 || (r as number) > MAX_RANK) {
    throw fail(`r is ${told(r)}`, `it must be a whole number from 1 to ${MAX_RANK}`);
  }
  if (typeof alpha !== 'number' || !Number.isFinite(alpha)) {
    throw fail(`lora_alpha is ${told(alpha)}`, 'it must be a number');
  }
  if (typeof rooted !== 'boolean') throw fail(`use_rslora is ${told(rooted)}`, 'it must be true or false');
  if (bias !== undefined && bias !== null && bias !== 'none') {
    throw fail(`bias is ${told(bias)}: biases were trained too`, 'train the adapter with bias none');
  }
  if (!STARTS.includes(start)) {
    throw fail(
      `init_lora_weights is ${told(start)}: the adapter belongs to changed base weights`,
      'convert it to plain LoRA when you save it (path_initial_model_for_weight_conversion)',
    );
  }
  const known: readonly string[] = [...IDLE, ...READ];
  const other = Object.keys(config).find((name) => !known.includes(name) && !isOff(config[name]));
  if (other !== undefined) {
    throw fail(
      `${told(other)} is ${told(config[other])}, which is not applied here`,
      'train the adapter without it, or merge it into the model with PEFT',
    );
  }
  const rank = r as number;
  return { rank, alpha: rooted ? alpha * Math.sqrt(rank) : alpha };
}

/** A config that PEFT takes. */
export function peftConfig(given: {
  readonly rank: number;
  readonly alpha: number;
  readonly dropout: number;
  readonly targets: readonly string[]; // modules, or ends of their names
  readonly base: string | null;
  readonly transposed: boolean; // the weights are stored [in, out]
}): Readonly<Record<string, unknown>> {
  const { rank, alpha, dropout, targets, base, transposed } = given;
  return {
    alpha_pattern: {},
    base_model_name_or_path: base,
    bias: 'none',
    fan_in_fan_out: transposed,
    inference_mode: true,
    init_lora_weights: true,
    lora_alpha: alpha,
    lora_dropout: dropout,
    modules_to_save: null,
    peft_type: 'LORA',
    r: rank,
    rank_pattern: {},
    revision: null,
    target_modules: [...targets],
    task_type: 'CAUSAL_LM',
    use_dora: false,
    use_rslora: false,
  };
}

function isOff(value: unknown): boolean {
  if (value === null || value === false || value === undefined || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** A value of a hostile file, clipped and quoted for a terminal. */
function told(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
