// Evaluations of a suite file as they are run: each is made by its kind.

import { resolve } from 'node:path';
import { BenchError } from '../../base/error.ts';
import type { Issue } from './diagnostics.ts';
import {
  type EvaluationFile,
  type EvaluationShape,
  type EvaluationShapes,
  itemFault,
  placeOf,
  type ResolvedEvaluation,
} from './evaluation-source.ts';
import type { Evaluation, Persona } from './resolved.ts';
import type { Located } from './yaml.ts';

export interface Evaluations {
  readonly evaluations: readonly Evaluation[];
  readonly personas: readonly Persona[]; // with the items of the data sets that an evaluation names
  readonly notes: readonly string[];
}

export interface EvaluationInputs {
  readonly personas: readonly Persona[]; // that the suite selects
  readonly book: readonly Persona[]; // all of the personas file
  readonly limit: number | undefined; // --limit
  readonly seed: number; // of what is drawn
}

/** How methods are prepared where no evaluation of a suite says it: as the first of the kinds that can. Throws `no-set-up` without any. */
export function defaultSetUp(kinds: ReadonlyMap<string, Pick<EvaluationShape, 'setUp'>>): Evaluation {
  for (const kind of kinds.values()) {
    const evaluation = kind.setUp?.();
    if (evaluation !== undefined) return evaluation;
  }
  throw new BenchError('no-set-up', 'no kind of evaluation sets how methods are prepared', {
    where: 'the registry of evaluation kinds',
    hint: 'add your kind to the built-in ones: new Map([...EVALUATIONS, [mine.kind, mine]])',
  });
}

/** The kind of an entry that has passed the schema, which knows no others. */
export function shapeOf(kinds: EvaluationShapes, { kind }: Pick<EvaluationFile, 'kind'>): EvaluationShape {
  const shape = kinds.get(kind);
  if (shape === undefined) throw new BenchError('unknown-kind', `unknown kind of evaluation "${kind}"`);
  return shape;
}

/** What the kinds object to in entries whose every value is right by itself. */
export function faultsOf(
  files: readonly EvaluationFile[],
  kinds: EvaluationShapes,
  located: Located,
): readonly Issue[] {
  return files.flatMap((file, k) => shapeOf(kinds, file).faults?.(file, placeOf(k, located)) ?? []);
}

/** Throws `bad-suite` or `bad-data` with the place, or `bad-evaluation` where a kind's items are not what it declares. */
export async function evaluationsOf(
  files: readonly EvaluationFile[],
  kinds: EvaluationShapes,
  given: EvaluationInputs,
  folderOf: (path: string) => string,
  located: Located,
): Promise<Evaluations> {
  const make = (k: number, setUp: Evaluation): Promise<ResolvedEvaluation> => {
    const file = files[k] as EvaluationFile;
    const others = files.filter((other) => other !== file);
    const path = (key: string, written: string): string => resolve(folderOf(`evaluations/${k}/${key}`), written);
    return shapeOf(kinds, file).resolve(file, { ...given, ...placeOf(k, located), path, setUp, others });
  };
  const fallback = defaultSetUp(kinds);
  // The first that methods can be prepared by is how they are prepared for those that bring items of their own.
  const first = files.findIndex((file) => shapeOf(kinds, file).setUp !== undefined);
  const made = first < 0 ? null : await make(first, fallback);
  const setUp = made?.evaluation.setUp ?? made?.evaluation ?? fallback;
  const resolved: ResolvedEvaluation[] = [];
  for (const k of files.keys()) {
    resolved.push(k === first && made !== null ? made : await make(k, setUp));
  }
  for (const { evaluation } of resolved) {
    const fault = itemFault(evaluation.items ?? [], shapeOf(kinds, evaluation));
    if (fault === null) continue;
    throw new BenchError('bad-evaluation', `what its kind declares does not fit its items: ${fault}`, {
      where: `evaluation ${evaluation.id}, kind ${evaluation.kind}`,
      hint: 'set scale, unpaired and group of the items in `resolve`, or change graded, poles and unit of the kind',
    });
  }
  return {
    evaluations: resolved.map(({ evaluation }) => evaluation),
    personas: resolved.find(({ personas }) => personas !== undefined)?.personas ?? given.personas,
    notes: resolved.flatMap(({ notes = [] }) => notes),
  };
}
