// The model as it is: the question alone, the dense network. What every other method is compared with.

import { DENSE } from '../formats/checkpoint/dense.ts';
import type { Method } from '../harness/method/method.ts';

export const none: Method = {
  name: 'none',
  title: 'the question alone, without a persona',
  options: { type: 'object', additionalProperties: false, properties: {} },
  axes: [],
  reads: [],
  network: true,
  prepare: async () => ({
    variant: DENSE,
    wrap: async (question) => ({ messages: [{ role: 'user', content: question.text }] }),
    cost: { artefactBytes: 0, trainedParameters: 0 },
    artefacts: [],
    release: () => {},
  }),
};
