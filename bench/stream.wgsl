// Reads a buffer once, neighbouring lanes at neighbouring addresses, and keeps one sum per lane.
@group(0) @binding(0) var<storage, read_write> out: array<f32>;
@group(0) @binding(1) var<storage, read> data: array<vec4f>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let lanes = groups.x * 64u;
  let count = arrayLength(&data);
  var a = vec4f();
  for (var at = id.x; at < count; at += lanes) { a += data[at]; }
  out[id.x] = a.x + a.y + a.z + a.w;
}
