// A method of one's own in one file: before each question, a few of the persona's calibration texts stand as answers that
// were given before. It is used without a fork, from the command line or from TypeScript (own-method-run.ts):
//   npx bench run my-suite.yaml --plugin ./own-method.ts
// where the suite says: methods: [{ id: recall, method: recall, options: { texts: 2 } }]

import {
  BenchError,
  type CalibrationText,
  type Context,
  DENSE,
  defineMethod,
  type Message,
} from 'persona-bench/method';

/** A text as a turn of the conversation; one without a question answers a general one. */
function turn({ question = 'Tell me about yourself.', answer }: CalibrationText): readonly Message[] {
  return [
    { role: 'user', content: question },
    { role: 'assistant', content: answer },
  ];
}

export const recall = defineMethod({
  name: 'recall',
  title: 'the persona by what it said before',
  // Raise it whenever the same inputs would give other answers. With --plugin the digest of this file is added to it.
  version: '1',
  options: {
    type: 'object',
    additionalProperties: false,
    properties: { texts: { type: 'integer', minimum: 1, maximum: 16, default: 2 } },
  },
  // One cell for each persona; sparsity, seed and wording make no difference.
  axes: ['persona'],
  // What prepare may see of the persona. The rest stays out of the identity of the cells.
  reads: ['calibration'],
  async prepare({ calibration, options, persona }: Context) {
    const { texts } = options as { readonly texts: number }; // its default is filled in by the schema
    const turns = calibration.slice(0, texts).flatMap(turn);
    if (turns.length === 0) {
      throw new BenchError('no-calibration', `persona ${persona?.id} has no calibration texts`, {
        hint: 'name a file of texts in the personas file',
      });
    }
    return {
      variant: DENSE, // the weights stay as they are
      wrap: async ({ text }) => ({ messages: [...turns, { role: 'user', content: text }] }),
      cost: { artefactBytes: 0, trainedParameters: 0 },
      artefacts: [],
      release: () => {},
    };
  },
});

/** What --plugin looks for. */
export const methods = [recall];
