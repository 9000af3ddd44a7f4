// f16 and bf16 bits <-> numbers: every pattern there and back, and rounding to nearest, ties to even.

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { fromBf16, fromF16, narrow, toBf16, toF16, widen } from '../../formats/tensors/numbers.ts';
import { test } from '../support/suite.ts';

const RUNS = { numRuns: 2000, seed: 7 };

for (const [name, from, to] of [
  ['f16', fromF16, toF16],
  ['bf16', fromBf16, toBf16],
] as const) {
  test(`${name}: every one of the 65,536 patterns comes back`, () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = from(bits);
      if (Number.isNaN(value)) assert.ok(Number.isNaN(from(to(value))), `${bits}`);
      else if (to(value) !== bits) assert.unreachable(`${bits} became ${to(value)}`);
    }
  });

  test(`${name}: the nearest pattern, the even one of two`, () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true, min: -65000, max: 65000 }), (value) => {
        const bits = to(value);
        const distance = Math.abs(from(bits) - value);
        for (const neighbour of [bits - 1, bits + 1]) {
          if ((neighbour & 0x7fff) === 0x7fff || neighbour < 0 || neighbour > 0xffff) continue;
          const other = Math.abs(from(neighbour) - value);
          assert.ok(!(other < distance), `${value}: ${neighbour} is nearer than ${bits}`);
          if (other === distance && from(neighbour) !== from(bits)) assert.is(bits % 2, 0, `${value} is a tie`);
        }
      }),
      RUNS,
    );
  });
}

test('f16: known values', () => {
  for (const [bits, value] of [
    [0x3c00, 1],
    [0xc000, -2],
    [0x7bff, 65504],
    [0x0400, 2 ** -14],
    [0x0001, 2 ** -24],
    [0x3555, 0.333251953125],
    [0x7c00, Infinity],
    [0xfc00, -Infinity],
  ] as const) {
    assert.is(fromF16(bits), value);
    assert.is(toF16(value), bits);
  }
  assert.is(toF16(1 + 2 ** -11), 0x3c00, 'a tie goes to the even pattern');
  assert.is(toF16(1 + 3 * 2 ** -11), 0x3c02);
  assert.is(toF16(65519.99), 0x7bff);
  assert.is(toF16(65520), 0x7c00);
  assert.is(toF16(1e30), 0x7c00);
  assert.is(toF16(2 ** -25), 0, 'half of the least subnormal is a tie with zero');
  assert.is(toF16(1.5 * 2 ** -25), 1);
  assert.is(toF16(-0), 0x8000);
});

test('bf16: known values', () => {
  assert.is(fromBf16(0x3f80), 1);
  assert.is(toBf16(1 + 2 ** -8), 0x3f80, 'a tie goes to the even pattern');
  assert.is(toBf16(1 + 3 * 2 ** -8), 0x3f82);
  assert.is(toBf16(3.4e38), 0x7f80, 'beyond the greatest rounds to infinity');
  assert.is(toBf16(-Infinity), 0xff80);
});

test('bytes are little-endian, whatever their alignment', () => {
  const bytes = Uint8Array.of(0xff, 0x00, 0x3c, 0x00, 0xc0);
  assert.equal(widen(bytes.subarray(1), 'f16'), Float64Array.of(1, -2));
  assert.equal(narrow([1, -2], 'f16'), bytes.slice(1));
  assert.equal(narrow([1], 'f32'), Uint8Array.of(0, 0, 0x80, 0x3f));
  assert.equal(narrow([1], 'bf16'), Uint8Array.of(0x80, 0x3f));
  assert.equal(widen(narrow([0.1, -3], 'f32'), 'f32'), Float64Array.of(Math.fround(0.1), -3));
});

test.run();
