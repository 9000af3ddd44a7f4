// What the sections of the page are made of: headed sections, tables that scroll by themselves, and figures with the same
// numbers as a table behind them.

import { html, type Markup, type Value } from './markup.ts';

export interface Part {
  readonly id: string;
  readonly title: string;
  readonly lead: string;
  readonly body: Value;
}

export function partMarkup({ id, title, lead, body }: Part): Markup {
  return html`<section id="${id}"><h2>${title}</h2>${lead === '' ? null : html`<p class="lead">${lead}</p>`}${body}</section>
`;
}

/** A cell; `sort` is what its column is ordered by, where that is not its text. */
export interface Cell {
  readonly text: Value;
  readonly sort?: number | null;
  readonly kind?: 'name' | 'number' | 'text' | 'long' | 'drawn' | 'verdict' | `number tint${string}`;
}

export interface TableOptions {
  readonly caption: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  readonly rowClass?: (k: number) => string;
  readonly sortable?: boolean;
}

export function table({ caption, head, rows, rowClass = () => '', sortable = false }: TableOptions): Markup {
  const kinds = head.map((_, column) => rows[0]?.[column]?.kind ?? 'text');
  // A tint is a cell's own.
  const heads = head.map((text, k) => html`<th scope="col" class="${kinds[k]?.split(' ')[0] ?? 'text'}">${text}</th>`);
  const cell = ({ text, sort, kind = 'text' }: Cell) => {
    const value = sort === undefined ? null : html` data-v="${sort === null ? '' : String(sort)}"`;
    return kind === 'name'
      ? html`<th scope="row" class="name"${value}>${text}</th>`
      : html`<td class="${kind}"${value}>${text}</td>`;
  };
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table${sortable ? html` data-sortable` : null}><caption>${caption}</caption>
<thead><tr>${heads}</tr></thead>
<tbody>${rows.map(
    (row, k) => html`<tr class="${rowClass(k)}">${row.map(cell)}</tr>
`,
  )}</tbody></table></div>`;
}

const TINTS = 8;

/** A figure on a tint that says which way and how far, relative to the `most` of its table. */
export function tinted(value: number, most: number, text: Value): Cell {
  const level = Math.min(TINTS, Math.round((Math.abs(value) / most) * TINTS));
  const tint = level === 0 ? '' : ` ${value > 0 ? 'plus' : 'minus'}${level}`;
  return { text, sort: value, kind: `number tint${tint}` };
}

/** Plain cells as they stand in report.md; columns of figures line up on the right. */
export function plainTable(caption: string, head: readonly string[], rows: readonly (readonly string[])[]): Markup {
  const kinds = head.map((_, column) => {
    if (column === 0) return 'name';
    return rows.every((row) => /^[–+\-\d]/.test(row[column] ?? '')) ? 'number' : 'text';
  });
  return table({
    caption,
    head,
    rows: rows.map((row) => row.map((text, column) => ({ text, kind: kinds[column] ?? 'text' }))),
  });
}

export function folded(summary: string, body: Value): Markup {
  return html`<details><summary>${summary}</summary>${body}</details>`;
}

export function figure(drawings: readonly Value[], caption: Value, numbers: Value): Markup {
  return html`<figure><div class="drawings">${drawings.map((one) => html`<div class="drawing">${one}</div>`)}</div>
<figcaption>${caption}</figcaption>${numbers === null ? null : html`<details class="numbers"><summary>The numbers as a table</summary>${numbers}</details>`}</figure>`;
}

/** The first model and evaluation stands open; what is drawn of the others unfolds. */
export function placed(k: number, place: string, body: Value): Markup {
  return k === 0
    ? html`<h3>${place}</h3>${body}`
    : html`<details class="place"><summary>The same for ${place}</summary>${body}</details>`;
}

/** A command to be typed; with script it can be copied. */
export function command(text: string): Markup {
  return html`<code class="command">${text}</code>`;
}
