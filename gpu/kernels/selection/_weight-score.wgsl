// How a weight ranks: a key that orders as scores do (bits of an f32 that is not below 0; OWN: before all without it), or
// the score itself, to be summed. Magnitudes below the least normal f32 count as 0, as some devices have it anyway.
struct Shape {
  rows: u32,
  columns: u32,
  per_row: u32,     // words of a mask per row
  at: u32,          // row of w that holds the first
  first: u32,       // row of the named matrix
  y_at: u32,        // element of y
  bits_at: u32,     // word of bits
  inverse_at: u32,  // row of inverses
  hash: u32,        // of seed and name
  tile_rows: u32,
  tile_first: u32,  // tile of the named matrix at y_at
}
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> vectors: array<f32>; // [2, columns]
#include "_load.wgsl"
#if BITS
@group(0) @binding(4) var<storage, read> bits: array<u32>;
#end
#if INVERSES
@group(0) @binding(5) var<storage, read> inverses: array<vec2f>; // [rows]
#end

const LEAST = 0x00800000u;
const OWN = 0x80000000u;

// The bits of x >= 0. The choice also keeps a compiler from fusing the product in x with the sum it goes into.
fn bits_of(x: f32) -> u32 {
  let own = bitcast<u32>(x);
  return select(0u, own, own >= LEAST);
}
fn settled(x: f32) -> f32 { return bitcast<f32>(bits_of(x)); }

fn magnitude(row: u32, column: u32) -> f32 {
  return settled(abs(w1((shape.at + row) * shape.columns + column)));
}
fn by(column: u32) -> f32 { return vectors[column]; }
fn other(column: u32) -> f32 { return vectors[shape.columns + column]; }

#if RANDOM
// The permutation RXS-M-XS of PCG (O'Neill 2014) after one step of its congruence.
fn pcg(value: u32) -> u32 {
  let state = value * 747796405u + 2891336453u;
  let word = ((state >> ((state >> 28u) + 4u)) ^ state) * 277803737u;
  return (word >> 22u) ^ word;
}
fn drawn(row: u32, column: u32) -> u32 { return pcg(pcg(column) ^ pcg(shape.hash + shape.first + row)); }
#end

#if INVERSES
// s and t: shares of their row's sums.
fn shares_of(row: u32, column: u32, size: f32) -> vec2f {
  let inverse = inverses[shape.inverse_at + row];
  let s = settled(settled(size * by(column)) * inverse.x);
  let t = settled(settled(size * other(column)) * inverse.y);
  return vec2f(s, t);
}
#end

// `bit`: the place's own in `bits`.
fn key_of(row: u32, column: u32, bit: bool) -> u32 {
#if RANDOM
  return drawn(row, column);
#else
  let size = magnitude(row, column);
  let mine = bits_of(size * by(column));
#if FILLED
  return select(bits_of(size * other(column)), OWN | mine, mine > 0u);
#end
#if INVERSES
  let share = shares_of(row, column, size);
  return select(mine, OWN | bits_of(share.x - share.y), share.x > share.y);
#end
#if APART
  return select(OWN | mine, bits_of(size * other(column)), bit);
#end
#if SPARED
  return select(0x7fffffffu - bits_of(size * other(column)), OWN | mine, bit);
#end
#if PRODUCT
  return mine;
#end
#end
}

// Not below 0; 'filled' without its fill.
fn value_of(row: u32, column: u32) -> f32 {
#if RANDOM
  return f32(drawn(row, column) >> 8u) * 0x1p-24f;
#else
  let size = magnitude(row, column);
#if INVERSES
  let share = shares_of(row, column, size);
  return settled(max(0.0, share.x - share.y));
#else
  return settled(size * by(column));
#end
#end
}
