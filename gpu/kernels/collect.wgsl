// Sums over the rows of each sample, per channel: x, |x| and x^2, in f32 with the rows ascending. One lane per channel.
#include "_step.wgsl"
struct Shape {
  width: u32,
}
struct Span {
  first: u32, // row
  rows: u32,
}
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> spans: array<Span>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>; // [samples, 3, width]

@compute @workgroup_size(${WG})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let channel = group.x * ${WG}u + lane;
  if (channel >= shape.width || group.y >= step.scored) { return; }
  let span = spans[group.y];
  var sum = 0.0;
  var magnitude = 0.0;
  var squares = 0.0;
  for (var row = 0u; row < span.rows; row += 1u) {
    let value = x[(span.first + row) * shape.width + channel];
    sum += value;
    magnitude += abs(value);
    squares = fma(value, value, squares);
  }
  let at = group.y * 3u * shape.width + channel;
  y[at] = sum;
  y[at + shape.width] = magnitude;
  y[at + 2u * shape.width] = squares;
}
