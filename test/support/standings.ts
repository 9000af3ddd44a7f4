// Records of runs that came out differently, made up by the types of run.json: a persona that is held, one that is lost, one
// that only a broken network seems to hold, one that too few items were asked for, and one that a word count does as well.

import type {
  AnswererRow,
  ComparedKind,
  ComparisonRow,
  MetricRow,
  RowScope,
  RunResult,
  Share,
  SpokenRow,
  Standing,
  TaxRow,
  VerdictRow,
} from '../../harness/record/run-record.ts';
import { temporaryFolder } from './folders.ts';
import { runFake } from './session.ts';
import { share } from './share.ts';

interface Entry {
  readonly method: string;
  readonly sparsity?: string;
  readonly control?: boolean;
  readonly value: number; // alignment, of all and of each persona
  readonly standing?: Standing;
  readonly fails?: VerdictRow['fails'];
  readonly missing?: readonly string[];
  readonly decides?: number | null;
  readonly broken?: readonly string[];
  readonly tax?: number; // nats per token
  readonly filled?: number;
  readonly says?: string;
  readonly setupMs?: number;
  readonly addedTokens?: number;
}

export interface Outcome {
  readonly n: number; // items of a persona
  readonly entries: readonly Entry[];
  readonly answerers?: Readonly<Record<string, number>>; // 0.5: by construction
  readonly personas?: readonly (readonly [persona: string, trait: string])[];
}

const QUESTION = 'What do you do on a free evening?';
const NONE: Entry = { method: 'none', control: true, value: 0.5, says: 'I read a book, and then I sleep.', tax: 0 };
const prompting = { method: 'prompting', addedTokens: 15, says: 'I call my friends and we go out.', tax: 0 };
const NOISE = [{ name: 'none', kind: 'dense' as const }];

export const OUTCOMES = {
  held: {
    n: 120,
    answerers: { overlap: 0.589, words: 0.6, shorter: 0.5, first: 0.5 },
    entries: [
      NONE,
      { ...prompting, value: 0.786, standing: 'held' },
      {
        ...{ method: 'contrastive', sparsity: 'middle', value: 0.746, standing: 'held', tax: 0.31, filled: 0.04 },
        ...{ setupMs: 470, says: 'I go out and out with all of them.' },
      },
      {
        ...{ method: 'wanda', sparsity: 'middle', value: 0.506, standing: 'not-held', tax: 0.22, filled: 0.96 },
        ...{ fails: [...NOISE, { name: 'wanda.shuffled', kind: 'shuffled' }], says: 'I read and I read.' },
      },
      { method: 'wanda.shuffled', sparsity: 'middle', control: true, value: 0.498 },
    ],
  },
  lost: {
    n: 120,
    answerers: { overlap: 0.589, words: 0.6, shorter: 0.5, first: 0.5 },
    entries: [
      NONE,
      { ...prompting, value: 0.5, standing: 'not-held', fails: [...NOISE, { name: 'overlap', kind: 'answerer' }] },
    ],
  },
  broken: {
    n: 120,
    answerers: { overlap: 0.589, words: 0.6, shorter: 0.5, first: 0.5 },
    entries: [
      NONE,
      { ...prompting, value: 0.5, standing: 'not-held', fails: NOISE },
      {
        ...{ method: 'steering', value: 0.998, standing: 'held', tax: 6.2, setupMs: 920 },
        ...{ broken: ['97 % of its words were said before'], says: `R${'ec'.repeat(90)}` },
      },
    ],
  },
  undecided: {
    n: 14,
    answerers: { overlap: 0.5, shorter: 0.5 },
    entries: [NONE, { ...prompting, value: 0.643, standing: 'undecided', fails: NOISE, decides: 88 }],
  },
  words: {
    n: 120,
    answerers: { words: 0.967, overlap: 0.589, shorter: 0.5, first: 0.5 },
    entries: [
      NONE,
      { ...prompting, value: 0.908, standing: 'like-answerer', fails: [{ name: 'words', kind: 'answerer' }] },
    ],
  },
} as const satisfies Readonly<Record<string, Outcome>>;

/** A fake run with these figures in it. */
export async function runOf(outcome: Outcome) {
  const latency = { items: 2, warmup: 0, repeats: 2, decodeTokens: 3 };
  const run = await runFake(temporaryFolder(), { suite: { latency } });
  return { ...run, result: recordOf(run.result, outcome) };
}

