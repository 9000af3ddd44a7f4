// Edits of the residual stream: X += scale V, or PROJECT: X += scale (X . V) V, where V has norm 1 for a scale of -1 to remove
// the component along it. One lane per row, summed in order.
#include "_step.wgsl"
struct Shape { width: u32, scale: f32 }
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> v: array<f32>;       // [width]
@group(0) @binding(3) var<storage, read_write> x: array<f32>; // [T, width]

@compute @workgroup_size(16)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x * 16u + lane;
  if (row >= step.rows) { return; }
  let at = row * shape.width;
#if PROJECT
  var sums = vec4f();
  for (var i = 0u; i < shape.width; i += 1u) { sums[i & 3u] = fma(x[at + i], v[i], sums[i & 3u]); }
  let by = shape.scale * ((sums.x + sums.y) + (sums.z + sums.w));
#else
  let by = shape.scale;
#end
  for (var i = 0u; i < shape.width; i += 1u) { x[at + i] = fma(by, v[i], x[at + i]); }
}
