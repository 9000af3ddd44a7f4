// What a run comes to, in the same words on the terminal, on the page and in Markdown: a title, a line a persona (which method
// holds it, at what figure, how far above saying nothing, and at what cost), and what is broken.

import type { AnswererRow, MetricRow, RunResult, Standing, VerdictRow } from '../harness/record/run-record.ts';
import { bytesText, entryName, percent, short } from './format.ts';
import { isMain, mainRows, places, samePoint } from './rows.ts';
import { brokenSample } from './spoken.ts';
import { aboveNone, brokenOf, decidesText, isUnbounded, missingText, namesOf, verdictOf } from './standing.ts';
import { divergenceOf } from './tax.ts';

export interface Headline {
  readonly title: string;
  readonly lines: readonly string[]; // of the personas
  readonly notes: readonly string[]; // what is broken, and what other models and evaluations come to
}

/** With more personas than these, those of which the same is said share a line. */
const MOST_LINES = 4;
/** The best first; a broken row is none of them. */
const RANKS: readonly Standing[] = ['held', 'like-answerer', 'undecided', 'not-held', 'not-measured'];

/** The title and the lines are of the first model and evaluation; of every further one, a note is. */
export function headlineOf(result: RunResult): Headline {
  const [first, ...others] = places(result);
  if (first === undefined || result.metrics.every(({ control }) => control)) {
    const failed = first === undefined && result.cells.every(({ status }) => status === 'errored');
    return {
      title: failed ? 'Nothing was measured: every cell failed' : 'Only controls were measured: nothing is compared',
      ...{ lines: [], notes: [] },
    };
  }
  const at = (where: Place) => placeOf(result, where);
  return {
    title: titleOf(result, at(first)),
    lines: personaLines(result, at(first).personas),
    notes: [
      ...brokenNotes(result, first),
      ...others.map((where) => `In ${where[1]} on ${where[0]}: ${titleOf(result, at(where))}.`),
    ],
  };
}

/** Title, lines and notes as sentences, one a line. */
export function headlineText({ title, lines, notes }: Headline): readonly string[] {
  return [`${title}.`, ...lines.map((line) => `${line}.`), ...notes];
}

type Place = readonly [model: string, evaluation: string];

/** What can be said of a persona, or of all together: of which method, and how it stands. */
interface Finding {
  readonly persona: string | null;
  readonly row: MetricRow | null; // null: every method is broken
  readonly standing: Standing;
  readonly verdict: VerdictRow | null;
}

interface Findings {
  readonly all: Finding;
  readonly personas: readonly Finding[];
  readonly graded: boolean;
}

function placeOf(result: RunResult, [model, evaluation]: Place): Findings {
  const own = result.metrics.filter(
    (row) => row.model === model && row.evaluation === evaluation && !row.control && isMain(result, row),
  );
  const byPersona = own.filter(({ scope }) => scope === 'persona');
  const personas = [...new Set(byPersona.flatMap(({ persona }) => persona ?? []))];
  return {
    all: best(
      result,
      own.filter(({ scope }) => scope === 'pooled'),
      null,
    ),
    personas: personas.map((persona) =>
      best(
        result,
        byPersona.filter((row) => row.persona === persona),
        persona,
      ),
    ),
    graded: result.evaluations.find(({ id }) => id === evaluation)?.graded === true,
  };
}

/** The method that stands best, and of equal ones the one with the greatest figure. */
function best(result: RunResult, rows: readonly MetricRow[], persona: string | null): Finding {
  const found = rows
    .filter((row) => brokenOf(result, row).length === 0)
    .map((row) => {
      const verdict = verdictOf(result, row);
      return { persona, row, verdict, standing: verdict?.standing ?? ('not-measured' as const) };
    })
    .sort(
      (a, b) => RANKS.indexOf(a.standing) - RANKS.indexOf(b.standing) || b.row.alignment.value - a.row.alignment.value,
    );
  return found[0] ?? { persona, row: null, verdict: null, standing: 'not-held' };
}

