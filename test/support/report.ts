// Runs to draw reports of: a fake one with every kind of section, one whose names are all hostile, and one with very many
// outcomes.

import { createHash } from 'node:crypto';
import { EVALUATIONS } from '../../harness/evaluations/index.ts';
import type { ItemRow, RunResult } from '../../harness/record/run-record.ts';
import type { Extras } from '../../reports/html/outcomes.ts';
import { htmlReport } from '../../reports/html/page.ts';
import { EVALUATION, fakePersona, fakeSuite, METHODS } from './fake.ts';
import { temporaryFolder } from './folders.ts';
import { runFake } from './session.ts';
import { OUTCOMES, runOf } from './standings.ts';

const LATENCY = { items: 2, warmup: 0, repeats: 2, decodeTokens: 3 };
const LEVELS = [
  { label: 'low', value: 0.3 },
  { label: 'high', value: 0.7 },
];

/** Wider than paper, unless it wraps. */
const LONG_COMMAND = [
  'bench',
  'run',
  'suites/of-a-team/big-five.yaml',
  '--out',
  '/data/runs',
  '--set',
  'latency.items=2',
];

/** The rows of prompting told again as those of a subnetwork at two sparsities: the fake engine has no masks. */
function withSparsity(result: RunResult): RunResult {
  const again = <T extends { readonly method: string }>(rows: readonly T[]): T[] =>
    LEVELS.flatMap(({ label }) =>
      rows.filter(({ method }) => method === 'prompting').map((row) => ({ ...row, method: 'mask', sparsity: label })),
    );
  return {
    ...result,
    sparsity: LEVELS,
    metrics: [...result.metrics, ...again(result.metrics)],
    costs: [...result.costs, ...again(result.costs)],
  };
}

export async function plainReport(before: (rows: Iterable<ItemRow>) => Partial<Extras> = () => ({})): Promise<string> {
  const run = await runFake(temporaryFolder(), { suite: { latency: LATENCY } });
  const { provenance, ...result } = withSparsity(run.result);
  return htmlReport(
    { ...result, provenance: { ...provenance, command: LONG_COMMAND } },
    { items: run.rows, prompts: run.prompts(), ...before(run.rows()) },
  );
}

/** A persona that only a broken network seems to hold: with standings, taxes and what it says, one word of 180 letters. */
export async function brokenReport(): Promise<string> {
  const run = await runOf(OUTCOMES.broken);
  return htmlReport(run.result, { items: run.rows, prompts: run.prompts() });
}

/** A run in which every answer of prompting was the other one. */
export function* turned(rows: Iterable<ItemRow>): Generator<ItemRow> {
  for (const row of rows) {
    const orders = row.orders.map((order) => ({ ...order, scores: order.scores.map((score) => -score) }));
    yield row.method === 'prompting' ? { ...row, orders } : row;
  }
}

/** Sets `window.ran` wherever it is taken for markup or script. */
export const HOSTILE =
  `"'><img src=x onerror="window.ran=1"><script>window.ran=1</script></script></style></title><!--<svg onload=window.ran=1>` +
  `\u2028\${window.ran=1}{{window.ran=1}}${'W'.repeat(80)}`;

export async function hostileReport(): Promise<string> {
  const text = (what: string) => `${what} ${HOSTILE}`;
  const personas = [
    fakePersona(text('a'), text('b'), text('trait'), 'high'),
    fakePersona(text('b'), text('a'), text('trait'), 'low'),
  ];
  const suite = fakeSuite({
    name: text('suite'),
    notes: [text('note')],
    personas,
    methods: [
      { id: text('none'), method: 'none', control: true, options: {} },
      { id: text('prompting'), method: 'prompting', control: false, options: { place: 'system' } },
    ],
    evaluations: [{ ...EVALUATION, id: text('choice') }],
    latency: LATENCY,
  });
  const { models: _, ...changes } = suite;
  const run = await runFake(temporaryFolder(), { suite: changes, options: { registry: METHODS, kinds: EVALUATIONS } });
  return htmlReport(run.result, { items: run.rows, prompts: run.prompts() });
}

const digestOf = (text: string) => createHash('sha256').update(text).digest('hex');

/** `count` outcomes, each with a prompt of its own that shares its lines with others. */
export async function largeReport(count: number): Promise<string> {
  const { result } = await runFake(temporaryFolder());
  const [cell] = result.cells;
  const perCell = 240;
  const cells = Array.from({ length: Math.ceil(count / perCell) }, (_, k) => ({ ...cell!, id: digestOf(`cell ${k}`) }));
  const promptOf = (c: number, k: number) =>
    `<|system|>\nYou are persona ${c % 10}. Passage ${(c * 7 + k) % 900} says so, and it says so at length.\n<|user|>\nQuestion ${k % 960} of the many, in words enough to be one?`;
  const prompts = new Map<string, string>();
  function* items(): Generator<ItemRow> {
    for (let n = 0; n < count; n++) {
      const [c, k] = [Math.floor(n / perCell), n % perCell];
      const prompt = promptOf(c, k);
      const digest = digestOf(prompt);
      prompts.set(digest, prompt);
      const [a, b] = [((n * 37) % 101) / 20, ((n * 53) % 97) / 20];
      yield {
        cell: cells[c]!.id,
        model: 'tiny',
        evaluation: 'choice',
        method: c % 20 === 0 ? 'none' : `method ${c % 20}`,
        persona: c % 20 === 0 ? null : `persona ${c % 10}`,
        wording: null,
        sparsity: null,
        seed: 0,
        item: `item-${k}`,
        itemPersona: 'persona',
        trait: `trait ${k % 5}`,
        keyed: 1,
        question: `Question ${k} of the many, in words enough to be one?`,
        options: [
          { text: `The first of two answers to question ${k}.`, aligned: true },
          { text: `The second of two answers to question ${k}.`, aligned: false },
        ],
        p: 0.5,
        aligned: 1,
        orders: [
          { order: [0, 1], p: 0.5, sums: [-a, -b], scores: [-a, -b] },
          { order: [1, 0], p: 0.5, sums: [-b, -a], scores: [-b, -a] },
        ],
        prompt: digest,
        promptTokens: 60,
        addedTokens: 10,
      };
    }
  }
  for (const _ of items());
  return htmlReport({ ...result, cells }, { items, prompts });
}
