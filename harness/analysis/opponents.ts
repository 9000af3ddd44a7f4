// What each method of a suite must beat, besides the answerers without a model.

import type { Suite } from '../config/resolved.ts';
import type { Against, Opponents } from './comparisons.ts';

/**
 * Entry -> the dense network, the suite's controls that are the same method with other options, and the controls that were
 * added for it. Controls, and the dense network itself, have none. `dense`: the entry without a persona; null: there is none.
 */
export function opponents({ methods }: Suite, dense: string | null): ReadonlyMap<string, Opponents> {
  const judged = methods.filter(({ id, control }) => !control && id !== dense);
  return new Map(
    judged.map(({ id, method, against = [], levels }) => {
      const controls = methods
        .filter((other) => other.control && other.added !== true && other.method === method && other.id !== dense)
        .map((other): Against => ({ kind: 'control', id: other.id }));
      const none: readonly Against[] = dense === null ? [] : [{ kind: 'dense', id: dense }];
      // Only subnetworks have sparsities of their own.
      return [id, { entries: [...none, ...controls, ...against], drawn: levels !== undefined }];
    }),
  );
}
