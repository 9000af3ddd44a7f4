// Splits [q | k | v] rows: rotates q and k by their position ("half" layout: pair i is dimensions i and i + dims/2),
// scales q by 1/sqrt(head size), and writes k and v to their rows of the cache. One lane per row and head.
#include "step.wgsl"
struct Shape { heads: u32, kv_heads: u32, size: u32, pairs: u32, scale: f32 }
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> qkv: array<f32>;        // [T, (heads + 2 kv_heads) * size]
@group(0) @binding(3) var<storage, read> turn: array<vec2f>;     // [positions, pairs]: cos, sin
@group(0) @binding(4) var<storage, read> positions: array<u32>;  // [T]
@group(0) @binding(5) var<storage, read> cache_rows: array<u32>; // [T]
@group(0) @binding(6) var<storage, read_write> q: array<f32>;    // [T, heads * size]
@group(0) @binding(7) var<storage, read_write> k: array<f32>;    // [cache rows, kv_heads * size]
@group(0) @binding(8) var<storage, read_write> v: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let all = shape.heads + 2u * shape.kv_heads;
  let at = (group.y * ${GRID_X}u + group.x) * 64u + lane;
  let t = at / all;
  if (t >= step.rows) { return; }
  let head = at % all;
  let source = at * shape.size;
  if (head >= shape.heads + shape.kv_heads) {
    let to = (cache_rows[t] * shape.kv_heads + head - shape.heads - shape.kv_heads) * shape.size;
    for (var i = 0u; i < shape.size; i += 1u) { v[to + i] = qkv[source + i]; }
    return;
  }
  let angles = positions[t] * shape.pairs;
  if (head < shape.heads) {
    let to = (t * shape.heads + head) * shape.size;
    for (var i = 0u; i < shape.pairs; i += 1u) {
      let a = qkv[source + i];
      let b = qkv[source + shape.pairs + i];
      let c = turn[angles + i];
      q[to + i] = fma(a, c.x, -(b * c.y)) * shape.scale;
      q[to + shape.pairs + i] = fma(b, c.x, a * c.y) * shape.scale;
    }
    for (var i = 2u * shape.pairs; i < shape.size; i += 1u) { q[to + i] = qkv[source + i] * shape.scale; }
    return;
  }
  let to = (cache_rows[t] * shape.kv_heads + head - shape.heads) * shape.size;
  for (var i = 0u; i < shape.pairs; i += 1u) {
    let a = qkv[source + i];
    let b = qkv[source + shape.pairs + i];
    let c = turn[angles + i];
    k[to + i] = fma(a, c.x, -(b * c.y));
    k[to + shape.pairs + i] = fma(b, c.x, a * c.y);
  }
  for (var i = 2u * shape.pairs; i < shape.size; i += 1u) { k[to + i] = qkv[source + i]; }
}
