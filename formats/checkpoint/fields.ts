// Typed, bounded access to the fields of a parsed config.json; each failure names the file, the field and its value.

import { BenchError } from '../../base/error.ts';

const DAMAGED = 'compare config.json with the one the model was published with';

export class Fields {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #where: string;
  readonly #prefix: string;

  /** Throws `bad-model` unless `values` is an object. `where` names the file, `prefix` the object in it (`a.`). */
  constructor(values: unknown, where: string, prefix = '') {
    this.#where = where;
    this.#prefix = prefix;
    if (typeof values !== 'object' || values === null || Array.isArray(values)) {
      const name = prefix === '' ? 'the config' : prefix.slice(0, -1);
      throw new BenchError('bad-model', `${name} is ${shown(values)}, and must be an object`, { where, hint: DAMAGED });
    }
    this.#values = values as Readonly<Record<string, unknown>>;
  }

  /** The value as parsed; null counts as absent, as it does in transformers. */
  get(key: string): unknown {
    return Object.hasOwn(this.#values, key) ? (this.#values[key] ?? undefined) : undefined;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  /** Whether the key stands there with null: for the few keys where that is not the same as absent. */
  isNull(key: string): boolean {
    return Object.hasOwn(this.#values, key) && this.#values[key] === null;
  }

  /** The object at `key`, empty where there is none. */
  child(key: string): Fields {
    return new Fields(this.get(key) ?? {}, this.#where, `${this.#prefix}${key}.`);
  }

  /** An integer in [least, most]; `absent` stands in for a missing field. */
  integer(key: string, least: number, most: number, absent?: number): number {
    const value = this.get(key) ?? absent;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
      throw this.bad(key, this.get(key), `an integer from ${least} to ${most}`);
    }
    return value;
  }

  /** A finite number in [least, most]; `absent` stands in for a missing field. */
  number(key: string, least: number, most: number, absent?: number): number {
    const value = this.get(key) ?? absent;
    if (typeof value !== 'number' || !(value >= least && value <= most)) {
      throw this.bad(key, value, `a number from ${least} to ${most}`);
    }
    return value;
  }

  boolean(key: string, absent: boolean): boolean {
    const value = this.get(key) ?? absent;
    if (typeof value !== 'boolean') throw this.bad(key, value, 'true or false');
    return value;
  }

  /** A list of strings, empty where there is none. */
  strings(key: string): readonly string[] {
    const value = this.get(key) ?? [];
    if (!Array.isArray(value) || !value.every((entry) => typeof entry === 'string')) {
      throw this.bad(key, value, 'a list of strings');
    }
    return value;
  }

  /** One of `choices`; any other string is something that the engine does not support. */
  oneOf(key: string, choices: readonly string[], absent?: string): string {
    const value = this.get(key) ?? absent;
    if (typeof value !== 'string') throw this.bad(key, value, `one of ${choices.join(', ')}`);
    if (!choices.includes(value)) throw this.unsupported(key, value, choices);
    return value;
  }

  bad(key: string, value: unknown, wanted: string): BenchError {
    const what = value === undefined ? 'is missing' : `is ${shown(value)}`;
    return new BenchError('bad-model', `${this.#prefix}${key} ${what}, and must be ${wanted}`, {
      where: this.#where,
      hint: DAMAGED,
    });
  }

  unsupported(key: string, value: unknown, supported: readonly unknown[]): BenchError {
    return new BenchError('unsupported-model', `${this.#prefix}${key} ${shown(value)} is not supported`, {
      where: this.#where,
      hint: `supported: ${supported.join(', ')}`,
    });
  }
}

/** A value as JSON, short enough for one line of a terminal. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
