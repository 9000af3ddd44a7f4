// What a run says in a sentence: which methods lie above their controls, on how many traits. Pure functions of the record.
// "Above" means that the 95 % intervals do not overlap; controls are the suite's null methods and the trivial answerers.

import { counted } from '../base/words.ts';
import type {
  AnswererRow,
  ComparisonRow,
  MetricRow,
  RunResult,
  Share,
  VerdictRow,
} from '../harness/record/run-record.ts';
import { boundsOf, entryName } from './format.ts';

/** A method's row against its controls: the one that it does not beat, or null. */
export interface Standing {
  readonly row: MetricRow;
  readonly notAbove: string | null;
}

/** Rows of one model and evaluation, over all wordings. */
export function mainRows(result: RunResult, model: string, evaluation: string): readonly MetricRow[] {
  return result.metrics.filter(
    (row) => row.model === model && row.evaluation === evaluation && isMain(result, row) && row.scope !== 'persona',
  );
}

/** Whether a row is over all wordings, or of a method that has one wording only. */
export function isMain(result: RunResult, row: MetricRow): boolean {
  if (row.wording === null) return true;
  return !result.metrics.some((other) => other.wording === null && entryName(other) === entryName(row));
}

/** The strongest control that the row's interval does not clear; controls themselves are not compared. */
export function standing(result: RunResult, row: MetricRow): Standing {
  if (row.control) return { row, notAbove: null };
  const blocking = rivals(result, row).filter(
    ({ alignment }) => boundsOf(row.alignment).low <= boundsOf(alignment).high,
  );
  const strongest = blocking.sort((a, b) => boundsOf(b.alignment).high - boundsOf(a.alignment).high)[0];
  if (strongest) return { row, notAbove: strongest.name };
  return { row, notAbove: boundsOf(row.alignment).low <= row.chance ? 'chance' : null };
}

/** What is said of one method or more: "is above ..." of one, "are above ..." of several. */
interface Claim {
  readonly name: string;
  readonly one: string;
  readonly several: string;
  readonly place: string; // "" where a run has one
}

/** Sentences on every method that is no control; of those of which the same is to be said, one. */
export function verdicts(result: RunResult): readonly string[] {
  const sentences = [...methodClaims(result), ...pairedClaims(result)].reduce(joined, []).map(sentence);
  if (sentences.length > 0) return sentences;
  if (result.cells.every(({ status }) => status === 'errored')) return ['Nothing was measured: every cell failed.'];
  return ['Only controls were measured, so that there is nothing to compare.'];
}

type Claims = Omit<Claim, 'name'> & { readonly names: readonly string[] };

function joined(known: readonly Claims[], { name, ...claim }: Claim): readonly Claims[] {
  const same = known.find(({ one, place }) => one === claim.one && place === claim.place);
  if (same === undefined) return [...known, { ...claim, names: [name] }];
  return known.map((other) => (other === same ? { ...same, names: [...same.names, name] } : other));
}

function sentence({ names, one, several, place }: Claims): string {
  const last = names[names.length - 1];
  if (names.length === 1) return `${last} ${one}${place}.`;
  return `${names.slice(0, -1).join(', ')} and ${last} ${several}${place}.`;
}

function methodClaims(result: RunResult): readonly Claim[] {
  return places(result).flatMap(([model, evaluation]) => {
    const rows = mainRows(result, model, evaluation).filter(({ control }) => !control);
    return [...new Set(rows.map(entryName))].flatMap((name): readonly Claim[] => {
      const own = rows.filter((row) => entryName(row) === name);
      // What has controls of its own is judged against those, by pairs.
      if (own.some((row) => result.verdicts.some((one) => one.scope === 'pooled' && samePoint(one, row)))) return [];
      const traits = own.filter(({ scope }) => scope === 'trait');
      const said = aboveText(result, traits.length > 0 ? traits : own);
      return [{ name, one: `is ${said}`, several: `are ${said}`, place: placeText(result, { model, evaluation }) }];
    });
  });
}

