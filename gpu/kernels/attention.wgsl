// softmax(q k^T) v over the keys of a row's own path, causal, grouped (GQA); q comes scaled. One lane per row and head,
// keys in ascending position with a running maximum, so that packing cannot change a bit.
#include "step.wgsl"
struct Shape { heads: u32, group: u32, window: u32 }
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> q: array<${VEC}>;         // [T, heads, ${PARTS}]
@group(0) @binding(3) var<storage, read> k: array<${VEC}>;         // [cache rows, kv heads, ${PARTS}]
@group(0) @binding(4) var<storage, read> v: array<${VEC}>;
@group(0) @binding(5) var<storage, read> positions: array<u32>;    // [T]
@group(0) @binding(6) var<storage, read> path: array<u32>;         // [T]
@group(0) @binding(7) var<storage, read> rows: array<u32>;
@group(0) @binding(8) var<storage, read_write> y: array<${VEC}>;   // [T, heads, ${PARTS}]

#if SCALAR
fn product(a: f32, b: f32) -> f32 { return a * b; }
#end

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let at = (group.y * ${GRID_X}u + group.x) * 64u + lane;
  let t = at / shape.heads;
  if (t >= step.rows) { return; }
  let kv_heads = shape.heads / shape.group;
  let kv_head = (at % shape.heads) / shape.group;
  let query = at * ${PARTS}u;
#for i 0 ${PARTS}
  let q_${i} = q[query + ${i}u];
  var o_${i} = ${VEC}();
#end
  let last = positions[t];
  let keys = path[t];
  let first = select(0u, last + 1u - shape.window, shape.window > 0u && last >= shape.window);
  var greatest = -3.0e38;
  var total = 0.0;
  for (var j = first; j <= last; j += 1u) {
    let key = (rows[keys + j] * kv_heads + kv_head) * ${PARTS}u;
    var s = 0.0;
#for i 0 ${PARTS}
    s += ${DOT}(q_${i}, k[key + ${i}u]);
#end
    let bound = max(greatest, s);
    let shrink = exp(greatest - bound);
    let weight = exp(s - bound);
    greatest = bound;
    total = fma(total, shrink, weight);
#for i 0 ${PARTS}
    o_${i} = fma(o_${i}, ${VEC}(shrink), v[key + ${i}u] * weight);
#end
  }
  let scale = 1.0 / total;
#for i 0 ${PARTS}
  y[query + ${i}u] = o_${i} * scale;
#end
}
