// Retrieval-augmented generation (Lewis et al., NeurIPS 2020) as a baseline. What retrieves is loaded when it is needed: a
// suite's options are checked without it.

import type { Axis, Method, Reading } from '../../harness/method/method.ts';
import { tuningLacking } from '../tuning.ts';
import { contentOf, isTuned, located, OPTIONS, optionsOf } from './options.ts';

export const rag: Method = {
  name: 'rag',
  title: 'passages retrieved for each question, in the prompt',
  options: OPTIONS,
  axes: (given): readonly Axis[] => (optionsOf(given).retriever === 'random' ? ['persona', 'seed'] : ['persona']),
  reads: (given): readonly Reading[] => [
    'description',
    'library',
    ...(isTuned(optionsOf(given)) ? (['tuning'] as const) : []),
  ],
  located,
  content: contentOf,
  lacks: (given, persona) => [
    ...(persona.description.trim() === '' ? ['description to search for'] : []),
    ...(isTuned(optionsOf(given)) ? tuningLacking(persona) : []),
  ],
  prepare: async (context) => (await import('./prepare.ts')).prepare(context),
};
