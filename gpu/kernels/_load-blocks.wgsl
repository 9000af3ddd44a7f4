// Weights in blocks, as block-groups.ts lays them out. Rows are whole blocks, so that the elements of a matrix follow each
// other in blocks from its first row on: element e is in block e / 32 (or 256).
@group(0) @binding(${W}) var<storage, read> w: array<u32>;

// The bytes of a word, lowest first.
fn bytes4(word: u32) -> vec4f { return vec4f((vec4u(word) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(255u)); }
fn signed4(word: u32) -> vec4f { return vec4f(vec4i(vec4u(word) << vec4u(24u, 16u, 8u, 0u)) >> vec4u(24u)); }
// Byte `at` of the words from `first` on.
fn byte_at(first: u32, at: u32) -> u32 { return (w[first + (at >> 2u)] >> ((at & 3u) * 8u)) & 255u; }
// The scale of block `block` of a pair whose scales are in `word`.
fn scale_of(word: u32, block: u32) -> f32 { return unpack2x16float(word >> ((block & 1u) * 16u)).x; }
// Bits 4i.. of `word` as 0 or 16.
fn fifths(word: u32, i: u32) -> vec4u { return ((vec4u(word >> (4u * i)) >> vec4u(0u, 1u, 2u, 3u)) & vec4u(1u)) << vec4u(4u); }

fn w4(at: u32) -> vec4f {
#if Q8_0
  let block = at >> 3u;
  let group = (block >> 1u) * 17u;
  return scale_of(w[group], block) * signed4(w[group + 1u + (block & 1u) * 8u + (at & 7u)]);
#end
#if Q4_0
  let block = at >> 3u;
  let group = (block >> 1u) * 9u;
  let word = w[group + 1u + (block & 1u) * 4u + (at & 3u)];
  return scale_of(w[group], block) * (bytes4((word >> (at & 4u)) & 0x0f0f0f0fu) - 8.0);
#end
#if Q4_1
  let block = (at >> 3u) * 5u;
  let scale = unpack2x16float(w[block]);
  let word = w[block + 1u + (at & 3u)];
  return fma(bytes4((word >> (at & 4u)) & 0x0f0f0f0fu), vec4f(scale.x), vec4f(scale.y));
#end
#if Q5_0
  let block = at >> 3u;
  let group = (block >> 1u) * 11u;
  let word = w[group + 3u + (block & 1u) * 4u + (at & 3u)];
  let fifth = fifths(w[group + 1u + (block & 1u)], at & 7u);
  return scale_of(w[group], block) * (bytes4((word >> (at & 4u)) & 0x0f0f0f0fu) + vec4f(fifth) - 16.0);
#end
#if Q5_1
  let block = (at >> 3u) * 6u;
  let scale = unpack2x16float(w[block]);
  let word = w[block + 2u + (at & 3u)];
  let fifth = fifths(w[block + 1u], at & 7u);
  return fma(bytes4((word >> (at & 4u)) & 0x0f0f0f0fu) + vec4f(fifth), vec4f(scale.x), vec4f(scale.y));
#end
#if Q4_K
  let block = (at >> 6u) * 36u;
  let j = (at >> 3u) & 7u;
  let scales = scales_of(block, j);
  let word = w[block + 4u + (j >> 1u) * 8u + (at & 7u)] >> ((j & 1u) * 4u);
  return fma(bytes4(word & 0x0f0f0f0fu), vec4f(scales.x), vec4f(-scales.y));
#end
#if Q5_K
  let block = (at >> 6u) * 44u;
  let j = (at >> 3u) & 7u;
  let scales = scales_of(block, j);
  let word = w[block + 12u + (j >> 1u) * 8u + (at & 7u)] >> ((j & 1u) * 4u);
  let fifth = ((w[block + 4u + (at & 7u)] >> j) & 0x01010101u) << 4u;
  return fma(bytes4((word & 0x0f0f0f0fu) | fifth), vec4f(scales.x), vec4f(-scales.y));
#end
#if Q6_K
  let block = at >> 6u;
  let group = (block >> 1u) * 105u;
  let odd = block & 1u;
  let half = (at >> 5u) & 1u;
  let quarter = (at >> 3u) & 3u;
  let low = w[group + 9u + odd * 32u + half * 16u + (quarter & 1u) * 8u + (at & 7u)] >> ((quarter >> 1u) * 4u);
  let high = (w[group + 73u + odd * 16u + half * 8u + (at & 7u)] >> (2u * quarter)) & 0x03030303u;
  let scale = f32(i32(byte_at(group + 1u + odd * 4u, (at & 63u) >> 2u) << 24u) >> 24u);
  return (scale_of(w[group], block) * scale) * (bytes4((low & 0x0f0f0f0fu) | (high << 4u)) - 32.0);
#end
}
#if Q4_K
#include "_block-scales.wgsl"
#end
#if Q5_K
#include "_block-scales.wgsl"
#end
fn w1(at: u32) -> f32 { return w4(at >> 2u)[at & 3u]; }
