// The methods that come with the package: the baselines and the paper's own. Passed down from here, so that config and
// plan need not import them.

import { BASELINES } from '../baselines/index.ts';
import type { MethodRegistry } from '../harness/method/method.ts';
import { subnetwork } from '../harness/subnetworks/method.ts';

/** By the name that a suite uses. */
export const METHODS: MethodRegistry = new Map([...BASELINES, [subnetwork.name, subnetwork]]);
