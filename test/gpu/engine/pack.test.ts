// Packing: batches hold every distinct prefix that is needed, and score every slot once.

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { BenchError } from '../../../base/error.ts';
import { type Packed, pack, slotOffsets } from '../../../gpu/engine/forward/pack.ts';
import { DENSE, type Sequence } from '../../../gpu/index.ts';
import { test } from '../../support/suite.ts';

const RUNS = { numRuns: 300, seed: 7 };
const other = { id: 'other' };
const sequence = (tokens: number[], from = 1, variant = DENSE): Sequence => ({
  tokens: Uint32Array.from(tokens),
  from,
  variant,
});

/** A small alphabet, so that prefixes meet; duplicates and prefixes of one another are common. */
const sequences = fc.array(
  fc
    .record({
      tokens: fc.array(fc.nat(2), { minLength: 2, maxLength: 9 }),
      start: fc.nat(100),
      second: fc.boolean(),
    })
    .map(({ tokens, start, second }) => sequence(tokens, 1 + (start % (tokens.length - 1)), second ? other : DENSE)),
  { minLength: 1, maxLength: 24 },
);

function prefixOf(batch: Packed, row: number): number[] {
  const path = batch.rows.subarray(batch.path[row]!, batch.path[row]! + batch.positions[row]! + 1);
  return Array.from(path, (at) => batch.tokens[at]!);
}

function prefixes(batch: Packed): string[] {
  return Array.from(batch.tokens, (_, row) => prefixOf(batch, row).join());
}

function needed(all: readonly Sequence[], variant: string): Set<string> {
  const found = new Set<string>();
  for (const { tokens, variant: own } of all) {
    if (own.id !== variant) continue;
    for (let length = 1; length < tokens.length; length++) found.add(tokens.slice(0, length).join());
  }
  return found;
}

test('a worked example: one stem, two leaves, one row asked twice', () => {
  const [batch, ...rest] = pack([sequence([1, 2, 3, 4, 5], 2), sequence([1, 2, 7, 8], 2), sequence([1, 2, 9], 2)], 10);
  assert.is(rest.length, 0);
  assert.equal(batch, {
    variant: DENSE,
    repeated: 0,
    tokens: Uint32Array.of(1, 2, 3, 4, 7),
    positions: Uint32Array.of(0, 1, 2, 3, 2),
    path: Uint32Array.of(0, 0, 0, 0, 4),
    rows: Uint32Array.of(0, 1, 2, 3, 0, 1, 4),
    scored: Uint32Array.of(1, 1, 1, 2, 3, 4),
    targets: Uint32Array.of(3, 7, 9, 4, 5, 8),
    slots: Uint32Array.of(0, 3, 5, 1, 2, 4),
  });
});

test('slots start where the sequence before ends', () => {
  assert.equal(slotOffsets([sequence([1, 2, 3], 1), sequence([1, 2, 3], 2)]), Uint32Array.of(0, 2, 3));
});

test('nothing to score, no batch', () => {
  assert.equal(pack([], 8), []);
});

test('what continues another sequence shares its path', () => {
  const [batch] = pack([sequence([1, 2, 3]), sequence([1, 2, 3, 4, 5]), sequence([1, 2, 3, 4, 6, 7])], 10);
  assert.equal(batch!.rows, Uint32Array.of(0, 1, 2, 3, 4));
  assert.equal(batch!.path, new Uint32Array(5));
});

test('every row is reached through its path, after its parent', () => {
  fc.assert(
    fc.property(sequences, fc.integer({ min: 8, max: 60 }), (all, maxTokens) => {
      for (const batch of pack(all, maxTokens)) {
        assert.ok(batch.tokens.length <= maxTokens);
        for (let row = 0; row < batch.tokens.length; row++) {
          const start = batch.path[row]!;
          const position = batch.positions[row]!;
          assert.is(batch.rows[start + position], row);
          for (let j = 0; j < position; j++) {
            const ancestor = batch.rows[start + j]!;
            assert.is(batch.positions[ancestor], j);
            assert.ok(ancestor < row);
          }
        }
      }
    }),
    RUNS,
  );
});

