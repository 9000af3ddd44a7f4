// Y[T, width] = X[T, width].
#include "step.wgsl"
struct Shape { width: u32 }
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let column = group.x * 64u + lane;
  if (column >= shape.width || group.y >= step.rows) { return; }
  let at = group.y * shape.width + column;
  y[at] = x[at];
}
