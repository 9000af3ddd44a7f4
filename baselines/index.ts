// The methods that a persona subnetwork is compared with.

import type { Method, MethodRegistry } from '../harness/plan/method.ts';
import { none } from './none.ts';
import { prompting } from './prompting.ts';

const all: readonly Method[] = [none, prompting];

export const BASELINES: MethodRegistry = new Map(all.map((method) => [method.name, method]));
