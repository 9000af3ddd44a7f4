// What methods that choose share: options with their defaults, which of two candidates holds the persona better, and what a
// persona lacks to choose by.

import type { Persona } from '../harness/config/resolved.ts';
import type { Held } from '../harness/method/method.ts';

interface Schema {
  readonly properties: Readonly<Record<string, object>>;
}

/** `given` with the defaults of the schema; not checked. */
export function withDefaults<T>({ properties }: Schema, given: Readonly<Record<string, unknown>>): T {
  const defaults = Object.entries(properties).flatMap(([name, property]) =>
    'default' in property ? [[name, property.default] as const] : [],
  );
  return { ...Object.fromEntries(defaults), ...given } as T;
}

/** More items aligned; where as many are, a greater mean probability. */
export function isBetter(a: Held, b: Held): boolean {
  return a.alignment > b.alignment || (a.alignment === b.alignment && a.meanP > b.meanP);
}

/** The best of what was asked, the first among equals; of what was not asked the first. */
export function best<T extends { readonly held: Held | null }>(tried: readonly T[]): T {
  return tried.reduce((a, b) => (a.held !== null && b.held !== null && isBetter(b.held, a.held) ? b : a));
}

/** What a method that chooses on the tuning split will miss of a persona, by name. */
export function tuningLacking({ items }: Pick<Persona, 'items'>): readonly string[] {
  return items.some(({ split }) => split === 'tuning') ? [] : ['items of the tuning split'];
}

/** The same of calibration texts. */
export function textsLacking({ calibration }: Pick<Persona, 'calibration'>): readonly string[] {
  return calibration.length > 0 ? [] : ['calibration texts'];
}
