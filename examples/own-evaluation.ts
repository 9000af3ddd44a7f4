// An evaluation of one's own in one file: each option of an item is asked about apart, "Would you say ...?", and scored by
// how much likelier "Yes" is than "No". No option stands before another, so that no order has to be averaged.
//   npx bench run own-persona/with-yes-no.yaml --plugin ./own-evaluation.ts
// where the suite says: evaluations: [{ id: yes-no, kind: yes-no }]

import {
  type AskRequest,
  defineEvaluation,
  type Evaluation,
  type EvaluationKind,
  type Item,
  type OptionScore,
  type Outcome,
  softmax,
} from 'persona-bench/method';

/** An evaluation of this kind as it is run. */
interface YesNo extends Evaluation {
  readonly kind: 'yes-no';
}

const SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['id', 'kind'],
  properties: {
    id: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$', maxLength: 64 },
    kind: { const: 'yes-no', description: 'each option is asked about apart, and answered with Yes or No' },
    'items-per-trait': { type: 'integer', minimum: 1, description: 'the first n of the evaluation split' },
  },
} as const;

/** Its entry in a suite, as the schema leaves it. */
interface YesNoFile {
  readonly id: string;
  readonly kind: 'yes-no';
  readonly 'items-per-trait'?: number;
}

const questionOf = (item: Item, option: number): string =>
  `${item.question}\nWould you say "${item.options[option]?.text}"? Answer Yes or No.`;

/** Both answers to the question about one option. `score`: log P(Yes) - log P(No), per token each. */
async function asked({ engine, text, variant, wrap }: AskRequest<YesNo>, item: Item, option: number) {
  const prompt = text.render(await wrap({ item, text: questionOf(item, option) }));
  const sequences = ['Yes', 'No'].map((answer) => ({
    tokens: Uint32Array.from([...prompt.tokens, ...text.continuation(prompt, answer)]),
    from: prompt.tokens.length,
    variant,
  }));
  const answers = (await engine.score(sequences)).map(({ logprobs, greedy }) => {
    const sum = logprobs.reduce((total, value) => total + value, 0);
    return { sum, tokens: logprobs.length, greedy: greedy.every((one) => one === 1) };
  });
  const [yes, no] = answers as [(typeof answers)[0], (typeof answers)[0]];
  const score: OptionScore = { ...yes, bytes: 'Yes'.length, score: yes.sum / yes.tokens - no.sum / no.tokens };
  return { score, promptTokens: prompt.tokens.length };
}

async function outcomeOf(request: AskRequest<YesNo>, item: Item): Promise<Outcome> {
  request.signal?.throwIfAborted();
  const options: OptionScore[] = [];
  let promptTokens = 0;
  for (const option of item.options.keys()) {
    const found = await asked(request, item, option);
    options.push(found.score);
    if (option === 0) promptTokens = found.promptTokens;
  }
  const p =
    softmax(options.map(({ score }) => score))[item.options.findIndex(({ matching }) => matching)] ?? Number.NaN;
  const bare = request.text.render({ messages: [{ role: 'user', content: questionOf(item, 0) }] });
  return {
    item: item.id,
    orders: [{ order: [...item.options.keys()], options, p }],
    p,
    promptTokens,
    addedTokens: promptTokens - bare.tokens.length,
  };
}

const kind: EvaluationKind<YesNo, YesNoFile> & { readonly version: string } = {
  kind: 'yes-no',
  // Raise it whenever the same inputs would give other outcomes. With --plugin the digest of this file is added to it.
  version: '1',
  schema: SCHEMA,
  graded: false, // an answer is the persona's or not
  unit: 'item',
  poles: 'both', // an item says something about both poles of its trait
  // Without `items` the personas' own items are asked.
  resolve: async ({ id, kind, ...file }, { limit, setUp }) => ({
    evaluation: {
      ...{ id, kind, scorer: 'yes-no', orders: 'given', template: '{question}', setUp },
      itemsPerTrait: limit ?? file['items-per-trait'] ?? null,
    },
  }),
  // What outcomes depend on, beside items and version: nothing that a suite can set.
  content: () => ({}),
  question: (_, item, order) => questionOf(item, order[0] ?? 0),
  answer: () => 'Yes',
  async ask(request) {
    const outcomes: Outcome[] = [];
    for (const item of request.items) outcomes.push(await outcomeOf(request, item));
    return outcomes;
  },
};

/** What --plugin looks for. */
export const evaluations = [defineEvaluation(kind)];
