// What methods do to the network besides alignment: divergence from the dense one on text without a persona, nats per byte of
// neutral text. Intervals are over texts; the networks of a row are all there are of it.

import { grouped } from '../../base/grouped.ts';
import type { Cell, CellResult } from '../plan/cell.ts';
import type { NeutralText, TaxRecord } from '../record/cell-record.ts';
import type { Interval3, TaxRow } from '../record/run-record.ts';
import { type RatioUnit, ratioOfSums } from '../stats/ratio-of-sums.ts';

/** Where the dense network's nats per token are above this share of what guessing costs, its prediction says too little. */
const MOST_OF_GUESSING = 0.8;
/** Neutral text below this is too little for nats per byte. */
const LEAST_TOKENS = 2000;

/** Of one network, nats per token of the dense network's own answers to neutral questions; null: not measured. */
export function divergenceOf(tax: TaxRecord | null): number | null {
  return tax && (perToken([tax], 'answer')?.value ?? null);
}

/** One row per method and sparsity whose networks were measured, in the order of the plan. */
export function taxRows(results: readonly CellResult[]): readonly TaxRow[] {
  const read = results.flatMap(({ cell, stored }) => {
    const tax = stored?.record.tax ?? null;
    return tax === null || cell.split === 'tuning' ? [] : [{ cell, tax }];
  });
  return [...grouped(read, ({ cell }) => JSON.stringify(pointOf(cell))).values()].flatMap((cells) => {
    const row = rowOf(cells.map(({ tax }) => tax));
    return row === null ? [] : [{ ...pointOf(cells[0].cell), ...row }];
  });
}

const pointOf = ({ model, evaluation, method, sparsity }: Cell) => ({
  model,
  evaluation: evaluation.id,
  method,
  sparsity,
});

/** Divergence of networks together on neutral prompts; null where none was measured. */
export function promptDivergence(networks: readonly TaxRecord[]): Interval3 | null {
  return perToken(networks, 'prompt');
}

function perToken(networks: readonly TaxRecord[], half: 'prompt' | 'answer'): Interval3 | null {
  const prompts = together(networks.flatMap(({ prompts }) => prompts));
  const found = interval(prompts.map((same) => unitOf(same.map((one) => [one[half].divergence, one[half].tokens]))));
  return found && aboveZero(found);
}

/** What several networks read of one text, by the text. */
function together<T extends { readonly at: number }>(read: readonly T[]): readonly (readonly T[])[] {
  return [...grouped(read, ({ at }) => String(at)).values()];
}

type Figures = Omit<TaxRow, 'model' | 'evaluation' | 'method' | 'sparsity'>;

/** Null where nothing was read: no neutral text, and questions without an answer. */
function rowOf(networks: readonly TaxRecord[]): Figures | null {
  const [first] = networks;
  if (first === undefined) return null;
  const texts = together(networks.flatMap((one) => one.texts));
  const total = (pick: (one: NeutralText) => number): number => texts.reduce((sum, [one]) => sum + pick(one!), 0);
  const perByte = (pick: (one: NeutralText) => number): Interval3 | null =>
    interval(texts.map((same) => unitOf(same.map((one) => [pick(one), one.bytes]))));
  const [prompts, answers] = [perToken(networks, 'prompt'), perToken(networks, 'answer')];
  if (prompts === null && answers === null && texts.length === 0) return null;
  const tokens = total((one) => one.tokens);
  const bytes = total((one) => one.bytes);
  const dense = total((one) => one.denseNats);
  const why = unmeasurable(tokens, dense / tokens, first.guessing);
  return {
    networks: networks.length,
    ...{ texts: texts.length, tokens, bytes },
    divergence: { prompts, answers },
    natsPerByte: perByte((one) => one.nats) ?? NOTHING,
    excess: perByte((one) => one.nats - one.denseNats) ?? NOTHING,
    denseNatsPerByte: bytes === 0 ? 0 : dense / bytes,
    measurable: why === null,
    why,
  };
}

const NOTHING: Interval3 = { value: 0, low: null, high: null };

function unmeasurable(tokens: number, dense: number, guessing: number): string | null {
  if (tokens < LEAST_TOKENS) {
    return `the held-out half of the neutral texts has ${tokens} tokens, and ${LEAST_TOKENS} are needed`;
  }
  if (dense <= MOST_OF_GUESSING * guessing) return null;
  return (
    `the dense network itself needs ${dense.toFixed(2)} nats per token on this text, and guessing without reading ` +
    `${guessing.toFixed(2)}: it cannot predict it well enough to show what a change costs`
  );
}

function unitOf(parts: readonly (readonly [over: number, under: number])[]): RatioUnit {
  return parts.reduce((sum, [over, under]) => ({ over: sum.over + over, under: sum.under + under }), {
    over: 0,
    under: 0,
  });
}

function interval(units: readonly RatioUnit[]): Interval3 | null {
  if (units.reduce((sum, { under }) => sum + under, 0) === 0) return null;
  const { value, low, high } = ratioOfSums(units);
  return { value, low, high };
}

/** A divergence is never below 0, and f32 sums may be by a rounding. */
function aboveZero({ value, low, high }: Interval3): Interval3 {
  const cut = (bound: number | null): number | null => (bound === null ? null : Math.max(0, bound));
  return { value: Math.max(0, value), low: cut(low), high: cut(high) };
}
