// RMS norm (x / rms(x) * weight) or layer norm ((x - mean) / sd * weight + bias); one lane per row, summed in order.
// With GATHER, row p of the result comes from row rows[p] of x.
#include "_step.wgsl"
struct Shape { width: u32, at: u32, eps: f32 } // at: row of y for p = 0
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> weight: array<f32>;
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<storage, read> rows: array<u32>;
@group(0) @binding(6) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(${WG})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let p = group.x * ${WG}u + lane;
  if (p >= step.${ROWS}) { return; }
#if GATHER
  let source = rows[p] * shape.width;
#else
  let source = p * shape.width;
#end
  let to = (p + shape.at) * shape.width;
  let n = f32(shape.width);
  // Four partial sums: a single one of some thousand squares would lose two digits.
  var sums = vec4f();
#if LAYER
  for (var i = 0u; i < shape.width; i += 1u) { sums[i & 3u] += x[source + i]; }
  let mean = ((sums.x + sums.y) + (sums.z + sums.w)) / n;
  sums = vec4f();
  for (var i = 0u; i < shape.width; i += 1u) {
    let d = x[source + i] - mean;
    sums[i & 3u] = fma(d, d, sums[i & 3u]);
  }
  let scale = 1.0 / sqrt(((sums.x + sums.y) + (sums.z + sums.w)) / n + shape.eps);
  for (var i = 0u; i < shape.width; i += 1u) {
    y[to + i] = fma((x[source + i] - mean) * scale, weight[i], bias[i]);
  }
#else
  for (var i = 0u; i < shape.width; i += 1u) {
    let v = x[source + i];
    sums[i & 3u] = fma(v, v, sums[i & 3u]);
  }
  let total = (sums.x + sums.y) + (sums.z + sums.w);
  // Squares that overflow would give a scale of 0 and a row of zeros, which looks like a result: let it be NaN.
  let nan = bitcast<f32>(0x7fc00000u | shape.width);
  let scale = select(nan, 1.0 / sqrt(total / n + shape.eps), total < 3.0e38);
  for (var i = 0u; i < shape.width; i += 1u) { y[to + i] = x[source + i] * scale * weight[i]; }
#end
}