/** For each method and sparsity that has controls of its own: whether it beats every one of them, by pairs. */
function pairedClaims(result: RunResult): readonly Claim[] {
  return result.verdicts
    .filter(({ scope }) => scope === 'pooled')
    .map((verdict) => {
      const rows = pooled(result, verdict);
      const lost = rows.filter(({ beats }) => !beats).map(({ control }) => control);
      const missing = verdict.missing.length === 0 ? '' : `; missing: ${verdict.missing.join(', ')}`;
      const chosen = isHeadline(result, verdict) ? ', chosen on the tuning split,' : '';
      const unmeasured = lost.length === 0 && verdict.missing.length > 0;
      const said = (one: boolean) =>
        unmeasured
          ? `${one ? 'is' : 'are'} not compared with all of ${one ? 'its' : 'their'} controls`
          : verdict.standing === 'held'
            ? `${one ? 'beats' : 'beat'} every one of ${one ? 'its' : 'their'} ${rows.length} controls`
            : `${one ? 'does' : 'do'} NOT beat ${lost.length > 0 ? lost.join(', ') : one ? 'its controls' : 'their controls'}`;
      const how = ` (paired by item, 95 %)${missing}`;
      const place = placeText(result, verdict);
      return { name: `${entryName(verdict)}${chosen}`, one: said(true) + how, several: said(false) + how, place };
    });
}

function placeText(result: RunResult, { model, evaluation }: Pick<VerdictRow, 'model' | 'evaluation'>): string {
  return places(result).length > 1 ? ` (${model}, ${evaluation})` : '';
}

/** A method's differences from its controls over all traits. */
function pooled(
  result: RunResult,
  of: Pick<VerdictRow, 'model' | 'evaluation' | 'method' | 'sparsity'>,
): readonly ComparisonRow[] {
  return result.comparisons.filter((row) => row.scope === 'pooled' && samePoint(row, of));
}

/** A row's differences from its controls, over all traits or on its own. */
export function pairedRows(result: RunResult, row: MetricRow): readonly ComparisonRow[] {
  return result.comparisons.filter(
    (one) => samePoint(one, row) && one.trait === row.trait && one.persona === row.persona,
  );
}

type RowPoint = Pick<VerdictRow, 'model' | 'evaluation' | 'method' | 'sparsity'>;

export function samePoint(a: RowPoint, b: RowPoint): boolean {
  return a.model === b.model && a.evaluation === b.evaluation && a.method === b.method && a.sparsity === b.sparsity;
}

/** Whether the tuning split chose this method and sparsity. */
export function isHeadline(result: RunResult, row: RowPoint): boolean {
  return result.headlines.some((headline) => samePoint(headline, row));
}

/** Model and evaluation pairs that have metrics, in order. */
export function places(result: RunResult): readonly (readonly [model: string, evaluation: string])[] {
  const seen = new Map(
    result.metrics.map(({ model, evaluation }) => [`${model}\n${evaluation}`, [model, evaluation] as const]),
  );
  return [...seen.values()];
}

function aboveText(result: RunResult, rows: readonly MetricRow[]): string {
  const controls = [...new Set(result.metrics.filter(({ control }) => control).map(entryName))];
  const above = rows.filter((row) =>
    rivals(result, row, 'methods').every(({ alignment }) => boundsOf(row.alignment).low > boundsOf(alignment).high),
  );
  const clear = rows.filter((row) => standing(result, row).notAbove === null);
  const of = counted(rows.length, 'trait');
  if (controls.length === 0) {
    return `above chance and every answerer without a model on ${clear.length} of ${of}; no control was run`;
  }
  const against = controls.length === 1 ? controls[0] : 'every control';
  const beside =
    clear.length === above.length
      ? above.length > 0
        ? ', and above every answerer without a model on the same'
        : ''
      : `, above every answerer without a model too on ${clear.length}`;
  return `above ${against} on ${above.length} of ${of} (95 % intervals apart)${beside}`;
}

function rivals(
  result: RunResult,
  row: MetricRow,
  which: 'all' | 'methods' = 'all',
): { readonly name: string; readonly alignment: Share }[] {
  const same = (other: MetricRow | AnswererRow) =>
    other.evaluation === row.evaluation &&
    other.scope === row.scope &&
    other.trait === row.trait &&
    other.persona === row.persona;
  // Controls of a subnetwork are its own: it is compared with those by pairs.
  const owned = new Set(result.comparisons.map(({ control }) => control));
  const methods = result.metrics
    .filter((other) => other.control && other.model === row.model && same(other) && isMain(result, other))
    .filter((other) => !owned.has(other.method))
    .filter((other) => other.sparsity === null || row.sparsity === null || other.sparsity === row.sparsity)
    .map((other) => ({ name: entryName(other), alignment: other.alignment }));
  if (which === 'methods') return methods;
  return methods.concat(
    result.answerers.filter(same).map(({ answerer, alignment }) => ({ name: `"${answerer}"`, alignment })),
  );
}
