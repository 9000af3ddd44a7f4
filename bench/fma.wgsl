// Multiply-adds that nothing waits for: eight chains per lane.
@group(0) @binding(0) var<storage, read_write> out: array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let x = 1.0 + f32(id.x) * 1e-9;
  var a = vec4f(0.1, 0.2, 0.3, 0.4);
  var b = a + 0.5;
  for (var i = 0u; i < 1024u; i += 1u) {
    a = fma(a, vec4f(x), vec4f(0.25));
    b = fma(b, vec4f(x), vec4f(0.75));
  }
  let s = a + b;
  out[id.x] = s.x + s.y + s.z + s.w;
}
