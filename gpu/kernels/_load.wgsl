// Weights in their own bits, widened as they are read. w1: one element; w4: four, where rows are a multiple of four.
#if BLOCKS
#include "_load-blocks.wgsl"
#else
#if F32
#if ALIGNED
@group(0) @binding(${W}) var<storage, read> w: array<vec4f>;
fn w4(at: u32) -> vec4f { return w[at]; }
#else
@group(0) @binding(${W}) var<storage, read> w: array<f32>;
fn w1(at: u32) -> f32 { return w[at]; }
#end
#else
#if ALIGNED
@group(0) @binding(${W}) var<storage, read> w: array<vec2u>;
#if BF16
fn w4(at: u32) -> vec4f {
  let bits = w[at];
  return vec4f(
    bitcast<f32>(bits.x << 16u), bitcast<f32>(bits.x & 0xffff0000u),
    bitcast<f32>(bits.y << 16u), bitcast<f32>(bits.y & 0xffff0000u));
}
#else
fn w4(at: u32) -> vec4f {
  let bits = w[at];
  return vec4f(unpack2x16float(bits.x), unpack2x16float(bits.y));
}
#end
#else
@group(0) @binding(${W}) var<storage, read> w: array<u32>;
fn w1(at: u32) -> f32 {
  let bits = w[at >> 1u];
  let odd = (at & 1u) == 1u;
#if BF16
  return bitcast<f32>(select(bits << 16u, bits & 0xffff0000u, odd));
#else
  let both = unpack2x16float(bits);
  return select(both.x, both.y, odd);
#end
}
#end
#end
#end
