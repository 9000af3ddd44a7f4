// Attention backward, second pass: of each row and key head, dk = sum of p (dO . v - D) q and dv = sum of p dO over the
// later queries that see it, of all heads of its group: queries ascending, heads within.
#include "_step.wgsl"
struct Shape { heads: u32, group: u32, window: u32 }
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> q: array<${VEC}>;      // [T, heads, ${PARTS}], scaled
@group(0) @binding(3) var<storage, read> k: array<${VEC}>;      // [T, kv heads, ${PARTS}]
@group(0) @binding(4) var<storage, read> v: array<${VEC}>;
@group(0) @binding(5) var<storage, read> positions: array<u32>; // [T]
@group(0) @binding(6) var<storage, read> dy: array<${VEC}>;     // [T, heads, ${PARTS}]
@group(0) @binding(7) var<storage, read> sums: array<vec2f>;    // [T, heads]: log-sum-exp, D
@group(0) @binding(8) var<storage, read_write> dk: array<${VEC}>;
@group(0) @binding(9) var<storage, read_write> dv: array<${VEC}>;

#if SCALAR
fn product(a: f32, b: f32) -> f32 { return a * b; }
#end

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let at = (group.y * ${GRID_X}u + group.x) * 64u + lane;
  let kv_heads = shape.heads / shape.group;
  let t = at / kv_heads;
  if (t >= step.rows) { return; }
  let first_head = at % kv_heads * shape.group;
  let key = at * ${PARTS}u;
#for i 0 ${PARTS}
  let k_${i} = k[key + ${i}u];
  let v_${i} = v[key + ${i}u];
  var dk_${i} = ${VEC}();
  var dv_${i} = ${VEC}();
#end
  let position = positions[t];
  for (var later = t; later < step.rows; later += 1u) {
    let ahead = later - t;
    if (positions[later] != position + ahead || (shape.window > 0u && ahead >= shape.window)) { break; }
    for (var h = 0u; h < shape.group; h += 1u) {
      let row = later * shape.heads + first_head + h;
      let query = row * ${PARTS}u;
      var s = 0.0;
      var dp = 0.0;
#for i 0 ${PARTS}
      let q_${i} = q[query + ${i}u];
      let dy_${i} = dy[query + ${i}u];
      s += ${DOT}(q_${i}, k_${i});
      dp += ${DOT}(dy_${i}, v_${i});
#end
      let p = exp(s - sums[row].x);
      let ds = p * (dp - sums[row].y);
#for i 0 ${PARTS}
      dk_${i} = fma(q_${i}, ${VEC}(ds), dk_${i});
      dv_${i} = fma(dy_${i}, ${VEC}(p), dv_${i});
#end
    }
  }
#for i 0 ${PARTS}
  dk[key + ${i}u] = dk_${i};
  dv[key + ${i}u] = dv_${i};
#end
}
