// Every method that a suite may name: the baselines and the paper's own. Passed down from here, so that config and plan
// need not import them.

import { BASELINES } from '../baselines/index.ts';
import type { MethodRegistry } from '../harness/method/method.ts';
import { subnetwork } from '../harness/subnetworks/method.ts';

export const METHODS: MethodRegistry = new Map([...BASELINES, [subnetwork.name, subnetwork]]);