export function recordOf(result: RunResult, { n, entries, answerers = {}, personas = PERSONAS }: Outcome): RunResult {
  const at = { model: result.metrics[0]?.model ?? '', evaluation: result.metrics[0]?.evaluation ?? '' };
  const scopes = scopesOf(personas);
  const figure = (value: number, scope: RowScope, fixed: boolean): Share => {
    const whole = scope.scope === 'persona' ? n : scope.scope === 'trait' ? 2 * n : personas.length * n;
    const known = share(value, whole);
    return fixed && scope.scope !== 'persona' ? { ...known, value: 0.5, low: null, high: null } : known;
  };
  const pointOf = ({ method, sparsity }: Entry) => ({ ...at, method, sparsity: sparsity ?? null });
  const judged = entries.filter((entry) => entry.standing !== undefined);
  return {
    ...result,
    personas: personas.map(([id, trait], k) => ({ id, trait, pole: k % 2 === 0 ? 'high' : 'low', opposite: null })),
    sparsity: [{ label: 'middle', value: 0.5 }],
    metrics: entries.flatMap((entry) =>
      scopes.map(
        (scope): MetricRow => ({
          ...pointOf(entry),
          control: entry.control === true,
          wording: null,
          ...scope,
          alignment: figure(entry.value, scope, entry.method === 'none'),
          meanP: entry.value,
          chance: 0.5,
          orders: [],
        }),
      ),
    ),
    answerers: Object.entries(answerers).flatMap(([answerer, value]) =>
      scopes.map(
        (scope): AnswererRow => ({
          evaluation: at.evaluation,
          answerer,
          ...scope,
          alignment: figure(value, scope, value === 0.5),
        }),
      ),
    ),
    comparisons: judged.flatMap((entry) =>
      scopes.flatMap((scope) =>
        comparisonsOf(entry, n, Object.keys(answerers)).map((row) => ({ ...pointOf(entry), ...scope, ...row })),
      ),
    ),
    differences: [],
    verdicts: judged.flatMap((entry) =>
      scopes.map(
        (scope): VerdictRow => ({
          ...pointOf(entry),
          ...scope,
          standing: entry.standing as Standing,
          fails: entry.fails ?? [],
          missing: entry.missing ?? [],
          decides: entry.decides ?? null,
          broken: entry.broken ?? [],
        }),
      ),
    ),
    costs: entries.map((entry) => ({
      ...pointOf(entry),
      cells: 2,
      setupMs: entry.setupMs ?? 0,
      addedTokens: entry.addedTokens ?? 0,
      artefactBytes: entry.sparsity === undefined ? 0 : 86_016,
      trainedParameters: 0,
      figures: entry.filled === undefined ? {} : { filled: entry.filled },
    })),
    agreements: [],
    taxes: entries.flatMap((entry) => (entry.tax === undefined ? [] : [taxRow(pointOf(entry), entry.tax)])),
    broken: entries.flatMap((entry) => {
      const { model, method, sparsity } = pointOf(entry);
      return entry.broken === undefined ? [] : [{ model, method, sparsity, persona: null, why: entry.broken }];
    }),
    spoken: entries.flatMap((entry) =>
      (entry.method === 'none' ? [null] : personas.map(([persona]) => persona)).flatMap((persona) =>
        entry.says === undefined ? [] : [spokenRow(pointOf(entry), persona, entry.says, entry.broken ?? [])],
      ),
    ),
    latency: result.latency.filter(({ method }) => entries.some((entry) => entry.method === method)),
    tuning: [],
    headlines: [],
  };
}

const PERSONAS: NonNullable<Outcome['personas']> = [
  ['extraversion', 'extraversion'],
  ['introversion', 'extraversion'],
];

function scopesOf(personas: NonNullable<Outcome['personas']>): readonly RowScope[] {
  return [
    { scope: 'pooled', trait: null, persona: null },
    ...[...new Set(personas.map(([, trait]) => trait))].map((trait) => ({
      scope: 'trait' as const,
      trait,
      persona: null,
    })),
    ...personas.map(([persona, trait]) => ({ scope: 'persona' as const, trait, persona })),
  ];
}

type Compared = Pick<
  ComparisonRow,
  'control' | 'same' | 'kind' | 'n' | 'seeds' | 'draws' | 'difference' | 'low' | 'high' | 'beats'
>;

function comparisonsOf(
  { value, fails = [], sparsity }: Entry,
  n: number,
  answerers: readonly string[],
): readonly Compared[] {
  const half = 1 / Math.sqrt(n);
  const against = (control: string, kind: ComparedKind, same: readonly string[], draws: number): Compared => {
    const beats = !fails.some(({ name }) => name === control);
    const difference = value - 0.5;
    const low = beats ? Math.max(0.001, difference - half) : Math.min(0, difference - half);
    return { control, same, kind, n, seeds: 1, draws, difference, low, high: difference + half, beats };
  };
  return [
    against(
      'none',
      'dense',
      answerers.filter((name) => name === 'shorter' || name === 'first'),
      1,
    ),
    ...(sparsity === undefined ? [] : [against('wanda.shuffled', 'shuffled', [], 20)]),
    ...answerers
      .filter((name) => name === 'words' || name === 'overlap')
      .map((name) => against(name, 'answerer', [], 1)),
  ];
}

function taxRow(point: Pick<TaxRow, 'model' | 'evaluation' | 'method' | 'sparsity'>, value: number): TaxRow {
  const around = (at: number) => ({ value: at, low: 0.9 * at, high: 1.1 * at });
  return {
    ...point,
    ...{ networks: 2, texts: 40, tokens: 2100, bytes: 6000 },
    divergence: { prompts: around(value / 2), answers: around(value) },
    natsPerByte: around(2 + value),
    excess: around(value),
    denseNatsPerByte: 2,
    measurable: value < 0.3,
    why: value < 0.3 ? null : 'the dense network is within 20 % of its loss by unigrams',
  };
}

function spokenRow(
  { model, method, sparsity }: Pick<TaxRow, 'model' | 'method' | 'sparsity'>,
  persona: string | null,
  text: string,
  broken: readonly string[],
): SpokenRow {
  const tokens = text.length;
  const repetition = broken.length === 0 ? 0.05 : 0.97;
  return {
    ...{ model, method, sparsity, persona, question: QUESTION, text, tokens, repetition },
    ...{ distinct: 1 - repetition, natsPerToken: 2.5, ended: broken.length === 0, broken },
  };
}
