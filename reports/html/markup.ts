// Text into HTML: whatever is put into a template is escaped, unless a template has made it. Suites, items and persona
// names come from others; a value that JSON could hold can never pass for markup.

import { shown } from '../../base/printable.ts';

const MARKUP: unique symbol = Symbol('markup');

export interface Markup {
  readonly [MARKUP]: string;
}
export type Value = Markup | string | number | null | false | readonly Value[];

/** A tagged template; null and false leave nothing. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Markup {
  return trusted(parts.reduce((text, part, k) => text + render(values[k - 1] ?? null) + part));
}

/** Text that is markup already: drawings and the page's own style and script. */
export function trusted(text: string): Markup {
  return { [MARKUP]: text };
}

export function textOf(markup: Markup): string {
  return markup[MARKUP];
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escaped(text: string): string {
  return shown(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

/** JSON that may stand in a script element: no tag and no comment can end it, no line ends within a string, and what a script
 * puts on the page is shown as `escaped` shows it. */
export function embedded(value: unknown): Markup {
  const coded = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  const neutral = (_: string, one: unknown) => (typeof one === 'string' ? shown(one) : one);
  return trusted(JSON.stringify(value, neutral).replace(/[<>&\u2028\u2029]/g, coded));
}

function render(value: Value): string {
  if (value === null || value === false) return '';
  if (typeof value !== 'object') return escaped(String(value));
  if (MARKUP in value) return value[MARKUP];
  return (value as readonly Value[]).map(render).join('');
}
