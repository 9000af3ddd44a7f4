// Splits the heads of a qkv row: norms queries and keys by head where the model does (QK_NORM), rotates their first
// 2 pairs dimensions by position ("half" layout: pair i is dimensions i and i + pairs), scales q by 1/sqrt(head size), and
// writes k and v to their rows of the cache. One lane per row and head; a row is [q | k | v], or q, k, v BY_HEAD.
#include "_step.wgsl"
struct Shape { heads: u32, kv_heads: u32, size: u32, pairs: u32, scale: f32, eps: f32 }
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> qkv: array<f32>;        // [T, (heads + 2 kv_heads) * size]
@group(0) @binding(3) var<storage, read> rotations: array<vec2f>;     // [positions, pairs]: cos, sin
@group(0) @binding(4) var<storage, read> positions: array<u32>;  // [T]
@group(0) @binding(5) var<storage, read> cache_rows: array<u32>; // [T]
@group(0) @binding(6) var<storage, read> norms: array<f32>;      // [2 * size]: weights of queries, then of keys
@group(0) @binding(7) var<storage, read_write> q: array<f32>;    // [T, heads * size]
@group(0) @binding(8) var<storage, read_write> k: array<f32>;    // [cache rows, kv_heads * size]
@group(0) @binding(9) var<storage, read_write> v: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let all = shape.heads + 2u * shape.kv_heads;
  let at = (group.y * ${GRID_X}u + group.x) * 64u + lane;
  let t = at / all;
  if (t >= step.rows) { return; }
  let source = at * shape.size;
#if BY_HEAD
  let kind = at % 3u;
  let head = (at % all) / 3u;
#else
  let unit = at % all;
  let kind = select(0u, 1u, unit >= shape.heads) + select(0u, 1u, unit >= shape.heads + shape.kv_heads);
  let head = unit - select(0u, shape.heads, kind > 0u) - select(0u, shape.kv_heads, kind > 1u);
#end
  if (kind == 2u) {
    let to = (cache_rows[t] * shape.kv_heads + head) * shape.size;
    for (var i = 0u; i < shape.size; i += 1u) { v[to + i] = qkv[source + i]; }
    return;
  }
#if QK_NORM
  var squares = vec4f();
  for (var i = 0u; i < shape.size; i += 1u) {
    let x = qkv[source + i];
    squares[i & 3u] = fma(x, x, squares[i & 3u]);
  }
  let mean = ((squares.x + squares.y) + (squares.z + squares.w)) / f32(shape.size);
  let rms = 1.0 / sqrt(mean + shape.eps);
  let weight = kind * shape.size;
#end
  let angles = positions[t] * shape.pairs;
  let to_q = (t * shape.heads + head) * shape.size;
  let to_k = (cache_rows[t] * shape.kv_heads + head) * shape.size;
  for (var i = 0u; i < shape.pairs; i += 1u) {
#if QK_NORM
    let a = qkv[source + i] * rms * norms[weight + i];
    let b = qkv[source + shape.pairs + i] * rms * norms[weight + shape.pairs + i];
#else
    let a = qkv[source + i];
    let b = qkv[source + shape.pairs + i];
#end
    let c = rotations[angles + i];
    let first = fma(a, c.x, -(b * c.y));
    let second = fma(b, c.x, a * c.y);
    if (kind == 0u) {
      q[to_q + i] = first * shape.scale;
      q[to_q + shape.pairs + i] = second * shape.scale;
    } else {
      k[to_k + i] = first;
      k[to_k + shape.pairs + i] = second;
    }
  }
  for (var i = 2u * shape.pairs; i < shape.size; i += 1u) {
#if QK_NORM
    let x = qkv[source + i] * rms * norms[weight + i];
#else
    let x = qkv[source + i];
#end
    if (kind == 0u) { q[to_q + i] = x * shape.scale; } else { k[to_k + i] = x; }
  }
}
