// Y[T, width] = act(S[T, width]), or GATED: act(S[T, 0..width]) * S[T, width..2 width]: the activation by itself, where
// something is added to its argument after the product.
#include "_step.wgsl"
struct Shape { width: u32 }
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> s: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
#include "_activation.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let column = group.x * 64u + lane;
  if (column >= shape.width || group.y >= step.rows) { return; }
  let at = group.y * shape.width + column;
#if GATED
  let first = group.y * shape.width + at;
  y[at] = activate(s[first]) * s[first + shape.width];
#else
  y[at] = activate(s[at]);
#end
}
