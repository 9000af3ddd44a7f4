// y[M, N] = x[M, K] w[N, K]^T, one output per invocation: the plainest kernel there is, to check a driver with.
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
override M: u32;
override K: u32;
override N: u32;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= N || id.y >= M) { return; }
  var sum = 0.0;
  for (var k = 0u; k < K; k++) { sum = fma(x[id.y * K + k], w[id.x * K + k], sum); }
  y[id.y * N + id.x] = sum;
}
