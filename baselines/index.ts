// Every method that a suite may name. cli passes this down, so that config and plan need not import the methods.

import type { Method, MethodRegistry } from '../harness/plan/method.ts';
import { none } from './none.ts';
import { prompting } from './prompting.ts';

const all: readonly Method[] = [none, prompting];

export const METHODS: MethodRegistry = new Map(all.map((method) => [method.name, method]));