test('every slot is scored once, after the right prefix, under its own variant', () => {
  fc.assert(
    fc.property(sequences, fc.integer({ min: 8, max: 60 }), (all, maxTokens) => {
      const expected = all.flatMap(({ tokens, from, variant }) =>
        Array.from(
          tokens.subarray(from),
          (target, k) => `${variant.id}: ${tokens.slice(0, from + k).join()} > ${target}`,
        ),
      );
      const found: string[] = new Array(slotOffsets(all)[all.length]!).fill('');
      for (const batch of pack(all, maxTokens)) {
        batch.slots.forEach((slot, p) => {
          assert.is(found[slot], '', `slot ${slot} comes twice`);
          found[slot] = `${batch.variant.id}: ${prefixOf(batch, batch.scored[p]!).join()} > ${batch.targets[p]}`;
          assert.ok(p === 0 || batch.scored[p]! >= batch.scored[p - 1]!);
        });
      }
      assert.equal(found, expected);
    }),
    RUNS,
  );
});

test('without the rows that it repeats, no batch holds a prefix of one before it', () => {
  fc.assert(
    fc.property(sequences, fc.integer({ min: 8, max: 60 }), (all, maxTokens) => {
      const seen = new Set<string>();
      for (const batch of pack(all, maxTokens)) {
        const own = prefixes(batch).map((prefix) => `${batch.variant.id}: ${prefix}`);
        for (const [row, prefix] of own.entries()) assert.is(seen.has(prefix), row < batch.repeated, `row ${row}`);
        for (const prefix of own) seen.add(prefix);
      }
    }),
    RUNS,
  );
});

test('one batch holds each needed prefix once, and nothing else', () => {
  fc.assert(
    fc.property(sequences, (all) => {
      for (const batch of pack(all, 1000)) {
        assert.equal(prefixes(batch).sort(), [...needed(all, batch.variant.id)].sort());
      }
    }),
    RUNS,
  );
});

test('a border between batches repeats no more than one path', () => {
  fc.assert(
    fc.property(sequences, fc.integer({ min: 8, max: 20 }), (all, maxTokens) => {
      const seen = new Set<string>();
      for (const batch of pack(all, maxTokens)) {
        const own = prefixes(batch);
        assert.is(new Set(own).size, own.length, 'a prefix comes twice in one batch');
        const repeated = own
          .filter((prefix) => seen.has(`${batch.variant.id} ${prefix}`))
          .sort((a, b) => a.length - b.length);
        assert.ok(repeated.every((prefix, k) => k === 0 || prefix.startsWith(repeated[k - 1]!)));
        for (const prefix of own) seen.add(`${batch.variant.id} ${prefix}`);
      }
      assert.is(seen.size, needed(all, DENSE.id).size + needed(all, other.id).size);
    }),
    RUNS,
  );
});

test('the rows do not depend on the order of the sequences', () => {
  const ordered = fc.tuple(sequences, fc.integer({ min: 8, max: 20 }), fc.nat(23));
  fc.assert(
    fc.property(ordered, ([all, maxTokens, turn]) => {
      const rows = (list: readonly Sequence[]): unknown =>
        pack(list, maxTokens)
          .map(({ variant, tokens, path, rows }) => ({ id: variant.id, tokens, path, rows }))
          .sort((a, b) => a.id.localeCompare(b.id));
      const turned = [...all.slice(turn), ...all.slice(0, turn)].reverse();
      assert.equal(rows(turned), rows(all));
    }),
    RUNS,
  );
});

test('a sequence that needs more rows than a batch holds is refused with its lengths', () => {
  assert.is(pack([sequence([1, 2, 3, 4, 5])], 4).length, 1);
  assert.throws(
    () => pack([sequence([1, 2]), sequence([1, 2, 3, 4, 5, 6])], 4),
    (error: unknown) =>
      error instanceof BenchError &&
      error.code === 'sequence-too-long' &&
      /6 tokens needs 5 rows, and a batch has at most 4/.test(error.message) &&
      error.where === 'sequence 1' &&
      /shorten the prompt/.test(error.hint ?? ''),
  );
});

test('scoring must start inside the sequence', () => {
  for (const [tokens, from] of [
    [[], 1],
    [[1], 1],
    [[1, 2], 0],
    [[1, 2], 2],
    [[1, 2, 3], 1.5],
    [[1, 2, 3], Number.NaN],
  ] as const) {
    assert.throws(
      () => pack([sequence([...tokens], from)], 8),
      (error: unknown) => error instanceof BenchError && error.code === 'bad-sequence',
      `from ${from} of ${tokens.length}`,
    );
  }
});

test.run();
