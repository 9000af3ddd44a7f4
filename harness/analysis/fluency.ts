// Does a method still speak? What it wrote on neutral questions, measured, and why a row counts as broken. The limits are here,
// each with its reason; docs/scoring.md has the figures of persona-nano that they were set by.

import { grouped } from '../../base/grouped.ts';
import type { Persona } from '../config/resolved.ts';
import type { Cell, CellResult } from '../plan/cell.ts';
import type { SpokenText, TaxRecord } from '../record/cell-record.ts';
import type { BrokenRow, SpokenRow, VerdictRow } from '../record/run-record.ts';
import { promptDivergence } from './taxes.ts';

/** Tokens of the n-grams that are counted as repeated: pairs recur in whole text, such as "in the". */
const GRAM = 3;
/** A text that loops after an opening of m tokens has a share of 1 - m/n: above this the loop is most of it. */
const MOST_REPEATED = 0.5;
/** Below that many tokens a share of n-grams says nothing. */
const LEAST_GRAMS = 8;
/** The same token so often in a row: no sentence has it, and a dash or a space is repeated less. */
const LONGEST_RUN = 8;
/** Share of distinct words, of this many words at least: prose has about 0.7 in 40 words. */
const LEAST_DISTINCT = 0.3;
const LEAST_WORDS = 12;
/** Under the dense network: half of what a uniform guess costs, so that each token is one of sqrt(vocabulary) to it. */
const MOST_NATS = 0.5;
const LEAST_TOKENS = 5;
/** Of a row's answers, beyond the dense network's share: one of three of a single network, or 8 of the 30 of ten personas. */
const MOST_BROKEN = 0.25;
/** Where more of the dense network's own answers are no language, its answers cannot show what a method broke. */
const MOST_BROKEN_DENSE = 0.5;
/**
 * KL(dense || network) on neutral prompts, nats per token: at ln 2 the perplexity of what the dense network would write is
 * twice the dense network's own. A persona has no say in what a user writes, so that it needs none of it.
 */
export const MOST_DIVERGENCE = Math.LN2;

interface Fluency {
  readonly repetition: number;
  readonly longest: number;
  readonly distinct: number;
  readonly natsPerToken: number;
  readonly broken: readonly string[];
}

