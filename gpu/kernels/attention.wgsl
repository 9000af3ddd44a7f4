// softmax(q k^T) v over the keys of a row's own path, causal, grouped (GQA); q comes scaled. One lane per row and ${HEADS}
// heads that share their keys, which it reads once for all of them; keys in ascending position with a running maximum, so
// that packing cannot change a bit.
#include "_step.wgsl"
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
  let units = shape.heads / ${HEADS}u;
  let t = at / units;
  if (t >= step.rows) { return; }
  let kv_heads = shape.heads / shape.group;
  let kv_head = (at % units) * ${HEADS}u / shape.group;
  let query = at * ${HEADS * PARTS}u;
#for h 0 ${HEADS}
#for i 0 ${PARTS}
  let q_${h}_${i} = q[query + ${h * PARTS}u + ${i}u];
  var o_${h}_${i} = ${VEC}();
#end
  var greatest_${h} = -3.0e38;
  var total_${h} = 0.0;
#end
  let last = positions[t];
  let keys = path[t];
  let first = select(0u, last + 1u - shape.window, shape.window > 0u && last >= shape.window);
  for (var j = first; j <= last; j += 1u) {
    let key = (rows[keys + j] * kv_heads + kv_head) * ${PARTS}u;
#for h 0 ${HEADS}
    var s_${h} = 0.0;
#end
#for i 0 ${PARTS}
    let k_${i} = k[key + ${i}u];
#for h 0 ${HEADS}
    s_${h} += ${DOT}(q_${h}_${i}, k_${i});
#end
#end
#for h 0 ${HEADS}
    let bound_${h} = max(greatest_${h}, s_${h});
    let shrink_${h} = exp(greatest_${h} - bound_${h});
    let weight_${h} = exp(s_${h} - bound_${h});
    greatest_${h} = bound_${h};
    total_${h} = fma(total_${h}, shrink_${h}, weight_${h});
#end
#for i 0 ${PARTS}
    let v_${i} = v[key + ${i}u];
#for h 0 ${HEADS}
    o_${h}_${i} = fma(o_${h}_${i}, ${VEC}(shrink_${h}), v_${i} * weight_${h});
#end
#end
  }
#for h 0 ${HEADS}
  let scale_${h} = 1.0 / total_${h};
#for i 0 ${PARTS}
  y[query + ${h * PARTS}u + ${i}u] = o_${h}_${i} * scale_${h};
#end
#end
}
