// LoRA (Hu et al., ICLR 2022) as a baseline. What trains is loaded when it is needed: a suite's options are checked without.

import type { Method } from '../../harness/method/method.ts';
import { textsLacking } from '../tuning.ts';
import { contentOf, OPTIONS, optionsOf } from './options.ts';

export const lora: Method = {
  name: 'lora',
  title: "low-rank updates trained on the persona's calibration texts",
  options: OPTIONS,
  axes: ['persona', 'seed'],
  // Items of the calibration split come with those of the tuning split.
  reads: (given) => {
    const options = optionsOf(given);
    const items = options.from !== 'texts' || options['evaluate-every'] > 0;
    return [...(options.from === 'items' ? [] : ['calibration' as const]), ...(items ? ['tuning' as const] : [])];
  },
  lacks: (given, persona) => {
    const { from } = optionsOf(given);
    const items = persona.items.some(({ split }) => split === 'calibration');
    if (from === 'texts') return textsLacking(persona);
    if (from === 'items') return items ? [] : ['items of the calibration split'];
    return items ? [] : textsLacking(persona).map((texts) => `${texts} or items of the calibration split`);
  },
  content: contentOf,
  network: true,
  prepare: async (context) => (await import('./prepare.ts')).prepare(context),
};
