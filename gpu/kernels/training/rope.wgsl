// Backward of rope.wgsl: the gradients of rotated queries (scaled), keys and values -> that of qkv. Rotates back by the
// angle, then goes through the norm of queries and keys where the model has one. One lane per row and head.
#include "_step.wgsl"
struct Shape { heads: u32, kv_heads: u32, size: u32, pairs: u32, scale: f32, eps: f32 }
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> qkv: array<f32>;        // [T, (heads + 2 kv_heads) * size]
@group(0) @binding(3) var<storage, read> rotations: array<vec2f>;     // [positions, pairs]: cos, sin
@group(0) @binding(4) var<storage, read> positions: array<u32>;  // [T]
@group(0) @binding(5) var<storage, read> norms: array<f32>;      // [2 * size]: weights of queries, then of keys
@group(0) @binding(6) var<storage, read> dq: array<f32>;         // [T, heads * size]
@group(0) @binding(7) var<storage, read> dk: array<f32>;         // [T, kv_heads * size]
@group(0) @binding(8) var<storage, read> dv: array<f32>;
@group(0) @binding(9) var<storage, read_write> dx: array<f32>;   // as qkv

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let all = shape.heads + 2u * shape.kv_heads;
  let at = (group.y * ${GRID_X}u + group.x) * 64u + lane;
  let t = at / all;
  if (t >= step.rows) { return; }
  let to = at * shape.size;
#if BY_HEAD
  let kind = at % 3u;
  let head = (at % all) / 3u;
#else
  let unit = at % all;
  let kind = select(0u, 1u, unit >= shape.heads) + select(0u, 1u, unit >= shape.heads + shape.kv_heads);
  let head = unit - select(0u, shape.heads, kind > 0u) - select(0u, shape.kv_heads, kind > 1u);
#end
  let from_q = (t * shape.heads + head) * shape.size;
  let from_k = (t * shape.kv_heads + head) * shape.size;
  if (kind == 2u) {
    for (var i = 0u; i < shape.size; i += 1u) { dx[to + i] = dv[from_k + i]; }
    return;
  }
  let angles = positions[t] * shape.pairs;
  for (var i = 0u; i < shape.pairs; i += 1u) {
    var a: f32;
    var b: f32;
    if (kind == 0u) {
      a = dq[from_q + i] * shape.scale;
      b = dq[from_q + shape.pairs + i] * shape.scale;
    } else {
      a = dk[from_k + i];
      b = dk[from_k + shape.pairs + i];
    }
    let c = rotations[angles + i];
    dx[to + i] = fma(a, c.x, b * c.y);
    dx[to + shape.pairs + i] = fma(b, c.x, -(a * c.y));
  }
  for (var i = 2u * shape.pairs; i < shape.size; i += 1u) {
    if (kind == 0u) { dx[to + i] = dq[from_q + i] * shape.scale; } else { dx[to + i] = dk[from_k + i]; }
  }
#if QK_NORM
  let weight = kind * shape.size;
  var squares = vec4f();
  var along = vec4f();
  for (var i = 0u; i < shape.size; i += 1u) {
    let x = qkv[to + i];
    squares[i & 3u] = fma(x, x, squares[i & 3u]);
    along[i & 3u] = fma(x, dx[to + i] * norms[weight + i], along[i & 3u]);
  }
  let n = f32(shape.size);
  let r = 1.0 / sqrt(((squares.x + squares.y) + (squares.z + squares.w)) / n + shape.eps);
  let back = ((along.x + along.y) + (along.z + along.w)) / n * r * r;
  for (var i = 0u; i < shape.size; i += 1u) {
    dx[to + i] = r * fma(-back, qkv[to + i], dx[to + i] * norms[weight + i]);
  }
#end
}
