// Values by a key, in the order of first appearance (Map.groupBy, which Node 20 lacks), and their mean.

export function grouped<T, K>(values: Iterable<T>, key: (value: T) => K): ReadonlyMap<K, readonly [T, ...T[]]> {
  const groups = new Map<K, [T, ...T[]]>();
  for (const value of values) {
    const own = key(value);
    const known = groups.get(own);
    if (known === undefined) groups.set(own, [value]);
    else known.push(value);
  }
  return groups;
}

/** NaN of nothing. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