function titleOf(result: RunResult, { all, personas, graded }: Findings): string {
  const { row, standing, verdict } = all;
  if (row === null) return 'Not held: every method that was measured is broken';
  const name = entryName(row);
  const reached = `${percent(row.alignment.value)} %${graded ? '' : ' of answers'}${gain(result, row, false)}`;
  const held = personas.filter((one) => one.standing === 'held').length;
  const some =
    held === 0 || personas.length < 2 ? '' : `; ${held} of ${personas.length} personas are held by themselves`;
  switch (standing) {
    case 'held':
      return `${name} holds ${whatOf(result, row, personas)}: ${reached}`;
    case 'like-answerer':
      return `Held, but no better than ${answererText(result, row, verdict)}: ${name} with ${reached}${some}`;
    case 'not-held':
      return `Not held: the best, ${name}, reaches ${reached}${some}`;
    case 'undecided':
      return `Measured too little to say: the best, ${name}, reaches ${reached}; ${decides(verdict)}${some}`;
    case 'not-measured':
      return `Nothing can be said: the best, ${name}, reaches ${reached}; ${lacks(verdict)}${some}`;
  }
}

/** Which personas the method of the title holds: "both personas", "8 of 10 personas". */
function whatOf(result: RunResult, row: MetricRow, personas: readonly Finding[]): string {
  const own = personas.filter(({ persona }) => {
    const of = { ...row, scope: 'persona' as const, persona };
    return verdictOf(result, of)?.standing === 'held' && brokenOf(result, of).length === 0;
  });
  const [n, of] = [own.length, personas.length];
  if (of === 1) return personas[0]?.persona ?? 'its persona';
  if (n === of) return of === 0 ? 'its personas' : of === 2 ? 'both personas' : `all ${of} personas`;
  return n === 0 ? 'its personas taken together' : `${n} of ${of} personas`;
}

function personaLines(result: RunResult, findings: readonly Finding[]): readonly string[] {
  if (findings.length <= MOST_LINES) return findings.map((one) => lineOf(result, one));
  const groups = new Map<string, Finding[]>();
  for (const one of findings) {
    const key = JSON.stringify([one.standing, one.row && entryName(one.row)]);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()]
    .sort((a, b) => RANKS.indexOf(a[0]?.standing ?? 'held') - RANKS.indexOf(b[0]?.standing ?? 'held'))
    .map((own) => groupLine(result, own, findings.length));
}

/** "extraversion: held by prompting, 92.5 % of 120 items, 41.2 points above none [34.0, 48.4]; costs 15.0 prompt tokens" */
function lineOf(result: RunResult, { persona, row, standing, verdict }: Finding): string {
  if (row === null) return `${persona}: not held: every method is broken`;
  const { value, n } = row.alignment;
  const reached = `${entryName(row)}, ${percent(value)} % of ${n} items${gain(result, row, true)}`;
  const cost = `; ${costText(result, row)}`;
  switch (standing) {
    case 'held':
      return `${persona}: held by ${reached}${cost}`;
    case 'like-answerer':
      return `${persona}: held, but no better than ${answererText(result, row, verdict)}: ${reached}${cost}`;
    case 'not-held':
      return `${persona}: not held: ${reached}${failing(verdict)}`;
    case 'undecided':
      return `${persona}: measured too little to say: ${reached}${failing(verdict)}; ${decides(verdict)}`;
    case 'not-measured':
      return `${persona}: not measured: ${reached}, ${lacks(verdict)}`;
  }
}

const GROUPS: Readonly<Record<Standing, string>> = {
  held: 'Held by',
  'like-answerer': 'Held, but no better than a baseline without a model, by',
  undecided: 'Measured too little to say, first is',
  'not-held': 'Not held, first is',
  'not-measured': 'Not measured, first is',
};

/** "Held by lora (2 of 10): extraversion 95.8 % (+45.8), introversion 85.8 % (+35.8); costs ..." */
function groupLine(result: RunResult, own: readonly Finding[], of: number): string {
  const [{ standing, row } = { standing: 'not-held', row: null }] = own;
  if (row === null)
    return `Not held, every method is broken (${own.length} of ${of}): ${own.map(({ persona }) => persona).join(', ')}`;
  const each = own.map((one) => {
    const { persona, row: figures, verdict } = one;
    if (figures === null) return String(persona);
    const difference = aboveNone(result, figures);
    const beside = standing === 'like-answerer' ? answererText(result, figures, verdict) : '';
    const more = standing === 'undecided' && verdict?.decides != null ? `${verdict.decides} items` : '';
    const inside = [difference === null ? '' : signed(difference.difference), beside, more]
      .filter((part) => part !== '')
      .join('; ');
    return `${persona} ${percent(figures.alignment.value)} %${inside === '' ? '' : ` (${inside})`}`;
  });
  const cost = standing === 'held' || standing === 'like-answerer' ? `; ${costText(result, row)}` : '';
  return `${GROUPS[standing]} ${entryName(row)} (${own.length} of ${of}): ${each.join(', ')}${cost}`;
}

