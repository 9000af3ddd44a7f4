// x[t] = E[token t] (+ P[position t]); one lane per element, embedding in its own bits, positions in f32. Rows whose
// token is in another chunk of E are left to that chunk's run.
#include "_step.wgsl"
struct Shape {
  width: u32,
  first: u32, // the token whose row is the first of this chunk
  held: u32,  // rows of this chunk
}
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> tokens: array<u32>;
#include "_load.wgsl"
@group(0) @binding(4) var<storage, read> positions: array<u32>;
@group(0) @binding(5) var<storage, read> learned: array<f32>;
@group(0) @binding(6) var<storage, read_write> x: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let at = (group.y * ${GRID_X}u + group.x) * 64u + lane;
  let t = at / shape.width;
  let i = at % shape.width;
  if (t >= step.rows) { return; }
  let row = tokens[t] - shape.first; // of an earlier token it wraps, and is too large as well
  if (row >= shape.held) { return; }
  var v = w1(row * shape.width + i);
#if LEARNED
  v += learned[positions[t] * shape.width + i];
#end
  x[at] = v;
}
