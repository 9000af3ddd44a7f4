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

/** NaN of nothing. Summed in the order of the values. */
export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}
