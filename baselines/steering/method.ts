// Activation steering, a method without training. What makes the vectors is loaded when it is needed: a suite's options are
// checked without it.

import type { Method, Reading } from '../../harness/method/method.ts';
import { textsLacking, tuningLacking } from '../tuning.ts';
import { isTuned, OPTIONS, type Options, optionsOf } from './options.ts';

/** What the outcomes depend on: nothing is tuned where nothing is left open. */
function content(given: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { 'tuning-items': items, coefficients, ...rest } = optionsOf(given);
  return isTuned(rest as Options) ? { ...rest, coefficients, 'tuning-items': items } : rest;
}

function reads(given: Readonly<Record<string, unknown>>): readonly Reading[] {
  return ['calibration', 'opposite', ...(isTuned(optionsOf(given)) ? (['tuning'] as const) : [])];
}

export const steering: Method = {
  name: 'steering',
  title: 'steering vectors, from the contrast between the poles, added to the residual stream',
  options: OPTIONS,
  axes: ['persona', 'seed'],
  reads,
  content,
  lacks: (given, persona) => [...textsLacking(persona), ...(isTuned(optionsOf(given)) ? tuningLacking(persona) : [])],
  network: true,
  prepare: async (context) => (await import('./prepare.ts')).prepare(context),
};
