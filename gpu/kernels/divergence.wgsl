// Logits of ${BLOCK} vocabulary rows per lane for ${PAIRS} pairs of rows of X, one of the dense network and one of a
// variant: p and q are the softmax of the two. Each block keeps (max, sum of exp) of both, and the sum of
// exp(z - max) (z - y) over the dense logits z and the variant's y, which is what KL(p || q) needs: no logits are stored.
#include "_step.wgsl"
struct Shape {
  n: u32,      // vocabulary rows of this chunk
  k4: u32,
  first: u32,  // token of its first row; a multiple of ${BLOCK}
  blocks: u32, // of the whole vocabulary
  apart: u32,  // rows of X from a dense row to the variant's
}
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<uniform> shape: Shape;
#if ALIGNED
@group(0) @binding(2) var<storage, read> x: array<vec4f>;          // [2 apart, K]
#else
@group(0) @binding(2) var<storage, read> x: array<f32>;
#end
#include "_load.wgsl"
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<storage, read> targets: array<u32>;      // [P]
@group(0) @binding(6) var<storage, read_write> part: array<vec4f>; // [P, blocks]: max and sum, dense and variant
@group(0) @binding(7) var<storage, read_write> gap: array<f32>;    // [P, blocks]: sum of exp(z - max) (z - y)
@group(0) @binding(8) var<storage, read_write> logit: array<vec2f>; // [P]: of the target, dense and variant

@compute @workgroup_size(${WG})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let m_count = step.scored;
  let m0 = group.y * ${PAIRS}u;
  let block = group.x * ${WG}u + lane;
  if (block * ${BLOCK}u >= shape.n) { return; }
#for m 0 ${PAIRS}
  var max_${m} = -3.0e38;
  var sum_${m} = 0.0;
  var gap_${m} = 0.0;
  var other_max_${m} = -3.0e38;
  var other_sum_${m} = 0.0;
  let target_${m} = targets[min(m0 + ${m}u, m_count - 1u)];
#end
  let end = min((block + 1u) * ${BLOCK}u, shape.n);
  for (var n0 = block * ${BLOCK}u; n0 < end; n0 += ${NR}u) {
#for n 0 ${NR}
    let r_${n} = min(n0 + ${n}u, shape.n - 1u);
#end
#include "_tile.wgsl"
#for m 0 ${PAIRS}
#for n 0 ${NR}
    if (n0 + ${n}u < end) {
#if BIAS
      let z = acc_${m}_${n} + bias[shape.first + n0 + ${n}u];
      let y = acc_${m + PAIRS}_${n} + bias[shape.first + n0 + ${n}u];
#else
      let z = acc_${m}_${n};
      let y = acc_${m + PAIRS}_${n};
#end
      if (z > max_${m}) {
        let scale = exp(max_${m} - z);
        sum_${m} = fma(sum_${m}, scale, 1.0);
        gap_${m} = fma(gap_${m}, scale, z - y);
        max_${m} = z;
      } else {
        let weight = exp(z - max_${m});
        sum_${m} += weight;
        gap_${m} = fma(weight, z - y, gap_${m});
      }
      if (y > other_max_${m}) {
        other_sum_${m} = fma(other_sum_${m}, exp(other_max_${m} - y), 1.0);
        other_max_${m} = y;
      } else {
        other_sum_${m} += exp(y - other_max_${m});
      }
      if (shape.first + n0 + ${n}u == target_${m} && m0 + ${m}u < m_count) { logit[m0 + ${m}u] = vec2f(z, y); }
    }
#end
#end
  }
#for m 0 ${PAIRS}
  if (m0 + ${m}u < m_count) {
    let to = (m0 + ${m}u) * shape.blocks + shape.first / ${BLOCK}u + block;
    part[to] = vec4f(max_${m}, sum_${m}, other_max_${m}, other_sum_${m});
    gap[to] = gap_${m};
  }
#end
}