/** Share of repeated n-grams, longest run of one token, share of distinct words, nats; and which limits that exceeds. */
export function fluency({ text, ids, nats, uniform, ended }: SpokenText): Fluency {
  const grams = ids.slice(GRAM - 1).map((_, at) => ids.slice(at, at + GRAM).join());
  const repetition = grams.length === 0 ? 0 : 1 - new Set(grams).size / grams.length;
  let run = 0;
  let longest = 0;
  for (const [at, id] of ids.entries()) {
    run = at > 0 && ids[at - 1] === id ? run + 1 : 1;
    longest = Math.max(longest, run);
  }
  const words = text.toLowerCase().match(/[\p{L}\p{M}\p{N}']+/gu) ?? [];
  const distinct = words.length === 0 ? 1 : new Set(words).size / words.length;
  const natsPerToken = ids.length === 0 ? 0 : nats / ids.length;
  const share = (value: number): string => `${(100 * value).toFixed(0)} %`;
  const broken = [
    ...(ids.length === 0 && ended ? ['says nothing'] : []),
    ...(longest >= LONGEST_RUN ? [`writes one token ${longest} times in a row`] : []),
    ...(ids.length >= LEAST_GRAMS && repetition > MOST_REPEATED && longest < LONGEST_RUN
      ? [`repeats itself: ${share(repetition)} of its runs of ${GRAM} tokens were there before`]
      : []),
    ...(words.length >= LEAST_WORDS && distinct < LEAST_DISTINCT && longest < LONGEST_RUN
      ? [`only ${share(distinct)} of its words are distinct`]
      : []),
    ...(ids.length >= LEAST_TOKENS && natsPerToken > MOST_NATS * uniform
      ? [`${natsPerToken.toFixed(1)} nats per token under the dense network, of ${uniform.toFixed(1)} for a guess`]
      : []),
  ];
  return { repetition, longest, distinct, natsPerToken, broken };
}

/** What every method said, once per persona: of its first wording and seed, in the order of the plan. */
export function spokenRows(results: readonly CellResult[]): readonly SpokenRow[] {
  const said = results.filter(({ stored }) => (stored?.record.spoken.length ?? 0) > 0);
  const networks = grouped(said, ({ cell }) => JSON.stringify([placeOf(cell), cell.persona]));
  return [...networks.values()].flatMap(([{ cell, stored }]) =>
    (stored?.record.spoken ?? []).map((one) => {
      const { repetition, distinct, natsPerToken, broken } = fluency(one);
      const { question, text, ids, ended } = one;
      const place = { ...placeOf(cell), persona: cell.persona, question, text, tokens: ids.length };
      return { ...place, repetition, distinct, natsPerToken, ended, broken };
    }),
  );
}

const placeOf = ({ model, method, sparsity }: Cell) => ({ model, method, sparsity });

/** Why a row of a method is broken, by what a verdict's row is of; none where it speaks, or was not asked. */
export type BrokenOf = (
  row: Pick<VerdictRow, 'model' | 'method' | 'sparsity' | 'trait' | 'persona'>,
) => readonly string[];

/** `dense`: the entry without changes to the network, whose own answers are no worse for a loop that a model always has. */
export function brokenBy(
  results: readonly CellResult[],
  personas: readonly Pick<Persona, 'id' | 'trait'>[],
  dense: string | null,
): BrokenOf {
  const traits = new Map(personas.map(({ id, trait }) => [id, trait]));
  const networks = [
    ...grouped(
      results.filter(({ cell }) => cell.split === 'evaluation'),
      ({ cell }) => JSON.stringify([placeOf(cell), cell.persona]),
    ).values(),
  ].map((cells) => ({
    cell: cells[0].cell,
    faults:
      firstOf(cells, ({ spoken }) => (spoken.length > 0 ? spoken : null))?.map((one) => fluency(one).broken) ?? [],
    tax: firstOf(cells, ({ tax }) => tax),
  }));
  type Network = (typeof networks)[number];
  const shareOf = (own: readonly Network[]): number => {
    const answers = own.flatMap(({ faults }) => faults);
    return answers.length === 0 ? 0 : answers.filter(({ length }) => length > 0).length / answers.length;
  };
  return ({ model, method, sparsity, trait, persona }) => {
    const counts = (of: string | null): boolean =>
      of === null || ((persona === null || of === persona) && (trait === null || traits.get(of) === trait));
    const own = networks.filter(
      ({ cell }) =>
        cell.model === model && cell.method === method && cell.sparsity === sparsity && counts(cell.persona),
    );
    const whole = networks.filter(({ cell }) => cell.model === model && cell.method === dense);
    const speaks = shareOf(whole) <= MOST_BROKEN_DENSE;
    const answers = own.flatMap(({ faults }) => faults);
    const bad = answers.filter(({ length }) => length > 0);
    const departs = promptDivergence(own.flatMap(({ tax }): readonly TaxRecord[] => (tax === null ? [] : [tax])));
    return [
      ...(answers.length > 0 && method !== dense && speaks && shareOf(own) - shareOf(whole) >= MOST_BROKEN
        ? [`${bad.length} of its ${answers.length} answers to neutral questions are no language: ${commonest(bad)}`]
        : []),
      ...(departs !== null && (departs.low ?? departs.value) > MOST_DIVERGENCE
        ? [
            `its network departs from the dense one by ${departs.value.toFixed(2)} nats per token on neutral prompts, ` +
              `and ${MOST_DIVERGENCE.toFixed(2)} doubles the perplexity`,
          ]
        : []),
    ];
  };
}

/** Every method and sparsity that is broken, as a whole and as each persona; in the order of the plan. */
export function brokenRows(results: readonly CellResult[], brokenOf: BrokenOf): readonly BrokenRow[] {
  const points = grouped(
    results.filter(({ cell }) => cell.split === 'evaluation'),
    ({ cell }) => JSON.stringify(placeOf(cell)),
  );
  return [...points.values()].flatMap((own) => {
    const personas = [...new Set(own.map(({ cell }) => cell.persona))].filter((persona) => persona !== null);
    return [null, ...personas].flatMap((persona) => {
      const why = brokenOf({ ...placeOf(own[0].cell), trait: null, persona });
      return why.length === 0 ? [] : [{ ...placeOf(own[0].cell), persona, why }];
    });
  });
}

function firstOf<T>(
  cells: readonly CellResult[],
  pick: (record: NonNullable<CellResult['stored']>['record']) => T | null,
): T | null {
  for (const { stored } of cells) {
    const found = stored === null ? null : pick(stored.record);
    if (found !== null) return found;
  }
  return null;
}

/** The fault of most answers, in the words of the first that has it. */
function commonest(faults: readonly (readonly string[])[]): string {
  const kinds = [...grouped(faults.flat(), (fault) => fault.replace(/[\d.]+/g, '#')).values()];
  return kinds.reduce((a, b) => (b.length > a.length ? b : a))[0];
}
