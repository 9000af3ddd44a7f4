// Multiply-adds that wait for nothing but themselves: twelve chains per lane, sixteen steps per iteration of the loop.
@group(0) @binding(0) var<storage, read_write> out: array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let x = vec4f(1.0 + f32(id.x) * 1e-9);
  let p = vec4f(0.25);
  let q = vec4f(0.5);
  let r = vec4f(0.75);
  var a = p;
  var b = q;
  var c = r;
  for (var i = 0u; i < 64u; i += 1u) {
    a = fma(a, x, p); b = fma(b, x, q); c = fma(c, x, r);
    a = fma(a, x, p); b = fma(b, x, q); c = fma(c, x, r);
    a = fma(a, x, p); b = fma(b, x, q); c = fma(c, x, r);
    a = fma(a, x, p); b = fma(b, x, q); c = fma(c, x, r);
    a = fma(a, x, p); b = fma(b, x, q); c = fma(c, x, r);
    a = fma(a, x, p); b = fma(b, x, q); c = fma(c, x, r);
    a = fma(a, x, p); b = fma(b, x, q); c = fma(c, x, r);
    a = fma(a, x, p); b = fma(b, x, q); c = fma(c, x, r);
    a = fma(a, x, p); b = fma(b, x, q); c = fma(c, x, r);
    a = fma(a, x, p); b = fma(b, x, q); c = fma(c, x, r);
    a = fma(a, x, p); b = fma(b, x, q); c = fma(c, x, r);
    a = fma(a, x, p); b = fma(b, x, q); c = fma(c, x, r);
    a = fma(a, x, p); b = fma(b, x, q); c = fma(c, x, r);
    a = fma(a, x, p); b = fma(b, x, q); c = fma(c, x, r);
    a = fma(a, x, p); b = fma(b, x, q); c = fma(c, x, r);
    a = fma(a, x, p); b = fma(b, x, q); c = fma(c, x, r);
  }
  let s = a + b + c;
  out[id.x] = s.x + s.y + s.z + s.w;
}
