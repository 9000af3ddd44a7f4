// Backward of activation.wgsl: dS from S and dY; of a gated one dS[T, 0..width] = act'(g) u dY and dS[T, width..2 width] = act(g) dY.
#include "_step.wgsl"
struct Shape { width: u32 }
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> s: array<f32>;
@group(0) @binding(3) var<storage, read> dy: array<f32>; // [T, width]
@group(0) @binding(4) var<storage, read_write> ds: array<f32>;
#include "_activation.wgsl"
#if SILU
fn slope(x: f32) -> f32 {
  let sigmoid = 1.0 / (1.0 + exp(-x));
  return sigmoid * fma(x, 1.0 - sigmoid, 1.0);
}
#end
#if GELU_TANH
fn slope(x: f32) -> f32 {
  let inner = 0.7978845608028654 * fma(0.044715 * x * x, x, x);
  let t = tanh(clamp(inner, -15.0, 15.0));
  let bend = select(0.0, (1.0 - t * t) * 0.7978845608028654 * fma(0.134145 * x, x, 1.0), abs(inner) < 15.0);
  return 0.5 * fma(x, bend, 1.0 + t);
}
#end
#if GELU
fn slope(x: f32) -> f32 {
  let tail = 0.5 * erfc(abs(x) * 0.7071067811865476);
  return fma(x * 0.3989422804014327, exp(-0.5 * x * x), select(1.0 - tail, tail, x < 0.0));
}
#end

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let column = group.x * 64u + lane;
  if (column >= shape.width || group.y >= step.rows) { return; }
  let at = group.y * shape.width + column;
#if GATED
  let first = group.y * shape.width + at;
  let g = s[first];
  ds[first] = slope(g) * s[first + shape.width] * dy[at];
  ds[first + shape.width] = activate(g) * dy[at];
#else
  ds[at] = slope(s[at]) * dy[at];
#end
}
