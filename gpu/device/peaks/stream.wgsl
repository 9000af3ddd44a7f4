// Reads a buffer once and keeps one sum per lane. What is fast differs: neighbouring lanes at neighbouring addresses on a
// GPU, each lane along a run of its own on a CPU.
@group(0) @binding(0) var<storage, read_write> out: array<f32>;
@group(0) @binding(1) var<storage, read> data: array<vec4f>;

@compute @workgroup_size(64)
fn neighbours(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let lanes = groups.x * 64u;
  let count = arrayLength(&data);
  var a = vec4f();
  var b = vec4f();
  for (var at = id.x; at < count; at += 4u * lanes) {
    a += data[at] + data[at + lanes];
    b += data[at + 2u * lanes] + data[at + 3u * lanes];
  }
  let s = a + b;
  out[id.x] = s.x + s.y + s.z + s.w;
}

@compute @workgroup_size(64)
fn runs(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let length = arrayLength(&data) / (groups.x * 64u);
  let start = id.x * length;
  var a = vec4f();
  var b = vec4f();
  for (var at = start; at < start + length; at += 4u) {
    a += data[at] + data[at + 1u];
    b += data[at + 2u] + data[at + 3u];
  }
  let s = a + b;
  out[id.x] = s.x + s.y + s.z + s.w;
}
