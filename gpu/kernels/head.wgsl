// Logits of ${BLOCK} vocabulary rows per lane for ${MT} rows of X, kept only as (max, sum of exp, argmax) and, where a
// row's target is in the block, its logit: the logits of the whole vocabulary never exist in memory.
#include "_step.wgsl"
struct Shape {
  n: u32,      // vocabulary rows of this chunk
  k4: u32,
  first: u32,  // token of its first row; a multiple of ${BLOCK}
  blocks: u32, // of the whole vocabulary
}
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<uniform> shape: Shape;
#if ALIGNED
@group(0) @binding(2) var<storage, read> x: array<vec4f>;         // [P, K]
#else
@group(0) @binding(2) var<storage, read> x: array<f32>;
#end
#include "_load.wgsl"
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<storage, read> targets: array<u32>;     // [P]
@group(0) @binding(6) var<storage, read_write> part: array<vec2f>; // [P, blocks]: max, sum of exp(logit - max)
@group(0) @binding(7) var<storage, read_write> best: array<u32>;   // [P, blocks]: lowest id of the max
@group(0) @binding(8) var<storage, read_write> logit: array<f32>;  // [P]: of the target

@compute @workgroup_size(${WG})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let m_count = step.scored;
  let m0 = group.y * ${MT}u;
  let block = group.x * ${WG}u + lane;
  if (block * ${BLOCK}u >= shape.n) { return; }
#for m 0 ${MT}
  var max_${m} = -3.0e38;
  var sum_${m} = 0.0;
  var best_${m} = 0u;
  let target_${m} = targets[min(m0 + ${m}u, m_count - 1u)];
#end
  let end = min((block + 1u) * ${BLOCK}u, shape.n);
  for (var n0 = block * ${BLOCK}u; n0 < end; n0 += ${NR}u) {
#for n 0 ${NR}
    let r_${n} = min(n0 + ${n}u, shape.n - 1u);
#end
#include "_tile.wgsl"
#for m 0 ${MT}
#for n 0 ${NR}
    if (n0 + ${n}u < end) {
#if BIAS
      let z = acc_${m}_${n} + bias[shape.first + n0 + ${n}u];
#else
      let z = acc_${m}_${n};
#end
      if (z > max_${m}) {
        sum_${m} = fma(sum_${m}, exp(max_${m} - z), 1.0);
        max_${m} = z;
        best_${m} = shape.first + n0 + ${n}u;
      } else {
        sum_${m} += exp(z - max_${m});
      }
      if (shape.first + n0 + ${n}u == target_${m} && m0 + ${m}u < m_count) { logit[m0 + ${m}u] = z; }
    }
#end
#end
  }
#for m 0 ${MT}
  if (m0 + ${m}u < m_count) {
    let to = (m0 + ${m}u) * shape.blocks + shape.first / ${BLOCK}u + block;
    part[to] = vec2f(max_${m}, sum_${m});
    best[to] = best_${m};
  }
#end
}
