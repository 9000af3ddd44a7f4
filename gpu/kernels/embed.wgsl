// x[t] = E[token t] (+ P[position t]); one lane per element, embedding in its own bits, positions in f32. A table too
// large to bind comes in chunks of rows, a dispatch each; a chunk writes the tokens that it holds.
#include "step.wgsl"
struct Shape {
  width: u32,
  first: u32, // row of the whole table that the chunk starts with
  count: u32, // rows of the chunk
}
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> tokens: array<u32>;
#include "load.wgsl"
@group(0) @binding(4) var<storage, read> positions: array<u32>;
@group(0) @binding(5) var<storage, read> learned: array<f32>;
@group(0) @binding(6) var<storage, read_write> x: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let at = (group.y * ${GRID_X}u + group.x) * 64u + lane;
  let t = at / shape.width;
  if (t >= step.rows) { return; }
  let i = at % shape.width;
  let row = tokens[t] - shape.first; // wraps below the chunk, and so fails the test as well
  if (row >= shape.count) { return; }
  var v = w1(row * shape.width + i);
#if LEARNED
  v += learned[positions[t] * shape.width + i];
#end
  x[at] = v;
}