/** "28.6 points above none [19.5, 37.7]" of what is above it, "+14.3 points against none [-12.4, 41.0]" of what is not. */
function gain(result: RunResult, row: MetricRow, bounds: boolean): string {
  const found = aboveNone(result, row);
  if (found === null) return '';
  const { difference, low, high, control, beats } = found;
  const interval = !bounds || isUnbounded(found) ? '' : ` [${percent(low)}, ${percent(high)}]`;
  const said = beats ? `${percent(difference)} points above` : `${signed(difference)} points against`;
  return `, ${said} ${control}${interval}`;
}

function signed(difference: number): string {
  return `${percent(difference).startsWith('-') || Number(percent(difference)) === 0 ? '' : '+'}${percent(difference)}`;
}

const decides = (verdict: VerdictRow | null): string =>
  verdict === null ? 'nothing was compared' : decidesText(verdict);

function lacks(verdict: VerdictRow | null): string {
  return verdict === null || verdict.missing.length === 0 ? 'compared with nothing' : missingText(verdict);
}

/** What it is not above, unless the interval has just said so: that is `none` alone. */
function failing(verdict: VerdictRow | null): string {
  if (verdict === null || verdict.fails.every(({ kind }) => kind === 'dense')) return '';
  return `, not clearly above ${namesOf(verdict)}`;
}

/** The answerers that a row is not above, with their figures: `"words" (96.7 %)`. */
function answererText(result: RunResult, row: MetricRow, verdict: VerdictRow | null): string {
  const names = (verdict?.fails ?? []).filter(({ kind }) => kind === 'answerer').map(({ name }) => name);
  const figure = (name: string): AnswererRow | undefined =>
    result.answerers.find(
      (one) =>
        one.answerer === name &&
        one.evaluation === row.evaluation &&
        one.scope === row.scope &&
        one.persona === row.persona,
    );
  return names
    .map((name) => {
      const found = figure(name);
      return `"${name}"${found === undefined ? '' : ` (${percent(found.alignment.value)} %)`}`;
    })
    .join(', ');
}

/** "costs 15.0 prompt tokens, 0.85 s of set-up, 294 kB, and 0.214 nats per token of tax" */
function costText(result: RunResult, row: MetricRow): string {
  const cost = result.costs.find((one) => samePoint(one, row));
  const tax = divergenceOf(result, row);
  const parts = [
    ...(cost !== undefined && cost.addedTokens >= 0.5 ? [`${short(cost.addedTokens)} prompt tokens`] : []),
    // What takes less sets nothing up.
    ...(cost !== undefined && cost.setupMs >= 5 ? [`${(cost.setupMs / 1000).toFixed(2)} s of set-up`] : []),
    ...(cost !== undefined && cost.artefactBytes > 0 ? [bytesText(cost.artefactBytes)] : []),
    ...(tax === null || tax.value < 5e-4 ? [] : [`a tax of ${short(tax.value)} nats per token`]),
  ];
  return parts.length === 0 ? 'costs nothing that was measured' : `costs ${parts.join(', ')}`;
}

/** A broken row is named with what it would have reached, why it is left out, and what it says. */
function brokenNotes(result: RunResult, [model, evaluation]: Place): readonly string[] {
  return mainRows(result, model, evaluation)
    .filter(({ scope, control }) => scope === 'pooled' && !control)
    .flatMap((row) => {
      const why = brokenOf(result, row);
      if (why.length === 0) return [];
      const figure = `${entryName(row)} is broken, and its ${percent(row.alignment.value)} % are not counted`;
      return [`${figure}: ${why[0]}. ${brokenSample(result, row)}`.trim()];
    });
}
