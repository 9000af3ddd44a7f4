// x[t] = E[token t] (+ P[position t]); one lane per element, embedding in its own bits, positions in f32.
#include "step.wgsl"
struct Shape { width: u32, groups: u32 }
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> tokens: array<u32>;
#include "load.wgsl"
@group(0) @binding(4) var<storage, read> positions: array<u32>;
@group(0) @binding(5) var<storage, read> learned: array<f32>;
@group(0) @binding(6) var<storage, read_write> x: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = group.x * 64u + lane;
  let t = group.y;
  if (i >= shape.width || t >= step.rows) { return; }
  var v = w1(tokens[t] * shape.width + i);
#if LEARNED
  v += learned[positions[t] * shape.width + i];
#end
  x[t * shape.width + i] = v;
}
