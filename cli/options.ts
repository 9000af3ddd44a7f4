// The flags of every verb as the verbs get them.

import type { Format } from '../formats/tensors/tensor.ts';
import type { FilterTerm } from '../harness/plan/selection.ts';
import type { ChatOptions } from './flags.ts';

export interface SuiteOptions {
  readonly plugin?: readonly string[]; // files
  readonly set?: readonly string[];
  readonly model?: string;
  readonly filter?: readonly FilterTerm[];
  readonly limit?: number;
  readonly seed?: number;
  readonly device?: string;
  readonly out?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export interface GateOptions {
  readonly reference?: string; // a file
  readonly explain?: boolean;
  readonly strict?: boolean;
  readonly junit?: string; // a file
}

export interface RunOptions extends SuiteOptions, GateOptions {
  readonly progress?: 'tty' | 'plain' | 'none';
  readonly fresh?: boolean;
  readonly failFast?: boolean;
  readonly profile?: boolean;
  readonly gate?: boolean;
}

export interface PlanOptions extends SuiteOptions {
  readonly why?: boolean;
  readonly printConfig?: boolean;
  readonly showPrompt?: number; // which cell, from 1
}

export interface TryOptions extends ChatOptions {
  readonly model: string;
  readonly plugin?: readonly string[]; // files
  readonly persona?: string;
  readonly wording?: string;
  readonly personas?: string; // file
  readonly method?: string;
  readonly mask?: string; // file
  readonly gamma?: number;
  readonly adapter?: string; // folder
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly stop?: readonly string[];
  readonly seed?: number;
  readonly chat?: boolean;
  readonly raw?: boolean;
  readonly ids?: string;
  readonly json?: boolean;
  readonly device?: string;
}

export interface MaskMakeOptions extends ChatOptions {
  readonly model: string;
  readonly persona?: string;
  readonly personas?: string; // file
  readonly calibration?: string; // file
  readonly against?: string; // file
  readonly score?: string;
  readonly statistic?: string;
  readonly sparsity?: number;
  readonly group?: string;
  readonly tokens?: string;
  readonly raw?: boolean;
  readonly samples?: number;
  readonly length?: number;
  readonly seed?: number;
  readonly set?: readonly string[];
  readonly out?: string;
  readonly device?: string;
  readonly json?: boolean;
}

export interface BakeOptions {
  readonly model: string;
  readonly gamma?: number;
  readonly out?: string;
  readonly json?: boolean;
}

export interface QuantiseOptions {
  readonly to: Format;
  readonly out?: string;
  readonly json?: boolean;
}

export interface MergeOptions {
  readonly model: string;
  readonly out?: string;
  readonly json?: boolean;
}
