// Backward of norm.wgsl for x: with g = weight dy and r = 1 / rms or 1 / sd, dx = r (g - x r^2 mean(g x)), or of a layer norm
// r (g - mean(g) - xhat mean(g xhat)). SCATTER: row t takes row from[t] of dy, and is 0 where there is none.
#include "_step.wgsl"
struct Shape { width: u32, eps: f32 }
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> weight: array<f32>;
@group(0) @binding(4) var<storage, read> dy: array<f32>;
@group(0) @binding(5) var<storage, read> from_rows: array<u32>;
@group(0) @binding(6) var<storage, read_write> dx: array<f32>;

fn total(sums: vec4f) -> f32 { return (sums.x + sums.y) + (sums.z + sums.w); }

@compute @workgroup_size(16)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let t = group.x * 16u + lane;
  if (t >= step.rows) { return; }
  let at = t * shape.width;
#if SCATTER
  let row = from_rows[t];
  if (row == 0xffffffffu) {
    for (var i = 0u; i < shape.width; i += 1u) { dx[at + i] = 0.0; }
    return;
  }
  let source = row * shape.width;
#else
  let source = at;
#end
  let n = f32(shape.width);
  var squares = vec4f();
  var along = vec4f();
#if LAYER
  var sums = vec4f();
  var gains = vec4f();
  for (var i = 0u; i < shape.width; i += 1u) {
    sums[i & 3u] += x[at + i];
    gains[i & 3u] = fma(weight[i], dy[source + i], gains[i & 3u]);
  }
  let mean = total(sums) / n;
  let gain = total(gains) / n;
#else
  let mean = 0.0;
  let gain = 0.0;
#end
  for (var i = 0u; i < shape.width; i += 1u) {
    let d = x[at + i] - mean;
    squares[i & 3u] = fma(d, d, squares[i & 3u]);
    along[i & 3u] = fma(d, weight[i] * dy[source + i], along[i & 3u]);
  }
  let r = 1.0 / sqrt(total(squares) / n + shape.eps);
  let back = total(along) / n * r * r;
  for (var i = 0u; i < shape.width; i += 1u) {
    let value = r * (fma(weight[i], dy[source + i], -gain) - (x[at + i] - mean) * back);
#if ADD
    dx[at + i] += value;
#else
    dx[at + i] = value;
#end
  }
}
