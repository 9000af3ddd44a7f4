// What config needs of the kinds of evaluation, and what a kind gets to make an evaluation of its entry in a suite.

import type { Item } from '../datasets/types.ts';
import type { Issue, TextPosition } from './diagnostics.ts';
import type { Evaluation, Persona } from './resolved.ts';
import { type Located, originOf } from './yaml.ts';

/** An entry of a suite's `evaluations` after its kind's schema, with the defaults. */
export interface EvaluationFile {
  readonly id: string;
  readonly kind: string;
}

/** Where an entry stands in the suite. Keys are paths below it, such as 'items' or 'judge/endpoint'. */
export interface EvaluationPlace {
  /** The place of a key's value (of the key itself with 'key'), for messages; of the entry where the suite lacks the key. */
  place(key: string, of?: 'value' | 'key'): TextPosition;
  /** Whether the suite writes the key; otherwise its value is the default. */
  isWritten(key: string): boolean;
}

/** What a kind makes an evaluation from, besides its entry. */
export interface EvaluationSource extends EvaluationPlace {
  readonly personas: readonly Persona[]; // that the suite selects
  readonly book: readonly Persona[]; // all of the personas file: an opposite need not be selected
  readonly limit: number | undefined; // --limit: most items of a trait, in place of the entry's own
  readonly seed: number; // of what is drawn
  /** How methods are prepared where this evaluation brings items of its own: to be kept as its `setUp`. */
  readonly setUp: Evaluation;
  readonly others: readonly EvaluationFile[]; // the other entries of the suite
  /** The absolute path of a file or folder that is written under a key: relative ones follow the file that has the key. */
  path(key: string, written: string): string;
}

/** What a kind makes of an entry. */
export interface ResolvedEvaluation<E extends Evaluation = Evaluation> {
  readonly evaluation: E;
  readonly notes?: readonly string[]; // said in every report
  readonly personas?: readonly Persona[]; // those of the source, with items or texts of a data set in place of their own
}

/** The part of `EvaluationKind` (harness/method/evaluation-kind.ts, where each member is described) that config reads. */
export interface EvaluationShape {
  readonly schema: object;
  readonly graded: boolean;
  readonly unit: 'item' | 'group';
  readonly poles: 'both' | 'own';
  setUp?(): Evaluation;
  faults?(file: EvaluationFile, at: EvaluationPlace): readonly Issue[];
  resolve(file: EvaluationFile, source: EvaluationSource): Promise<ResolvedEvaluation>;
}

/** Kinds by their name in a suite, in the order in which schemas and messages list them. */
export type EvaluationShapes = ReadonlyMap<string, EvaluationShape>;

/** The place of the k-th evaluation of a suite file. */
export function placeOf(k: number, located: Located): EvaluationPlace {
  const at = `evaluations/${k}`;
  return {
    place: (key, of = 'value') => originOf(located, `${at}/${key}`)[of],
    isWritten: (key) => located.origins.has(`${at}/${key}`),
  };
}

/** Why items do not fit what their kind declares, or null: readers of a run believe the declaration. */
export function itemFault(
  items: readonly Item[],
  { graded, unit, poles }: Omit<EvaluationShape, 'resolve'>,
): string | null {
  const is = (flag: boolean): string => (flag ? 'is' : 'is not');
  for (const item of items) {
    const scale = item.scale === true;
    if (scale !== graded) return `item "${item.id}" ${is(scale)} on a scale, and the kind ${is(graded)} graded`;
    const alone = item.unpaired === true;
    if (alone !== (poles === 'own'))
      return `item "${item.id}" ${is(alone)} unpaired, and the kind has poles "${poles}"`;
    const one = item.group !== undefined;
    if (one !== (unit === 'group')) return `item "${item.id}" ${is(one)} in a group, and the kind counts by ${unit}`;
  }
  return null;
}
