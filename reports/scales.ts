// Answers on scales: the profile of each trait under its poles, agreement as such (acquiescence), and how much of the
// probability lay on the answers at all.

import type { RunResult, ScaleRow } from '../harness/record/run-record.ts';
import { entryName } from './format.ts';
import type { Section } from './sections.ts';
import { places, samePoint } from './verdict.ts';

const NOTHING = '–';

/** For a terminal: a line per method, a column per trait. */
export function scaleSections(result: RunResult): readonly Section[] {
  // A null that the harness added says little by trait.
  const compared = new Set(result.comparisons.map(({ control }) => control));
  return scales(result).map(({ title, answers, rows }) => {
    const shown = rows.filter(({ method }) => !compared.has(method));
    const traits = [...new Set(shown.flatMap(({ trait }) => trait ?? []))];
    return {
      title,
      head: ['method', 'as given', 'mass', ...traits],
      rows: shown
        .filter(({ trait }) => trait === null)
        .map((all) => [
          entryName(all),
          all.given.toFixed(2),
          all.mass.toFixed(2),
          ...traits.map((trait) => profileText(shown.filter((row) => row.trait === trait && samePoint(row, all)))),
        ]),
      below: [
        `Mean answers from 1 to ${answers}. By trait, minus keys reversed, more is its high pole: under each persona in the ` +
          `order of the suite. As given: nothing reversed; where both keys are asked alike, ${(answers + 1) / 2} agrees with ` +
          'everything no more than it should. Mass: probability that the model gives to the answers offered.',
        ...doubt(shown.filter(({ trait }) => trait === null)),
      ],
    };
  });
}

/** For a file: a line per method, persona and trait. */
export function scaleDetailSections(result: RunResult): readonly Section[] {
  return scales(result).map(({ title, answers, rows }) => ({
    title,
    head: ['method', 'persona', 'trait', 'statements', `profile, 1 to ${answers}`, 'spread', 'as given', 'mass'],
    rows: rows.map((row) => [
      entryName(row),
      row.persona ?? NOTHING,
      row.trait ?? 'all',
      String(row.n),
      row.profile?.toFixed(2) ?? NOTHING,
      row.spread?.toFixed(2) ?? NOTHING,
      row.given.toFixed(2),
      row.mass.toFixed(3),
    ]),
    below: [
      'Profile: mean answer with minus keys reversed; spread: its standard deviation over statements; as given: nothing ' +
        'reversed; mass: probability of the answers offered.',
    ],
  }));
}

/** Below this share of the probability the answers are no longer what the model would say. */
const LEAST_MASS = 0.5;

function doubt(rows: readonly ScaleRow[]): readonly string[] {
  const low = rows.filter(({ mass }) => mass < LEAST_MASS).map(entryName);
  if (low.length === 0) return [];
  return [
    `NOT what the model would say by itself: less than half of the probability lies on the answers for ${low.join(', ')}; ` +
      'their means say how it ranks answers that it hardly gives.',
  ];
}

interface Scale {
  readonly title: string;
  readonly answers: number;
  readonly rows: readonly ScaleRow[];
}

/** Scales of different lengths never share a table. */
function scales(result: RunResult): readonly Scale[] {
  return places(result).flatMap(([model, evaluation]) => {
    const own = result.scales.filter((row) => row.model === model && row.evaluation === evaluation);
    const lengths = [...new Set(own.map(({ answers }) => answers))];
    return lengths.map((answers) => ({
      title: `Answers on a scale${lengths.length === 1 ? '' : ` of ${answers}`}: ${model}, evaluation ${evaluation}`,
      answers,
      rows: own.filter((row) => row.answers === answers),
    }));
  });
}

/** "4.12/2.03": one figure for each persona that was told. */
function profileText(rows: readonly ScaleRow[]): string {
  if (rows.length === 0) return NOTHING;
  return rows.map(({ profile }) => profile?.toFixed(2) ?? NOTHING).join('/');
}
