// Personas by traits as heat maps with numbers: what a method moves besides its persona's own trait.

import type { RunResult, SpecificityRow } from '../../harness/record/run-record.ts';
import { entryName, percent } from '../format.ts';
import { specificitySections } from '../specificity.ts';
import { html, type Markup } from './markup.ts';
import { type Cell, folded, plainTable, table, tinted } from './parts.ts';

/** A line a method, and below all of it on one scale of tints. */
export function matrices(result: RunResult, rows: readonly SpecificityRow[], place: string): Markup {
  const most = Math.max(0.01, ...rows.flatMap(({ shifts }) => shifts.map(({ shift }) => Math.abs(shift))));
  const shown = rows.filter(({ control, answerer }) => !control && !answerer);
  const others = rows.filter((row) => !shown.includes(row));
  const drawn = (own: readonly SpecificityRow[]) =>
    html`<div class="heat">${own.map((row) => matrix(row, most))}</div>`;
  return html`<h3>Persona by trait: ${place}</h3>
<p class="note">Shift toward the high pole of the trait in the column, in points, from the answers without a persona. Specific: the persona’s own trait moves significantly more than the others.</p>${specificitySections(
    { ...result, specificities: rows },
  ).map(({ title, head, rows: lines, below }) => [
    plainTable(title, head, lines),
    below.map((line) => html`<p class="note">${line}</p>`),
  ])}${drawn(shown)}${others.length > 0 && folded('The same for controls and the answerer without a model', drawn(others))}`;
}

/** Numbers on tinted cells: which way, and how far. */
function matrix(row: SpecificityRow, most: number): Markup {
  const traits = [...new Set(row.shifts.map(({ trait }) => trait))];
  const personas = [...new Set(row.shifts.map(({ persona }) => persona))];
  const name = row.answerer ? `“${row.method}” (no model)` : entryName(row);
  return table({
    caption: `${name}${row.answerer ? '' : row.specific ? ', specific' : ', NOT specific'}`,
    head: ['stated persona', ...traits],
    rows: personas.map((persona) => [
      { text: persona, kind: 'name' as const },
      ...traits.map((trait): Cell => {
        const found = row.shifts.find((one) => one.persona === persona && one.trait === trait);
        if (found === undefined) return { text: '–', kind: 'number' };
        return tinted(found.shift, most, `${found.shift > 0 ? '+' : ''}${percent(found.shift)}`);
      }),
    ]),
  });
}
