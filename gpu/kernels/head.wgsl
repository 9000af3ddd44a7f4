// Logits of ${BLOCK} vocabulary rows per lane for ${MT} rows of X, kept only as (max, sum of exp, argmax) and, where a
// row's target lies in the block, its logit: the logits of the whole vocabulary never exist in memory. A matrix too large
// to bind comes in chunks of whole blocks, a dispatch each.
#include "step.wgsl"
struct Shape {
  n: u32,      // vocabulary rows of the chunk
  k4: u32,     // loads per row
  blocks: u32, // of the whole vocabulary
  first: u32,  // row of the vocabulary that the chunk starts with
}
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<uniform> shape: Shape;
#if ALIGNED
@group(0) @binding(2) var<storage, read> x: array<vec4f>;         // [P, K]
#else
@group(0) @binding(2) var<storage, read> x: array<f32>;
#end
#include "load.wgsl"
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<storage, read> targets: array<u32>;     // [P]
@group(0) @binding(6) var<storage, read_write> part: array<vec2f>; // [P, blocks]: max, sum of exp(logit - max)
@group(0) @binding(7) var<storage, read_write> best: array<u32>;   // [P, blocks]: lowest id of the max
@group(0) @binding(8) var<storage, read_write> logit: array<f32>;  // [P]: of the target

@compute @workgroup_size(${WG})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let m_count = step.scored;
  let m0 = group.y * ${MT}u;
  let begin = (group.x * ${WG}u + lane) * ${BLOCK}u;
  if (begin >= shape.n) { return; }
  let end = min(begin + ${BLOCK}u, shape.n);
#for m 0 ${MT}
  var max_${m} = -3.0e38;
  var sum_${m} = 0.0;
  var best_${m} = 0u;
  var hit_${m} = 0.0;
  let target_${m} = targets[min(m0 + ${m}u, m_count - 1u)] - shape.first;
#end
  for (var n0 = begin; n0 < end; n0 += ${NR}u) {
#for n 0 ${NR}
    let r_${n} = min(n0 + ${n}u, shape.n - 1u);
    let inside_${n} = n0 + ${n}u < end;
#end
#include "tile.wgsl"
#for m 0 ${MT}
    var top_${m} = max_${m};
#for n 0 ${NR}
#if BIAS
    let z_${m}_${n} = select(-3.0e38, acc_${m}_${n} + bias[shape.first + r_${n}], inside_${n});
#else
    let z_${m}_${n} = select(-3.0e38, acc_${m}_${n}, inside_${n});
#end
    best_${m} = select(best_${m}, r_${n}, z_${m}_${n} > top_${m});
    top_${m} = max(top_${m}, z_${m}_${n});
    hit_${m} = select(hit_${m}, z_${m}_${n}, r_${n} == target_${m});
#end
    sum_${m} *= exp(max_${m} - top_${m});
#for n 0 ${NR}
    sum_${m} += exp(z_${m}_${n} - top_${m});
#end
    max_${m} = top_${m};
#end
  }
#for m 0 ${MT}
  if (m0 + ${m}u < m_count) {
    let to = (m0 + ${m}u) * shape.blocks + (shape.first + begin) / ${BLOCK}u;
    part[to] = vec2f(max_${m}, sum_${m});
    best[to] = shape.first + best_${m};
    if (target_${m} >= begin && target_${m} < end) { logit[m0 + ${m}u] = hit_${m}; }
  }
#end
}
