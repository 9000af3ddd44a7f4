// The methods that a persona subnetwork is compared with.

import type { Method, MethodRegistry } from '../harness/method/method.ts';
import { fewShot } from './few-shot/method.ts';
import { lora } from './lora/method.ts';
import { none } from './none.ts';
import { prompting } from './prompting.ts';
import { rag } from './rag/method.ts';
import { steering } from './steering/method.ts';

const all: readonly Method[] = [none, prompting, fewShot, rag, lora, steering];

export const BASELINES: MethodRegistry = new Map(all.map((method) => [method.name, method]));
