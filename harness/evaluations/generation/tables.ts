// Texts on open questions -> rows: how they read to the dense model, how varied and how long they are; and their table.

import { percent, shareText, short } from '../../../base/figures.ts';
import { grouped, mean } from '../../../base/grouped.ts';
import { wordsOf } from '../../../base/text-words.ts';
import type { AnsweredCell, AnsweredPoint, ShownRows } from '../../method/evaluation-kind.ts';
import { flipped } from '../../method/keying.ts';
import type { EvaluationRow, EvaluationSection } from '../../record/evaluation-rows.ts';
import { entryName } from '../../record/row-name.ts';

interface Text {
  readonly words: readonly string[];
  readonly tokens: number;
  readonly ended: boolean;
  readonly logOdds: number | null;
  readonly mark: number | null;
}

/** An evaluation, as far as its rows go: `tokens` are the most of a text. */
type Limits = { readonly tokens: number };

/**
 * For each method and sparsity: all texts together, then by the persona that was stated; n counts texts. Figures: `logOdds` for
 * the persona that was stated, in nats per token; `distinct1` and `distinct2`, the share of words, and of pairs of neighbouring
 * words, that are new, mean over cells (Li et al. 2016); `tokens`, mean length; `ended`, share of texts that end by themselves;
 * `marks`, how sure a judge is of the persona. Without a persona `logOdds` and `marks` are null.
 */
export function textRows({ tokens }: Limits, points: readonly AnsweredPoint[]): readonly EvaluationRow[] {
  return points.flatMap(({ of, cells }) => {
    const personas = [...grouped(cells, ({ persona }) => persona)].filter(([persona]) => persona !== null);
    const row = (persona: string | null, own: readonly AnsweredCell[]): EvaluationRow => ({
      ...{ ...of, persona, trait: null, scale: null },
      ...figuresOf(own, tokens),
    });
    return [row(null, cells), ...personas.map(([persona, own]) => row(persona, own))];
  });
}

/** Variety is a cell's own: the more texts lie together, the fewer of their words are new. */
function figuresOf(cells: readonly AnsweredCell[], most: number): Pick<EvaluationRow, 'n' | 'figures'> {
  const byCell = cells.map((cell) => textsOf(cell, most));
  const texts = byCell.flat();
  const over = (figure: (text: Text) => number | null): number | null => {
    const known = texts.flatMap((text) => figure(text) ?? []);
    return known.length === 0 ? null : mean(known);
  };
  return {
    n: texts.length,
    figures: {
      logOdds: over(({ logOdds }) => logOdds),
      distinct1: mean(byCell.map((own) => distinct(own, 1))),
      distinct2: mean(byCell.map((own) => distinct(own, 2))),
      tokens: over(({ tokens }) => tokens) ?? 0,
      ended: over(({ ended }) => (ended ? 1 : 0)) ?? 0,
      marks: over(({ mark }) => mark),
    },
  };
}

function textsOf({ persona, items: asked, outcomes }: AnsweredCell, most: number): readonly Text[] {
  const items = new Map(asked.map((item) => [item.id, item]));
  return outcomes.flatMap(({ item: id, orders, texts = [], marks }) => {
    const item = items.get(id);
    if (item === undefined) return [];
    const away = flipped(item, persona);
    return orders.map(({ options: [high, low] }, sample): Text => {
      const tokens = high?.tokens ?? 0;
      const odds = tokens === 0 ? 0 : ((high?.sum ?? Number.NaN) - (low?.sum ?? Number.NaN)) / tokens;
      const mark = marks?.[sample] ?? null;
      return {
        words: wordsOf(texts[sample] ?? ''),
        tokens,
        ended: tokens < most,
        logOdds: persona === null ? null : away ? -odds : odds,
        mark: mark === null || persona === null ? null : away ? 1 - mark : mark,
      };
    });
  });
}

/** Distinct runs of n words over all of them; 0 where no text has so many. */
export function distinct(texts: readonly Pick<Text, 'words'>[], n: number): number {
  const runs = texts.flatMap(({ words }) =>
    words.slice(0, Math.max(0, words.length - n + 1)).map((_, k) => words.slice(k, k + n).join(' ')),
  );
  return runs.length === 0 ? 0 : new Set(runs).size / runs.length;
}

const NOTHING = '–';

/** One table, of all texts of each method. */
export function textSections({ model, evaluation, rows, metrics }: ShownRows): readonly EvaluationSection[] {
  const all = rows.filter(({ persona }) => persona === null);
  const judged = all.some(({ figures }) => figures.marks !== null);
  const shown = (value: number | null | undefined, text: (value: number) => string): string =>
    value === null || value === undefined ? NOTHING : text(value);
  const head = ['method', 'read as the persona', 'nats/token', 'distinct 1/2', 'tokens', 'ended'];
  return [
    {
      title: `Texts: ${model}, evaluation ${evaluation} (a proxy)`,
      detail: false,
      head: [...head, ...(judged ? ['judge'] : [])],
      rows: all.map((row) => {
        const alignment = metrics.find((metric) => entryName(metric) === entryName(row))?.alignment;
        const { logOdds, distinct1, distinct2, tokens, ended, marks } = row.figures;
        return [
          entryName(row),
          alignment === undefined ? NOTHING : shareText(alignment),
          shown(logOdds, (odds) => `${odds > 0 ? '+' : ''}${odds.toFixed(3)}`),
          [distinct1, distinct2].map((one) => shown(one, (share) => share.toFixed(2))).join(' / '),
          shown(tokens, short),
          shown(ended, (share) => `${percent(share)} %`),
          ...(judged ? [shown(marks, (mark) => `${percent(mark)} %`)] : []),
        ];
      }),
      below: [
        'A proxy: the dense model reads each text under the prompts of both poles. A method that repeats the ' +
          "prompt's own words counts as its persona. Nats/token: log-odds for the stated persona; distinct: words and " +
          'pairs of words that are new, within a cell; ended: before the most tokens.',
      ],
    },
  ];
}
