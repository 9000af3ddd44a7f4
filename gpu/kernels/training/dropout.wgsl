// Y = X with a share of its values left out and the others scaled up; ADD: Y +=. Which ones is a hash of the step's key, the
// place and the row and channel, so that a recomputed layer leaves out the same.
#include "_step.wgsl"
struct Shape {
  width: u32,
  place: u32, // of the network: no two taps leave out the same
  least: u32, // values whose hash is below are left out
  scale: f32, // of those that stay
}
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> key: array<u32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

// The permutation RXS-M-XS of PCG (O'Neill 2014) after one step of its congruence.
fn pcg(value: u32) -> u32 {
  let state = value * 747796405u + 2891336453u;
  let word = ((state >> ((state >> 28u) + 4u)) ^ state) * 277803737u;
  return (word >> 22u) ^ word;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let column = group.x * 64u + lane;
  if (column >= shape.width || group.y >= step.rows) { return; }
  let at = group.y * shape.width + column;
  let kept = pcg(pcg(at) ^ pcg(key[0] ^ pcg(shape.place))) >= shape.least;
  let value = select(0.0, x[at] * shape.scale, kept);
#if ADD
  y[at] += value;
#else
  y[at] = value;
#end
}
