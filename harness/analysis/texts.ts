// Texts on open questions -> rows: how they read to the dense model, how varied and how long they are.

import { grouped, mean } from '../../base/grouped.ts';
import { wordsOf } from '../../base/text-words.ts';
import type { Suite } from '../config/resolved.ts';
import { flipped } from '../method/keying.ts';
import type { TextRow } from '../record/run-record.ts';
import { pointsOf } from './groups.ts';
import type { Answered } from './metrics.ts';

interface Text {
  readonly words: readonly string[];
  readonly tokens: number;
  readonly ended: boolean;
  readonly logOdds: number | null;
  readonly mark: number | null;
}

type Figures = Omit<TextRow, 'model' | 'evaluation' | 'method' | 'control' | 'sparsity' | 'persona'>;

/** For each method and sparsity: all texts together, then by the persona that was told. */
export function textRows(suite: Suite, all: readonly Answered[]): readonly TextRow[] {
  return pointsOf(suite, all, 'generation').flatMap(({ of, cells }) => {
    const personas = [...grouped(cells, ({ cell }) => cell.persona)].filter(([persona]) => persona !== null);
    return [
      { ...of, persona: null, ...figuresOf(cells) },
      ...personas.map(([persona, own]) => ({ ...of, persona, ...figuresOf(own) })),
    ];
  });
}

/** Variety is a cell's own: the more texts lie together, the fewer of their words are new. */
function figuresOf(cells: readonly Answered[]): Figures {
  const byCell = cells.map(textsOf);
  const texts = byCell.flat();
  const over = (figure: (text: Text) => number | null): number | null => {
    const known = texts.flatMap((text) => figure(text) ?? []);
    return known.length === 0 ? null : mean(known);
  };
  return {
    texts: texts.length,
    logOdds: over(({ logOdds }) => logOdds),
    distinct1: mean(byCell.map((own) => distinct(own, 1))),
    distinct2: mean(byCell.map((own) => distinct(own, 2))),
    tokens: over(({ tokens }) => tokens) ?? 0,
    ended: over(({ ended }) => (ended ? 1 : 0)) ?? 0,
    marks: over(({ mark }) => mark),
  };
}

function textsOf({ cell, outcomes }: Answered): readonly Text[] {
  const most = cell.evaluation.kind === 'generation' ? cell.evaluation.tokens : 0;
  const items = new Map(cell.items.map((item) => [item.id, item]));
  return outcomes.flatMap(({ item: id, orders, texts = [], marks }) => {
    const item = items.get(id);
    if (item === undefined) return [];
    const away = flipped(item, cell.persona);
    return orders.map(({ options: [high, low] }, sample): Text => {
      const tokens = high?.tokens ?? 0;
      const odds = tokens === 0 ? 0 : ((high?.sum ?? Number.NaN) - (low?.sum ?? Number.NaN)) / tokens;
      const mark = marks?.[sample] ?? null;
      return {
        words: wordsOf(texts[sample] ?? ''),
        tokens,
        ended: tokens < most,
        logOdds: cell.persona === null ? null : away ? -odds : odds,
        mark: mark === null || cell.persona === null ? null : away ? 1 - mark : mark,
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
