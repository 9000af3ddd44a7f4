// The outcomes of a run packed for the page: every text once, probabilities in ten-thousandths, so that 50,000 of them stay
// below 10 MB. What does not fit is left out and counted.

import type { PromptTexts } from '../../harness/record/prompts.ts';
import type { ItemRow, RunResult } from '../../harness/record/run-record.ts';
import { shares } from '../changed.ts';
import { entryName } from '../format.ts';
import type { Gated } from '../gate-summary.ts';

/** Beyond these the page would open slowly; items.jsonl has every outcome. */
const MOST_OUTCOMES = 60_000;
const MOST_PROMPT_PARTS = 1_000_000; // lines of prompts, as numbers of up to five digits
const MOST_CHARACTERS = 5_000_000; // of all texts

/** Names are indices into `strings`, -1 where there is none. */
export interface Packed {
  readonly strings: readonly string[];
  readonly cells: readonly PackedCell[];
  readonly before: readonly PackedCell[]; // of another run, to compare with
  readonly items: readonly {
    readonly id: number;
    readonly trait: number;
    readonly question: number;
    readonly options: readonly number[];
  }[];
  readonly prompts: readonly (readonly number[])[]; // lines
  readonly left: number; // outcomes left out
}

export interface PackedCell {
  readonly number: number; // in the plan, from 1
  readonly evaluation: number;
  readonly model: number;
  readonly entry: number; // method and sparsity
  readonly persona: number;
  readonly wording: number;
  readonly seed: number | null;
  readonly items: readonly number[];
  readonly wanted: readonly number[]; // the option that the persona would take
  readonly p: readonly (readonly number[])[]; // order by order, of each option
  readonly prompts: readonly number[];
  readonly tokens: readonly number[];
  readonly texts?: readonly (readonly number[])[]; // what was written, where a question is open
}

export function pack(
  result: RunResult,
  rows: Iterable<ItemRow>,
  prompts: PromptTexts,
  before: Iterable<ItemRow> = [],
): Packed {
  const strings = pool<string>((text) => text);
  const items = pool<Packed['items'][number]>((item) => JSON.stringify(item));
  const texts = pool<readonly number[]>((lines) => lines.join());
  const numbers = new Map(result.cells.map(({ id }, k) => [id, k + 1]));
  let left = 0;
  let parts = 0;
  let characters = 0;
  const name = (text: string | null): number => (text === null ? -1 : strings.at(text));
  const promptAt = (digest: string | null): number => {
    const text = digest === null ? undefined : prompts.get(digest);
    if (text === undefined) return -1;
    const lines = text.split('\n').map(name);
    if (texts.has(lines)) return texts.at(lines);
    parts += lines.length;
    characters += text.length;
    return parts > MOST_PROMPT_PARTS || characters > MOST_CHARACTERS ? -1 : texts.at(lines);
  };
  const packed = (from: Iterable<ItemRow>, promptOf: (digest: string | null) => number): readonly PackedCell[] => {
    const cells = new Map<string, Open>();
    let outcomes = 0;
    for (const row of from) {
      if (outcomes >= MOST_OUTCOMES) {
        left++;
        continue;
      }
      outcomes++;
      const cell = cells.get(row.cell) ?? opened(row);
      cells.set(row.cell, cell);
      const options = row.options.map(({ text }) => strings.at(text));
      cell.items.push(items.at({ id: name(row.item), trait: name(row.trait), question: name(row.question), options }));
      cell.wanted.push(row.options.findIndex(({ aligned }) => aligned));
      cell.p.push(row.orders.flatMap(({ scores }) => shares(scores).map((p) => Math.round(p * 10_000))));
      cell.prompts.push(promptOf(row.prompt));
      cell.tokens.push(row.promptTokens);
      cell.texts?.push((row.texts ?? []).map(name));
    }
    return [...cells.values()];
  };
  const opened = (row: ItemRow): Open => ({
    number: numbers.get(row.cell) ?? 0,
    evaluation: name(row.evaluation),
    model: name(row.model),
    entry: name(entryName(row)),
    persona: name(row.persona),
    wording: name(row.wording),
    seed: row.seed,
    items: [],
    wanted: [],
    p: [],
    prompts: [],
    tokens: [],
    ...(row.texts === undefined ? {} : { texts: [] }),
  });
  const cells = packed(rows, promptAt);
  const earlier = packed(before, () => -1);
  return { strings: strings.all, cells, before: earlier, items: items.all, prompts: texts.all, left };
}

type Writable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] };
type Open = Omit<Writable<PackedCell>, 'texts'> & { texts?: (readonly number[])[] };

interface Pool<T> {
  readonly all: readonly T[];
  has(value: T): boolean;
  at(value: T): number; // its place; a new one goes to the end
}

/** Equal values once, in the order in which they came. */
function pool<T>(keyOf: (value: T) => string): Pool<T> {
  const all: T[] = [];
  const known = new Map<string, number>();
  return {
    all,
    has: (value) => known.has(keyOf(value)),
    at: (value) => {
      const key = keyOf(value);
      const found = known.get(key);
      if (found !== undefined) return found;
      known.set(key, all.length);
      return all.push(value) - 1;
    },
  };
}

export interface Extras {
  readonly gate?: Gated; // where the run was judged
  readonly items: () => Iterable<ItemRow>;
  readonly prompts: PromptTexts; // where they are kept
  readonly before?: { readonly name: string; readonly items: Iterable<ItemRow> }; // another run, to compare answers with
}
