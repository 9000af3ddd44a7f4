// Attention backward, first pass: of each row and head, the log of the sum of exponentials, D = dO . O, and the gradient
// of the scaled query: dq = sum over keys of p (dO . v - D) k. Rows of a sequence follow each other from position 0.
#include "_step.wgsl"
struct Shape { heads: u32, group: u32, window: u32 }
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> q: array<${VEC}>;         // [T, heads, ${PARTS}], scaled
@group(0) @binding(3) var<storage, read> k: array<${VEC}>;         // [T, kv heads, ${PARTS}]
@group(0) @binding(4) var<storage, read> v: array<${VEC}>;
@group(0) @binding(5) var<storage, read> positions: array<u32>;    // [T]
@group(0) @binding(6) var<storage, read> o: array<${VEC}>;         // [T, heads, ${PARTS}]
@group(0) @binding(7) var<storage, read> dy: array<${VEC}>;        // [T, heads, ${PARTS}]
@group(0) @binding(8) var<storage, read_write> dq: array<${VEC}>;
@group(0) @binding(9) var<storage, read_write> sums: array<vec2f>; // [T, heads]: log-sum-exp, D

#if SCALAR
fn product(a: f32, b: f32) -> f32 { return a * b; }
#end

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let at = (group.y * ${GRID_X}u + group.x) * 64u + lane;
  let t = at / shape.heads;
  if (t >= step.rows) { return; }
  let kv_heads = shape.heads / shape.group;
  let kv_head = at % shape.heads / shape.group;
  let query = at * ${PARTS}u;
  var d = 0.0;
#for i 0 ${PARTS}
  let q_${i} = q[query + ${i}u];
  let dy_${i} = dy[query + ${i}u];
  d += ${DOT}(dy_${i}, o[query + ${i}u]);
  var dq_${i} = ${VEC}();
#end
  let last = positions[t];
  let start = t - last;
  let first = select(0u, last + 1u - shape.window, shape.window > 0u && last >= shape.window);
  var greatest = -3.0e38;
  var total = 0.0;
  for (var j = first; j <= last; j += 1u) {
    let key = ((start + j) * kv_heads + kv_head) * ${PARTS}u;
    var s = 0.0;
    var dp = 0.0;
#for i 0 ${PARTS}
    let k_${i} = k[key + ${i}u];
    s += ${DOT}(q_${i}, k_${i});
    dp += ${DOT}(dy_${i}, v[key + ${i}u]);
#end
    let bound = max(greatest, s);
    let shrink = exp(greatest - bound);
    let weight = exp(s - bound);
    greatest = bound;
    total = fma(total, shrink, weight);
    let ds = weight * (dp - d);
#for i 0 ${PARTS}
    dq_${i} = fma(dq_${i}, ${VEC}(shrink), k_${i} * ds);
#end
  }
  sums[at] = vec2f(greatest + log(total), d);
  let scale = 1.0 / total;
#for i 0 ${PARTS}
  dq[query + ${i}u] = dq_${i} * scale;
#end
}
