// 64 partial sums of squares of a buffer, written from element `at` of Y: lane i of the group sums every 64th element.
struct Shape { count: u32, at: u32 }
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32) {
  var sums = vec4f();
  for (var i = lane; i < shape.count; i += 64u) {
    let part = (i / 64u) & 3u;
    sums[part] = fma(x[i], x[i], sums[part]);
  }
  y[shape.at + lane] = (sums.x + sums.y) + (sums.z + sums.w);
}
