// Partial sums of squares of a buffer, one per workgroup of 64 lanes: lane i sums every 64th element of the group's run, and
// the lanes' sums are added up in their order.
struct Shape { count: u32, run: u32 }
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
var<workgroup> sums: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let first = group.x * shape.run;
  let stop = min(first + shape.run, shape.count);
  var parts = vec4f();
  for (var i = first + lane; i < stop; i += 64u) {
    let part = (i / 64u) & 3u;
    parts[part] = fma(x[i], x[i], parts[part]);
  }
  sums[lane] = (parts.x + parts.y) + (parts.z + parts.w);
  workgroupBarrier();
  if (lane > 0u) { return; }
  var total = 0.0;
  for (var i = 0u; i < 64u; i += 1u) { total += sums[i]; }
  y[group.x] = total;
}
